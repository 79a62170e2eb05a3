import { z } from 'zod';
import { createSlackApi, type SlackApi } from '../../src/sandbox/slack-api/index.ts';
import { watchObjects } from '../../src/sandbox/watch-objects.ts';
import { startSandbox, type TestSandbox } from './sandbox.ts';

/** What the shops' images do; `shop:bad` answers every request with 500. */
const images = `
shop:1: { startMs: 50, latencyMs: 5 }
shop:2: { startMs: 50, latencyMs: 5 }
shop:bad: { startMs: 50, latencyMs: 5, errorRate: 1 }
`;

const namespace = 'shop';
const argo = `/apis/argoproj.io/v1alpha1/namespaces/${namespace}`;
const ingresses = `/apis/networking.k8s.io/v1/namespaces/${namespace}/ingresses`;
const replicaSets = `/apis/apps/v1/namespaces/${namespace}/replicasets`;

export const paths = { argo, ingresses, replicaSets, services: `/api/v1/namespaces/${namespace}/services` };

/** Every shop has a channel of its own: Slack takes one message a second in each. */
export function channelOf(shop: string): string {
  return `C0${shop.replaceAll(/[^a-z0-9]/g, '').toUpperCase()}`;
}

/** The steps of the demo, at a test's pace: one analysis at the first and the last weight, short pauses between. */
export type Steps = readonly (object | { readonly analysis: string })[];

const quickSteps: Steps = [
  { setWeight: 10 },
  { analysis: 'slo' },
  { setWeight: 25 },
  { pause: { duration: '500ms' } },
  { setWeight: 50 },
  { pause: { duration: '500ms' } },
  { setWeight: 75 },
  { analysis: 'slo' },
];

/** A world with shops in it, a Slack beside it and a watcher over it; no service yet. */
export interface Street {
  readonly sandbox: TestSandbox;
  readonly slack: SlackApi;
  readonly watcher: Watcher;
  /** Settings of a service that talks to this street's Slack. */
  readonly settings: Readonly<Record<string, string>>;
  /** Waits until every shop runs its first image. */
  untilOpen(timeoutMs?: number): Promise<void>;
  release(shop: string, image: 'shop:2' | 'shop:bad'): Promise<void>;
  /** Waits until the canary's Ingress says this weight, or has said it. */
  untilWeight(shop: string, weight: number, timeoutMs?: number): Promise<void>;
  /** Waits until its second revision is promoted and told to be live. */
  untilLive(shop: string, timeoutMs?: number): Promise<void>;
  /** Waits until its second revision is rolled back and told to be. */
  untilBack(shop: string, timeoutMs?: number): Promise<void>;
  stop(): Promise<void>;
}

export async function buildStreet(
  shops: readonly string[],
  steps: Steps = quickSteps,
  /** Of plain Deployments, opened by `openDeployments`. */
  otherChannels: readonly string[] = [],
): Promise<Street> {
  const sandbox = await startSandbox();
  const slack = await startShopSlack([...shops, ...otherChannels]);
  await openShops(sandbox, shops, steps);
  const watcher = watchShops(sandbox);
  const statusOf = (shop: string) => watcher.rolloutOf(shop)?.status;
  const until = async (what: string, isSo: () => boolean, timeoutMs = 150_000) => {
    try {
      await sandbox.eventually(what, () => isSo() || undefined, timeoutMs);
    } catch (error) {
      const stands = shops.map((shop) => {
        const { phase, message, currentStepIndex, abort } = statusOf(shop) ?? {};
        return `\n${shop}: ${JSON.stringify({ phase, message, step: currentStepIndex, abort, weights: watcher.weightsOf(shop) })}`;
      });
      throw new Error(`${what}, but it stands:${stands.join('')}`, { cause: error });
    }
  };
  return {
    sandbox,
    slack,
    watcher,
    settings: slackSettings(slack),
    untilOpen: (timeoutMs) =>
      until('every shop is open', () => shops.every((shop) => statusOf(shop)?.phase === 'Healthy'), timeoutMs),
    release: (shop, image) => release(sandbox, shop, image),
    untilWeight: (shop, weight, timeoutMs) =>
      until(`${shop} at ${weight}`, () => watcher.weightsOf(shop).includes(weight), timeoutMs),
    untilLive: (shop, timeoutMs) =>
      until(
        `${shop} is live`,
        () => {
          const status = statusOf(shop);
          const isPromoted = status?.phase === 'Healthy' && status.stableRS === status.currentPodHash;
          return isPromoted && endsOf(slack, shop, 2).includes('🟢');
        },
        timeoutMs,
      ),
    untilBack: (shop, timeoutMs) =>
      until(`${shop} is rolled back`, () => endsOf(slack, shop, 2).includes('🔴'), timeoutMs),
    async stop() {
      await watcher.stop();
      await sandbox.stop();
      await slack.stop();
    },
  };
}

