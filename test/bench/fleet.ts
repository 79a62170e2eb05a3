import type { TestSandbox } from '../support/sandbox.ts';

const argo = '/apis/argoproj.io/v1alpha1/namespaces';

/** Rollouts as many small teams have them: ten to a namespace, and a channel for each. */
export interface Fleet {
  readonly names: readonly string[];
  /** Those whose analysis fails on every canary. */
  readonly bad: ReadonlySet<string>;
}

const teamSize = 10;

export interface Team {
  readonly namespace: string;
  readonly channel: string;
}

export function teamsOf(rolloutCount: number): readonly Team[] {
  return Array.from({ length: Math.ceil(rolloutCount / teamSize) }, (_, index) => ({
    namespace: `team-${index}`,
    channel: `C0TEAM${String(index).padStart(3, '0')}`,
  }));
}

export function teamOf(name: string): Team {
  const index = Math.floor(Number(name.slice('svc-'.length)) / teamSize);
  return { namespace: `team-${index}`, channel: `C0TEAM${String(index).padStart(3, '0')}` };
}

/** Creates `count` rollouts, of which every `badEvery`-th has an analysis that fails. */
export async function createFleet(
  sandbox: TestSandbox,
  count: number,
  {
    badEvery = 0,
    steps,
  }: { readonly badEvery?: number | undefined; readonly steps?: readonly object[] | undefined } = {},
): Promise<Fleet> {
  for (const { namespace } of teamsOf(count)) await createTeam(sandbox, namespace);
  const names = Array.from({ length: count }, (_, index) => `svc-${String(index).padStart(3, '0')}`);
  const bad = new Set(names.filter((_, index) => badEvery > 0 && index % badEvery === badEvery - 1));
  for (const name of names) {
    const { namespace } = teamOf(name);
    const services = `/api/v1/namespaces/${namespace}/services`;
    await Promise.all([
      sandbox.request('POST', services, serviceManifest(`${name}-stable`, name)),
      sandbox.request('POST', services, serviceManifest(`${name}-canary`, name)),
      sandbox.request('POST', `/apis/networking.k8s.io/v1/namespaces/${namespace}/ingresses`, ingressManifest(name)),
    ]);
    await sandbox.request(
      'POST',
      `${argo}/${namespace}/rollouts`,
      rolloutManifest(name, steps ?? shortPlan(bad.has(name) ? 'wrong' : 'right')),
    );
  }
  return { names, bad };
}

/** What a deploy pipeline does. */
export function setImage(sandbox: TestSandbox, name: string, tag: string): Promise<unknown> {
  const patch = [{ op: 'replace', path: '/spec/template/spec/containers/0/image', value: imageOf(tag) }];
  const path = `${argo}/${teamOf(name).namespace}/rollouts/${name}`;
  return sandbox.request('PATCH', path, patch, 'application/json-patch+json');
}

/** What somebody does who has seen enough. */
export function abort(sandbox: TestSandbox, name: string): Promise<unknown> {
  const path = `${argo}/${teamOf(name).namespace}/rollouts/${name}/status`;
  return sandbox.request('PATCH', path, { status: { abort: true } }, 'application/merge-patch+json');
}

/** Constant answers: what is measured is the engine, not Prometheus. */
const queries = { right: 'vector(1)', wrong: 'vector(0)' } as const;

async function createTeam(sandbox: TestSandbox, namespace: string): Promise<void> {
  await sandbox.request('POST', '/api/v1/namespaces', { metadata: { name: namespace } });
  for (const [name, query] of Object.entries(queries)) {
    await sandbox.request('POST', `${argo}/${namespace}/analysistemplates`, templateManifest(name, query));
  }
  await sandbox.request('POST', `/apis/rbac.authorization.k8s.io/v1/namespaces/${namespace}/rolebindings`, {
    metadata: { name: 'deployers' },
    roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'stepwise-deployer' },
    subjects: ['deployers', 'approvers', 'oncall'].map((handle) => ({
      apiGroup: 'rbac.authorization.k8s.io',
      kind: 'Group',
      name: `slack:${handle}`,
    })),
  });
}

/** 10 → 30 → 60 %, timed pauses and one analysis. */
function shortPlan(template: keyof typeof queries): readonly object[] {
  return [
    { setWeight: 10 },
    { pause: { duration: '4s' } },
    { setWeight: 30 },
    { analysis: { templates: [{ templateName: template }] } },
    { setWeight: 60 },
    { pause: { duration: '4s' } },
  ];
}

/** nginx canary. */
function rolloutManifest(name: string, steps: readonly object[]) {
  return {
    apiVersion: 'argoproj.io/v1alpha1',
    kind: 'Rollout',
    metadata: { name },
    spec: {
      replicas: 2,
      selector: { matchLabels: { app: name } },
      template: {
        metadata: { labels: { app: name } },
        spec: { containers: [{ name: 'app', image: imageOf('1.0.0') }] },
      },
      strategy: {
        canary: {
          canaryService: `${name}-canary`,
          stableService: `${name}-stable`,
          scaleDownDelaySeconds: 600,
          trafficRouting: { nginx: { stableIngress: name } },
          steps,
        },
      },
    },
  };
}

function serviceManifest(name: string, app: string) {
  return {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name },
    spec: { selector: { app }, ports: [{ name: 'http', port: 80, targetPort: 8080 }] },
  };
}

function ingressManifest(name: string) {
  const backend = { service: { name: `${name}-stable`, port: { name: 'http' } } };
  return {
    apiVersion: 'networking.k8s.io/v1',
    kind: 'Ingress',
    metadata: { name },
    spec: {
      ingressClassName: 'nginx',
      rules: [{ host: `${name}.bench`, http: { paths: [{ path: '/', pathType: 'Prefix', backend }] } }],
    },
  };
}

function templateManifest(name: string, query: string) {
  return {
    apiVersion: 'argoproj.io/v1alpha1',
    kind: 'AnalysisTemplate',
    metadata: { name },
    spec: {
      metrics: [{ name: 'answer', successCondition: 'result[0] >= 1', provider: { prometheus: { query } } }],
    },
  };
}

function imageOf(tag: string): string {
  return `ghcr.io/acme/bench:${tag}`;
}
