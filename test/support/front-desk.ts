import { z } from 'zod';
import type { ServiceProcess } from '../../src/sandbox/service-process.ts';
import { createSlackApi, type SlackApi } from '../../src/sandbox/slack-api/index.ts';
import { startSandbox, type TestSandbox } from './sandbox.ts';

/** Channels of the front desk: the first two are bound to namespaces, nobody is bound to the lobby. */
export const channels = { shop: 'C0SHIPSHOP', pay: 'C0SHIPPAY', lobby: 'C0LOBBY' } as const;

const everybody = ['U0DANA', 'U0ARNO', 'U0VERA', 'U0OMAR', 'U0GUEST', 'U0ROBOT', 'U0APPBOT'];

const argo = '/apis/argoproj.io/v1alpha1';
const watched = [
  `${argo}/rollouts`,
  `${argo}/analysisruns`,
  '/apis/apps/v1/replicasets',
  '/apis/networking.k8s.io/v1/ingresses',
  '/api/v1/services',
] as const;

/** A channel of a shop's own: Slack takes one message a second in each. */
export function channelOf(shop: string): string {
  return `C0${shop.replaceAll(/[^a-z0-9]/g, '').toUpperCase()}`;
}

/** What the shops' images do; `shop:bad` answers every request with 500. Several, so that each test ships one of its own. */
const images = `
shop:bad: { startMs: 20, latencyMs: 5, errorRate: 1 }
shop:never: { startMs: 36000000 }
shop:v8: { startMs: 20, latencyMs: 5 }
shop:v9: { startMs: 20, latencyMs: 5 }
${Array.from({ length: 20 }, (_, index) => `shop:${index + 1}: { startMs: 20, latencyMs: 5 }`).join('\n')}
`;

/** A message as one person sees it. */
export interface Told {
  readonly channel: string;
  readonly ts: string;
  /** Every text of its blocks, in order. */
  readonly words: string;
  /** Its buttons: action id, label, signed value. */
  readonly buttons: readonly { readonly id: string; readonly label: string; readonly value: string }[];
}

export interface Shop {
  readonly name: string;
  readonly namespace?: string;
  /** A canary's. */
  readonly steps?: readonly object[];
  /** Blue-green with these settings, between two Services of its own: visitors come to the active one. */
  readonly blueGreen?: object;
  readonly containers?: readonly object[];
  /** Its requests follow an Ingress; without, its share is that of the pods. */
  readonly hasRouter?: boolean;
  readonly annotations?: Readonly<Record<string, string>>;
  readonly replicas?: number;
  /** More of `spec.strategy.canary`, and of `spec`. */
  readonly canary?: object;
  readonly spec?: object;
}

/** A whole world with one service, people who type and click, and an eye on the cluster. */
export interface FrontDesk {
  readonly sandbox: TestSandbox;
  readonly service: ServiceProcess;
  readonly slack: SlackApi;
  open(shop: Shop): Promise<void>;
  /** Types a command; gives the answer that this person alone sees. */
  type(user: string, line: string, channel?: string): Promise<Told>;
  /** Presses a button of a message; gives the answer that this person alone sees. */
  press(user: string, message: Pick<Told, 'channel' | 'ts'>, actionId: string, value?: string): Promise<Told>;
  /** The answers that this person has had, oldest first. */
  answersTo(user: string): readonly Told[];
  /** The card of a revision, as it is now; waits for it, and for `words` on it. */
  card(name: string, revision: number, words?: RegExp, namespace?: string): Promise<Told>;
  rollout(name: string, namespace?: string): Promise<RolloutSeen>;
  /** Waits until the rollout is so. */
  until(name: string, what: string, isSo: (rollout: RolloutSeen) => boolean): Promise<RolloutSeen>;
  /** Merges this into the Rollout, or into its status, as kubectl would. */
  patch(name: string, change: object, subresource?: 'status'): Promise<void>;
  /** The channel where this person and the app are alone. */
  directChannel(user: string): Promise<string>;
  /** Sets the image as `kubectl set image` would. */
  setImage(name: string, image: string): Promise<void>;
  /** The resourceVersion of everything a rollout is made of: equal when nothing was changed. */
  versions(): Promise<Readonly<Record<string, string>>>;
  /** The words of every message that everybody sees. */
  publicWords(): string;
  stop(): Promise<void>;
}