/** What an outsider saw of a release, to be compared with what was told. */
export function seenOf({ watcher, slack }: Pick<Street, 'watcher' | 'slack'>, shop: string) {
  const { cards, notices } = toldOf(slack, shop, 2);
  const claims = notices.map(({ payload }) => payload.claim);
  return {
    shop,
    weights: watcher.weightsOf(shop).join(' '),
    replicaSets: watcher.replicaSetsOf(shop).length,
    cards: [toldOf(slack, shop, 1).cards.length, cards.length],
    doubled: claims.filter((claim, index) => claims.indexOf(claim) !== index),
    ends: endsOf(slack, shop, 2),
  };
}

export type SeenRelease = ReturnType<typeof seenOf>;

/** A release as it should be seen: every weight in its order, one ReplicaSet and one card for each revision, one end. */
export function asTold(shop: string, end: 'live' | 'back'): SeenRelease {
  const weights = end === 'live' ? '10 25 50 75 100 0' : '10 0';
  return { shop, weights, replicaSets: 2, cards: [1, 1], doubled: [], ends: [end === 'live' ? '🟢' : '🔴'] };
}

/** The marks of the terminal notices of a revision. */
export function endsOf(slack: SlackApi, shop: string, revision: number): readonly string[] {
  const { notices } = toldOf(slack, shop, revision);
  return notices.filter(({ text }) => /is live|rolled back|went back/.test(text)).map(({ text }) => text.slice(0, 2));
}

/** A Slack with a channel for each shop, where the app may read what it posted. */
function startShopSlack(shops: readonly string[]): Promise<SlackApi> {
  const scopes = ['commands', 'chat:write', 'app_mentions:read', 'im:write', 'users:read', 'usergroups:read'];
  return createSlackApi({
    appName: 'Stepwise',
    scopes: [...scopes, 'files:read', 'files:write', 'channels:history'],
    channels: shops.map((shop) => ({ id: channelOf(shop), name: shop })),
  });
}

/** Settings of a service that talks to this Slack. */
function slackSettings(slack: SlackApi): Record<string, string> {
  return { SLACK_API_URL: slack.apiUrl, SLACK_BOT_TOKEN: slack.botToken, SLACK_APP_TOKEN: slack.appToken };
}

/** Opens shops: each a Rollout with its Services, Ingress and visitors. They are not deployed before a service runs. */
async function openShops(sandbox: TestSandbox, shops: readonly string[], steps: Steps): Promise<void> {
  const put = (path: string, object: object) => sandbox.request('POST', path, object);
  const sandboxMaps = '/api/v1/namespaces/sandbox/configmaps';
  await sandbox.request(
    'PATCH',
    `${sandboxMaps}/image-list`,
    { data: { 'shops.yaml': images } },
    'application/merge-patch+json',
  );
  const load = Object.fromEntries(shops.map((shop) => [`${shop}.example.com`, '60']));
  await put(sandboxMaps, { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'load' }, data: load });
  await put(`${argo}/analysistemplates`, template());
  for (const shop of shops) {
    for (const role of ['stable', 'canary']) await put(paths.services, service(shop, role));
    await put(ingresses, ingress(shop));
    await put(`${argo}/rollouts`, rollout(shop, steps));
  }
}

