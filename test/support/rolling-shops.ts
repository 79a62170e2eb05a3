import { readFileSync } from 'node:fs';
import { parseAllDocuments } from 'yaml';
import { z } from 'zod';
import { channelOf, type FrontDesk } from './front-desk.ts';
import type { Manifest } from './git-ops.ts';

const namespace = 'shop';
/** What the world runs besides the desk's shops. */
const imageList = `
shop:unpullable: { pull: missing }
${['modelcard-generator:1', 'modelcard-generator:2', 'ghcr.io/acme/catalog:1.0.0', 'ghcr.io/acme/catalog:2.0.0'].map((image) => `${image}: { startMs: 20, latencyMs: 5 }`).join('\n')}
modelcard-generator:bad: { startMs: 20, latencyMs: 5, errorRate: 1 }
ghcr.io/acme/catalog:3.0.0: { startMs: 20, latencyMs: 5, errorRate: 1 }
`;

const deployments = `/apis/apps/v1/namespaces/${namespace}/deployments`;

/** A plain Deployment behind a Service and an Ingress with visitors, annotated for Stepwise. */
export interface RollingShop {
  readonly name: string;
  readonly analysis?: string;
  readonly soak?: string;
  readonly annotations?: Readonly<Record<string, string>>;
  /** Merged into the Deployment's spec. */
  readonly spec?: object;
}

/** Opens shops with one load for all of them. */
export async function openDeployments(
  { sandbox }: Pick<FrontDesk, 'sandbox'>,
  shops: readonly RollingShop[],
  otherHosts: readonly string[] = [],
): Promise<void> {
  const put = (path: string, object: object) => sandbox.request('POST', path, object);
  const names = [...shops.map(({ name }) => name), ...otherHosts];
  const data = Object.fromEntries(names.map((name) => [`${name}.example.com`, '60']));
  await addLoad(sandbox, data);
  const images = { data: { 'rolling.yaml': imageList } };
  const listPath = '/api/v1/namespaces/sandbox/configmaps/image-list';
  await sandbox.request('PATCH', listPath, images, 'application/merge-patch+json');
  const templates = `/apis/argoproj.io/v1alpha1/namespaces/${namespace}/analysistemplates`;
  await put(templates, successRate('rolling-slo', '500ms', 0.1));
  await put(templates, successRate('late-slo', '5s', 0.1));
  await put(templates, successRate('tomorrow', '24h', 0.1));
  await put(templates, successRate('strict', '500ms', 0.95));
  for (const shop of shops) {
    await put(`/api/v1/namespaces/${namespace}/services`, service(shop.name));
    await put(`/apis/networking.k8s.io/v1/namespaces/${namespace}/ingresses`, ingress(shop.name));
    await put(deployments, deployment(shop));
  }
}

/** Visitors of these hosts, beside those that there are. */
async function addLoad({ request }: FrontDesk['sandbox'], data: Readonly<Record<string, string>>): Promise<void> {
  const maps = '/api/v1/namespaces/sandbox/configmaps';
  const load = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'load' } };
  // There already, where shops of Rollouts were opened.
  await request('POST', maps, load).catch(() => undefined);
  await request('PATCH', `${maps}/load`, { data }, 'application/merge-patch+json');
}

const Written = z.looseObject({
  apiVersion: z.string(),
  kind: z.string(),
  metadata: z.looseObject({ name: z.string(), annotations: z.record(z.string(), z.string()).optional() }),
});
const plurals: Readonly<Record<string, string>> = { Ingress: 'ingresses' };

/** Applies manifests as they are written, at a test's pace, in the namespace of the shops: nothing is changed but durations, tags and
 * limits: a machine that is slow loses some requests of a good image, a bad one loses all. */