const RolloutSeen = z.looseObject({
  metadata: z.looseObject({
    name: z.string(),
    uid: z.string(),
    resourceVersion: z.string(),
    annotations: z.record(z.string(), z.string()).default({}),
  }),
  spec: z.looseObject({
    paused: z.boolean().optional(),
    /** Not there where `workloadRef` names one. */
    template: z
      .looseObject({ spec: z.looseObject({ containers: z.array(z.looseObject({ image: z.string() })) }) })
      .default({ spec: { containers: [] } }),
  }),
  status: z
    .looseObject({
      phase: z.string().optional(),
      message: z.string().optional(),
      abort: z.boolean().optional(),
      stableRS: z.string().optional(),
      currentPodHash: z.string().optional(),
      currentStepIndex: z.number().optional(),
      pauseConditions: z.array(z.looseObject({ reason: z.string(), startTime: z.string() })).nullish(),
      blueGreen: z
        .looseObject({ activeSelector: z.string().optional(), previewSelector: z.string().optional() })
        .optional(),
      conditions: z
        .array(z.looseObject({ type: z.string(), status: z.string(), message: z.string().default('') }))
        .default([]),
    })
    .default({ conditions: [] }),
});
export type RolloutSeen = z.infer<typeof RolloutSeen>;

const Direct = z.looseObject({
  channels: z.array(z.looseObject({ id: z.string(), directWith: z.string().optional() })),
});

const Listed = z.looseObject({
  items: z.array(
    z.looseObject({
      metadata: z.looseObject({ namespace: z.string(), name: z.string(), resourceVersion: z.string() }),
    }),
  ),
});