async function release(sandbox: TestSandbox, shop: string, image: string): Promise<void> {
  const path = '/spec/template/spec/containers/0/image';
  const change = [{ op: 'replace', path, value: image }];
  await sandbox.request('PATCH', `${argo}/rollouts/${shop}`, change, 'application/json-patch+json');
}

function template() {
  const query = (status: string) => `sum(rate(http_requests_total{service="{{args.service}}"${status}}[4s]))`;
  return {
    apiVersion: 'argoproj.io/v1alpha1',
    kind: 'AnalysisTemplate',
    metadata: { name: 'slo', namespace },
    spec: {
      args: [{ name: 'service' }],
      metrics: [
        {
          name: 'success-rate',
          initialDelay: '1500ms',
          interval: '500ms',
          count: 3,
          // Too early there is no series, and while no request comes nothing is above 0: asked again, that decides nothing.
          consecutiveErrorLimit: 1000,
          successCondition: 'result[0] >= 0.95',
          provider: { prometheus: { query: `${query(',status!~"5.."')} / (${query('')} > 0)` } },
        },
      ],
    },
  };
}

function service(shop: string, role: string) {
  return {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name: `${shop}-${role}`, namespace },
    spec: { selector: { app: shop }, ports: [{ name: 'http', port: 80, targetPort: 'http' }] },
  };
}

function ingress(shop: string) {
  const backend = { service: { name: `${shop}-stable`, port: { name: 'http' } } };
  return {
    apiVersion: 'networking.k8s.io/v1',
    kind: 'Ingress',
    metadata: { name: shop, namespace },
    spec: {
      ingressClassName: 'nginx',
      rules: [{ host: `${shop}.example.com`, http: { paths: [{ path: '/', pathType: 'Prefix', backend }] } }],
    },
  };
}

export function rollout(shop: string, plan: Steps = quickSteps) {
  const steps = plan.map((step) =>
    'analysis' in step
      ? {
          analysis: {
            templates: [{ templateName: step.analysis }],
            args: [{ name: 'service', value: `${shop}-canary` }],
          },
        }
      : step,
  );
  return {
    apiVersion: 'argoproj.io/v1alpha1',
    kind: 'Rollout',
    metadata: { name: shop, namespace, annotations: { 'stepwise.dev/channel': channelOf(shop) } },
    spec: {
      replicas: 2,
      selector: { matchLabels: { app: shop } },
      template: {
        metadata: { labels: { app: shop } },
        spec: { containers: [{ name: 'shop', image: 'shop:1', ports: [{ name: 'http', containerPort: 8080 }] }] },
      },
      strategy: {
        canary: {
          canaryService: `${shop}-canary`,
          stableService: `${shop}-stable`,
          scaleDownDelaySeconds: 1,
          abortScaleDownDelaySeconds: 1,
          trafficRouting: { nginx: { stableIngress: shop } },
          steps,
        },
      },
    },
  };
}

const RolloutSeen = z.looseObject({
  metadata: z.looseObject({ name: z.string(), uid: z.string() }),
  spec: z.looseObject({
    paused: z.boolean().optional(),
    template: z.looseObject({ spec: z.looseObject({ containers: z.array(z.looseObject({ image: z.string() })) }) }),
  }),
  status: z
    .looseObject({
      phase: z.string().optional(),
      message: z.string().optional(),
      abort: z.boolean().optional(),
      currentStepIndex: z.number().optional(),
      stableRS: z.string().optional(),
      currentPodHash: z.string().optional(),
    })
    .default({}),
});
export type RolloutSeen = z.infer<typeof RolloutSeen>;

const IngressSeen = z.looseObject({
  metadata: z.looseObject({ name: z.string(), annotations: z.record(z.string(), z.string()).default({}) }),
});

/** Sees from outside what the API says: every weight in order, every ReplicaSet that ever was. */
export interface Watcher {
  rolloutOf(shop: string): RolloutSeen | undefined;
  /** Each weight that the canary's Ingress said, in order, each once in a row; a 0 before the first share is left out. */
  weightsOf(shop: string): readonly number[];
  /** Names of all ReplicaSets that were ever created for it. */
  replicaSetsOf(shop: string): readonly string[];
  stop(): Promise<void>;
}