export async function openWritten({ sandbox }: FrontDesk, files: readonly string[]): Promise<void> {
  for (const file of files) {
    const text = readFileSync(file, 'utf8')
      .replaceAll(/soak: \d+m/g, 'soak: 3s')
      .replaceAll(/initialDelay: \d+m/g, 'initialDelay: 1s')
      .replaceAll(/( +)interval: \d+s/g, '$1interval: 500ms\n$1consecutiveErrorLimit: 1000\n$1inconclusiveLimit: 1000')
      .replaceAll(/\[\dm\]/g, '[2s]')
      .replaceAll(/initialDelaySeconds: \d+/g, 'initialDelaySeconds: 0')
      .replaceAll(':latest', ':1')
      .replaceAll('result[0] >= 0.95', 'result[0] >= 0.1')
      .replaceAll('result[0] > 0.05', 'result[0] > 0.9');
    for (const document of parseAllDocuments(text)) {
      const { apiVersion, kind, metadata, ...rest } = Written.parse(document.toJS());
      const annotations = { ...metadata.annotations, 'stepwise.dev/channel': channelOf(metadata.name) };
      const base = apiVersion === 'v1' ? '/api/v1' : `/apis/${apiVersion}`;
      const path = `${base}/namespaces/${namespace}/${plurals[kind] ?? `${kind.toLowerCase()}s`}`;
      const own = kind === 'Deployment' ? { annotations } : {};
      await sandbox.request('POST', path, { apiVersion, kind, metadata: { ...metadata, ...own, namespace }, ...rest });
    }
  }
}

/** Leads visitors to a Service of this name. */
export async function leadVisitorsTo({ sandbox }: FrontDesk, name: string): Promise<void> {
  await sandbox.request('POST', `/apis/networking.k8s.io/v1/namespaces/${namespace}/ingresses`, ingress(name));
}

const Named = z.looseObject({ items: z.array(z.looseObject({ metadata: z.looseObject({ name: z.string() }) })) });

/** Waits until one ReplicaSet is left, then ends the run that judges it badly. */
export async function failWithoutHistory({ sandbox }: FrontDesk, name: string): Promise<void> {
  const replicaSets = `/apis/apps/v1/namespaces/${namespace}/replicasets?labelSelector=app%3D${name}`;
  await sandbox.eventually('one ReplicaSet is left', async () => {
    const { items } = await sandbox.get(Named, replicaSets);
    return items.length === 1 || undefined;
  });
  const runs = `/apis/argoproj.io/v1alpha1/namespaces/${namespace}/analysisruns`;
  const { items } = await sandbox.get(Named, runs);
  const run = items.find(({ metadata }) => metadata.name.startsWith(`${name}-`))?.metadata.name ?? '';
  const status = { phase: 'Failed', message: 'too many errors', completedAt: new Date().toISOString() };
  await sandbox.request('PATCH', `${runs}/${run}`, { status }, 'application/merge-patch+json');
}

export async function patchDeployment(
  { sandbox }: Pick<FrontDesk, 'sandbox'>,
  name: string,
  patch: object,
): Promise<void> {
  await sandbox.request('PATCH', `${deployments}/${name}`, patch, 'application/merge-patch+json');
}

export async function setDeploymentImage(
  { sandbox }: Pick<FrontDesk, 'sandbox'>,
  name: string,
  image: string,
): Promise<void> {
  const change = [{ op: 'replace', path: '/spec/template/spec/containers/0/image', value: image }];
  await sandbox.request('PATCH', `${deployments}/${name}`, change, 'application/json-patch+json');
}

const DeploymentSeen = z.looseObject({
  metadata: z.looseObject({ uid: z.string(), annotations: z.record(z.string(), z.string()) }),
  spec: z.looseObject({
    replicas: z.number(),
    paused: z.boolean().optional(),
    template: z.looseObject({ spec: z.looseObject({ containers: z.array(z.looseObject({ image: z.string() })) }) }),
  }),
  status: z.looseObject({ updatedReplicas: z.number().optional(), availableReplicas: z.number().optional() }),
});
export type DeploymentSeen = z.infer<typeof DeploymentSeen>;

export function readDeployment({ sandbox }: Pick<FrontDesk, 'sandbox'>, name: string): Promise<DeploymentSeen> {
  return sandbox.get(DeploymentSeen, `${deployments}/${name}`);
}

export function imageOf({ spec }: DeploymentSeen): string | undefined {
  return spec.template.spec.containers[0]?.image;
}

/** The cards of one revision, as they are now. */
export async function cardsOf(
  desk: Pick<FrontDesk, 'sandbox' | 'slack'>,
  name: string,
  revision: number,
): Promise<readonly string[]> {
  const { uid } = (await readDeployment(desk, name)).metadata;
  const Card = z.looseObject({
    event_type: z.literal('stepwise_card'),
    event_payload: z.object({ rollout_uid: z.literal(uid), revision: z.literal(String(revision)) }).loose(),
  });
  return desk.slack
    .transcript()
    .messages.filter(({ versions }) => Card.safeParse(versions[0]?.metadata).success)
    .map(({ versions }) => JSON.stringify(versions.at(-1)));
}