export async function openFrontDesk(
  options: {
    readonly environment?: Readonly<Record<string, string>>;
    readonly slack?: Parameters<typeof createSlackApi>[0];
    /** Shops with a channel of their own. */
    readonly ownChannels?: readonly string[];
  } = {},
): Promise<FrontDesk> {
  const sandbox = await startSandbox();
  const { environment = {}, ownChannels = [] } = options;
  const rooms = [...Object.entries(channels), ...ownChannels.map((shop) => [shop, channelOf(shop)] as const)];
  const slack = await createSlackApi({
    appName: 'Stepwise',
    channels: rooms.map(([name, id]) => ({ id, name, memberIds: everybody })),
    ...options.slack,
  });
  await sandbox.request(
    'PATCH',
    '/api/v1/namespaces/sandbox/configmaps/image-list',
    { data: { 'shops.yaml': images } },
    'application/merge-patch+json',
  );
  const service = sandbox.startService({
    SLACK_API_URL: slack.apiUrl,
    SLACK_BOT_TOKEN: slack.botToken,
    SLACK_APP_TOKEN: slack.appToken,
    CHANNELS: `shop=${channels.shop},pay=${channels.pay}`,
    ...environment,
  });
  await sandbox.eventually(
    'the service listens',
    () => slack.connections() > 0 || environment.SLACK_MODE === 'http' || undefined,
  );

  function answersTo(user: string): readonly Told[] {
    const id = idOf(user);
    return slack
      .transcript()
      .messages.filter(({ onlyFor }) => onlyFor === id)
      .map(toldBy);
  }

  async function answered(user: string, act: () => Promise<unknown>): Promise<Told> {
    const before = answersTo(user).length;
    await act();
    return sandbox.eventually(`${user} hears an answer`, () => answersTo(user)[before], 60_000);
  }

  async function rollout(name: string, namespace = 'shop'): Promise<RolloutSeen> {
    return sandbox.get(RolloutSeen, `${argo}/namespaces/${namespace}/rollouts/${name}`);
  }

  async function until(name: string, what: string, isSo: (rollout: RolloutSeen) => boolean): Promise<RolloutSeen> {
    let last: RolloutSeen | undefined;
    try {
      return await sandbox.eventually(`${name} ${what}`, async () => {
        last = await rollout(name);
        return isSo(last) ? last : undefined;
      });
    } catch (error) {
      throw new Error(`${name} ${what}, but is ${JSON.stringify(last?.status).slice(0, 1500)}`, { cause: error });
    }
  }

  return {
    sandbox,
    service,
    slack,
    open(shop) {
      const own = ownChannels.includes(shop.name) ? { 'stepwise.dev/channel': channelOf(shop.name) } : {};
      return openShop(sandbox, { ...shop, annotations: { ...own, ...shop.annotations } });
    },
    type: (user, line, channel = channels.shop) =>
      answered(user, () => slack.command({ user: idOf(user), channel, text: line })),
    press: (user, { channel, ts }, actionId, value) =>
      answered(user, () =>
        slack.click({
          user: idOf(user),
          channel,
          ts,
          action_id: actionId,
          ...(value === undefined ? {} : { value }),
        }),
      ),
    answersTo,
    async card(name, revision, words = /./, namespace = 'shop') {
      const { uid } = (await rollout(name, namespace)).metadata;
      let last: Told | undefined;
      try {
        return await sandbox.eventually('the card', () => {
          const stories = slack.transcript().messages;
          const found = stories.find(({ versions }) => isCardOf(versions[0]?.metadata, uid, revision));
          last = found === undefined ? undefined : toldBy(found);
          return last !== undefined && words.test(last.words) ? last : undefined;
        });
      } catch (error) {
        const problem = `the card of ${name} rev ${revision} does not say ${words}, but: ${last?.words}`;
        throw new Error(problem, { cause: error });
      }
    },
    rollout,
    until,
    async patch(name, change, subresource) {
      const path = `${argo}/namespaces/shop/rollouts/${name}${subresource === undefined ? '' : `/${subresource}`}`;
      await sandbox.request('PATCH', path, change, 'application/merge-patch+json');
    },
    async directChannel(user) {
      await slack.openHome({ user: idOf(user) });
      const state: unknown = await (await fetch(`${slack.url}/_stand-in/state`)).json();
      const found = Direct.parse(state).channels.find(({ directWith }) => directWith === idOf(user));
      if (found === undefined) throw new Error(`${user} has no channel with the app`);
      return found.id;
    },
    async setImage(name, image) {
      const change = [{ op: 'replace', path: '/spec/template/spec/containers/0/image', value: image }];
      await sandbox.request('PATCH', `${argo}/namespaces/shop/rollouts/${name}`, change, 'application/json-patch+json');
    },
    async versions() {
      const seen: Record<string, string> = {};
      for (const path of watched) {
        const { items } = await sandbox.get(Listed, path);
        for (const { metadata } of items)
          seen[`${path.split('/').at(-1)} ${metadata.namespace}/${metadata.name}`] = metadata.resourceVersion;
      }
      return seen;
    },
    publicWords() {
      const stories = slack.transcript().messages.filter(({ onlyFor }) => onlyFor === undefined);
      return stories.map((story) => toldBy(story).words).join('\n');
    },
    async stop() {
      await sandbox.stop();
      await slack.stop();
    },
  };
}

export function isLive(rollout: RolloutSeen): boolean {
  const { phase, stableRS, currentPodHash } = rollout.status;
  return phase === 'Healthy' && stableRS !== undefined && stableRS === currentPodHash;
}

export function isAtGate(rollout: RolloutSeen): boolean {
  return rollout.status.phase === 'Paused' && (rollout.status.pauseConditions ?? []).length > 0;
}

function idOf(user: string): string {
  return { gus: 'U0GUEST', buildbot: 'U0ROBOT' }[user] ?? `U0${user.toUpperCase()}`;
}

type Story = ReturnType<SlackApi['transcript']>['messages'][number];