function watchShops(sandbox: TestSandbox): Watcher {
  const rollouts = new Map<string, RolloutSeen>();
  const weights = new Map<string, number[]>();
  const sets = new Map<string, Set<string>>();
  const ending = new AbortController();
  const { kubeConfig } = sandbox.standIns;
  const watches = [
    watchObjects(
      kubeConfig,
      `${argo}/rollouts`,
      (object, change) => {
        if (change === 'DELETED') rollouts.delete(object.metadata.name);
        else rollouts.set(object.metadata.name, RolloutSeen.parse(object));
      },
      ending.signal,
    ),
    watchObjects(
      kubeConfig,
      ingresses,
      (object) => {
        const { metadata } = IngressSeen.parse(object);
        const shop = /^(.+)-\1-canary$/.exec(metadata.name)?.[1];
        if (shop === undefined) return;
        const seen = weights.get(shop) ?? [];
        weights.set(shop, seen);
        const weight = Number(metadata.annotations['nginx.ingress.kubernetes.io/canary-weight'] ?? 0);
        if ((seen.at(-1) ?? 0) !== weight) seen.push(weight);
      },
      ending.signal,
    ),
    watchObjects(
      kubeConfig,
      replicaSets,
      (object) => {
        const shop = object.metadata.name.replace(/-[^-]+$/, '');
        sets.set(shop, (sets.get(shop) ?? new Set()).add(object.metadata.name));
      },
      ending.signal,
    ),
  ];
  return {
    rolloutOf: (shop) => rollouts.get(shop),
    weightsOf: (shop) => weights.get(shop) ?? [],
    replicaSetsOf: (shop) => [...(sets.get(shop) ?? [])],
    async stop() {
      ending.abort();
      await Promise.all(watches);
    },
  };
}

/** What the channel of one shop shows: cards and notices, as an outsider would count them. */
export function toldOf(slack: SlackApi, shop: string, revision: number) {
  const stories = slack
    .transcript()
    .messages.filter((story) => story.channel === channelOf(shop) && story.onlyFor === undefined);
  const Metadata = z.object({ event_type: z.string(), event_payload: z.record(z.string(), z.string()) });
  const told = stories.flatMap((story) => {
    const metadata = Metadata.safeParse(story.versions[0]?.metadata);
    if (!metadata.success) return [];
    const { event_type: type, event_payload: payload } = metadata.data;
    return [
      {
        type,
        payload,
        text: story.versions.at(-1)?.text ?? '',
        isBroadcast: story.isBroadcast,
        threadTs: story.threadTs,
        ts: story.ts,
      },
    ];
  });
  const cards = told.filter(({ type, payload }) => type === 'stepwise_card' && payload.revision === String(revision));
  const notices = told.filter(
    ({ type, payload }) => type === 'stepwise_notice' && payload.claim?.split('/')[1] === String(revision),
  );
  return { cards, notices };
}

const Lease = z.object({ spec: z.object({ holderIdentity: z.string() }) });

/** The name of the replica that holds the Lease. */
export async function readKeeper({ sandbox }: Street): Promise<string> {
  const path = '/apis/coordination.k8s.io/v1/namespaces/argo-rollouts/leases/argo-rollouts-controller-lock';
  const { spec } = await sandbox.get(Lease, path);
  return spec.holderIdentity.split('_')[1] ?? '';
}

const Manifest = z.object({
  apiVersion: z.string(),
  kind: z.string(),
  metadata: z.looseObject({ name: z.string(), namespace: z.string() }),
  spec: z.unknown(),
});

/** An object as somebody would apply it again: without what the server added. */
export async function readManifest(sandbox: TestSandbox, path: string): Promise<object> {
  const { apiVersion, kind, metadata, spec } = await sandbox.get(Manifest, path);
  return { apiVersion, kind, metadata: { name: metadata.name, namespace: metadata.namespace }, spec };
}