/** Waits until the card of this revision says this. */
export async function cardWords(
  desk: Pick<FrontDesk, 'sandbox' | 'slack'>,
  name: string,
  revision: number,
  words: RegExp,
  timeoutMs = 60_000,
): Promise<string> {
  let last: string | undefined;
  try {
    return await desk.sandbox.eventually(
      'the card',
      async () => {
        [last] = await cardsOf(desk, name, revision);
        return last !== undefined && words.test(last) ? last : undefined;
      },
      timeoutMs,
    );
  } catch (error) {
    throw new Error(`the card of ${name} rev ${revision} does not say ${words}, but: ${last}`, { cause: error });
  }
}

/** A bad image answers nothing well; a machine that is slow loses some requests of a good one. */
function successRate(name: string, initialDelay: string, least: number) {
  const query = (status: string) => `sum(rate(http_requests_total{service="{{args.service}}"${status}}[2s]))`;
  return {
    apiVersion: 'argoproj.io/v1alpha1',
    kind: 'AnalysisTemplate',
    metadata: { name, namespace },
    spec: {
      args: [{ name: 'service' }],
      metrics: [
        {
          name: 'success-rate',
          ...{ initialDelay, interval: '500ms', failureLimit: 1, consecutiveErrorLimit: 1000 },
          successCondition: `result[0] >= ${least}`,
          provider: { prometheus: { query: `${query(',status!~"5.."')} / (${query('')} > 0)` } },
        },
      ],
    },
  };
}

function service(name: string) {
  const spec = { selector: { app: name }, ports: [{ name: 'http', port: 80, targetPort: 'http' }] };
  return { apiVersion: 'v1', kind: 'Service', metadata: { name, namespace }, spec };
}

function ingress(name: string) {
  const backend = { service: { name, port: { name: 'http' } } };
  const rules = [{ host: `${name}.example.com`, http: { paths: [{ path: '/', pathType: 'Prefix', backend }] } }];
  const spec = { ingressClassName: 'nginx', rules };
  return { apiVersion: 'networking.k8s.io/v1', kind: 'Ingress', metadata: { name, namespace }, spec };
}

/** As it stands in Git, with whatever marks its tool leaves, and where it is reached. */
export function aRollingManifest(
  shop: RollingShop,
  image: string,
  marks: {
    readonly labels?: Readonly<Record<string, string>>;
    readonly annotations?: Readonly<Record<string, string>>;
  },
): readonly Manifest[] {
  const { metadata, spec, ...rest } = deployment(shop);
  const containers = spec.template.spec.containers.map((container) => ({ ...container, image }));
  const annotations = { ...metadata.annotations, ...marks.annotations };
  const labels = marks.labels === undefined ? {} : { labels: marks.labels };
  const template = { ...spec.template, spec: { containers } };
  const object = { ...rest, metadata: { ...metadata, ...labels, annotations }, spec: { ...spec, template } };
  return [
    { path: `/api/v1/namespaces/${namespace}/services/${shop.name}`, object: service(shop.name) },
    { path: `/apis/networking.k8s.io/v1/namespaces/${namespace}/ingresses/${shop.name}`, object: ingress(shop.name) },
    { path: `${deployments}/${shop.name}`, object },
  ];
}

function deployment({ name, analysis = 'rolling-slo', soak = '1s', annotations, spec }: RollingShop) {
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: {
      ...{ name, namespace },
      annotations: {
        'stepwise.dev/channel': channelOf(name),
        'stepwise.dev/analysis': analysis,
        'stepwise.dev/analysis-args': `service=${name}`,
        'stepwise.dev/soak': soak,
        ...annotations,
      },
    },
    spec: {
      replicas: 3,
      selector: { matchLabels: { app: name } },
      strategy: { type: 'RollingUpdate', rollingUpdate: { maxSurge: 1, maxUnavailable: 0 } },
      template: {
        metadata: { labels: { app: name } },
        spec: { containers: [{ name: 'shop', image: 'shop:1', ports: [{ name: 'http', containerPort: 8080 }] }] },
      },
      ...spec,
    },
  };
}