function toldBy(story: Story): Told {
  const { text = '', blocks = [] } = story.versions.at(-1) ?? {};
  const words: string[] = [];
  const buttons: { id: string; label: string; value: string }[] = [];
  const Button = z.looseObject({
    type: z.literal('button'),
    action_id: z.string(),
    value: z.string(),
    text: z.looseObject({ text: z.string() }),
  });
  function walk(value: unknown): void {
    if (typeof value !== 'object' || value === null) return;
    const button = Button.safeParse(value);
    if (button.success)
      buttons.push({ id: button.data.action_id, label: button.data.text.text, value: button.data.value });
    for (const [key, inner] of Object.entries(value)) {
      // An array's entries have numbers for keys.
      if (key === 'text' && typeof inner === 'string') words.push(inner);
      else walk(inner);
    }
  }
  walk(blocks);
  const shown = [text, ...words].join('\n').replaceAll('&lt;', '<').replaceAll('&gt;', '>').replaceAll('&amp;', '&');
  return { channel: story.channel, ts: story.ts, words: shown, buttons };
}

function isCardOf(metadata: unknown, uid: string, revision: number): boolean {
  const Card = z.looseObject({
    event_type: z.literal('stepwise_card'),
    event_payload: z.looseObject({ rollout_uid: z.string(), revision: z.string() }),
  });
  const card = Card.safeParse(metadata);
  const { rollout_uid: ofUid, revision: ofRevision } = card.data?.event_payload ?? {};
  return ofUid === uid && ofRevision === String(revision);
}

async function openShop(sandbox: TestSandbox, shop: Shop): Promise<void> {
  const { name, namespace = 'shop', hasRouter = false } = shop;
  const put = (path: string, object: object) => sandbox.request('POST', path, object);
  const containers = shop.containers ?? [
    { name: 'shop', image: 'shop:1', ports: [{ name: 'http', containerPort: 8080 }] },
  ];
  const roles = shop.blueGreen === undefined ? ['stable', 'canary'] : ['active', 'preview'];
  const [mainService = ''] = roles.map((role) => `${name}-${role}`);
  if (hasRouter || shop.blueGreen !== undefined) {
    for (const role of roles) {
      const spec = { selector: { app: name }, ports: [{ name: 'http', port: 80, targetPort: 'http' }] };
      const metadata = { name: `${name}-${role}`, namespace };
      await put(`/api/v1/namespaces/${namespace}/services`, { apiVersion: 'v1', kind: 'Service', metadata, spec });
    }
    const backendOf = (service: string) => ({ service: { name: service, port: { name: 'http' } } });
    const hosts = { [`${name}.example.com`]: mainService, [`${name}-preview.example.com`]: `${name}-preview` };
    const rules = Object.entries(hosts)
      .filter(([, service]) => roles.some((role) => service === `${name}-${role}`))
      .map(([host, service]) => ({
        host,
        http: { paths: [{ path: '/', pathType: 'Prefix', backend: backendOf(service) }] },
      }));
    await put(`/apis/networking.k8s.io/v1/namespaces/${namespace}/ingresses`, {
      apiVersion: 'networking.k8s.io/v1',
      kind: 'Ingress',
      metadata: { name, namespace },
      spec: { ingressClassName: 'nginx', rules },
    });
  }
  const routing = {
    canaryService: `${name}-canary`,
    stableService: `${name}-stable`,
    trafficRouting: { nginx: { stableIngress: name } },
  };
  await put(`${argo}/namespaces/${namespace}/rollouts`, {
    apiVersion: 'argoproj.io/v1alpha1',
    kind: 'Rollout',
    metadata: { name, namespace, annotations: shop.annotations ?? {} },
    spec: {
      replicas: shop.replicas ?? 2,
      ...shop.spec,
      selector: { matchLabels: { app: name } },
      template: { metadata: { labels: { app: name } }, spec: { containers } },
      strategy:
        shop.blueGreen === undefined
          ? { canary: { ...(hasRouter ? routing : {}), steps: shop.steps ?? [], ...shop.canary } }
          : { blueGreen: { activeService: `${name}-active`, previewService: `${name}-preview`, ...shop.blueGreen } },
    },
  });
}
