import { createKubernetesApi, type KubernetesApi } from '../../src/sandbox/kubernetes-api/index.ts';
import { createWorld, type World, type WorldOptions } from '../../src/sandbox/world/index.ts';

type Labels = Readonly<Record<string, string>>;
// biome-ignore lint/suspicious/noExplicitAny: tests read any field of any kind
export type AnyObject = any;

/** A Kubernetes API with the world around it, and short words to use both. */
export type SmallCluster = {
  readonly api: KubernetesApi;
  readonly world: World;
  readonly problems: readonly string[];
  request(method: string, path: string, body?: object): Promise<AnyObject>;
  create(path: string, object: object): Promise<AnyObject>;
  patch(path: string, change: object): Promise<AnyObject>;
  list(path: string): Promise<readonly AnyObject[]>;
  pods(labels?: Labels): Promise<readonly AnyObject[]>;
  stop(): Promise<void>;
};

export const REPLICA_SETS = '/apis/apps/v1/namespaces/shop/replicasets';
export const DEPLOYMENTS = '/apis/apps/v1/namespaces/shop/deployments';
export const JOBS = '/apis/batch/v1/namespaces/shop/jobs';
export const PODS = '/api/v1/namespaces/shop/pods';
export const SERVICES = '/api/v1/namespaces/shop/services';
export const CONFIG_MAPS = '/api/v1/namespaces/shop/configmaps';
export const INGRESSES = '/apis/networking.k8s.io/v1/namespaces/shop/ingresses';
export const SLICES = '/apis/discovery.k8s.io/v1/namespaces/shop/endpointslices';
export const HTTP_ROUTES = '/apis/gateway.networking.k8s.io/v1/namespaces/shop/httproutes';

/** `images`: what containers of these images do, in the words of the image list. */
export async function startSmallCluster({
  images,
  ...options
}: Partial<WorldOptions> & { readonly images?: string } = {}): Promise<SmallCluster> {
  const api = await createKubernetesApi({ port: 0, seedCrds: [httpRouteDefinition] });
  const problems: string[] = [];
  async function request(method: string, path: string, body?: object): Promise<AnyObject> {
    const response = await fetch(`${api.url}${path}`, {
      method,
      ...(body === undefined
        ? {}
        : {
            body: JSON.stringify(body),
            headers: { 'content-type': method === 'PATCH' ? 'application/merge-patch+json' : 'application/json' },
          }),
    });
    const answer = (await response.json()) as { message?: string };
    if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${answer.message}`);
    return answer;
  }
  await request('POST', '/api/v1/namespaces', aNamespace);
  const world = await createWorld({
    kubernetesUrl: api.url,
    port: 0,
    imageListNamespace: 'shop',
    onProblem: (message) => problems.push(message),
    ...options,
  });
  if (images !== undefined) await request('POST', CONFIG_MAPS, aConfigMap('image-list', { 'images.yaml': images }));
  const list = async (path: string) => (await request('GET', path)).items as readonly AnyObject[];
  return {
    api,
    world,
    problems,
    request,
    create: (path, object) => request('POST', path, object),
    patch: (path, change) => request('PATCH', path, change),
    list,
    pods: (labels = {}) => list(`${PODS}?labelSelector=${encodeURIComponent(selectorText(labels))}`),
    async stop() {
      await world.stop();
      await api.stop();
    },
  };
}

/** Looks again until `read` answers something other than undefined; fails with what was seen last. */
export async function eventually<T>(read: () => Promise<T | undefined> | T | undefined, withinMs = 60_000): Promise<T> {
  const untilMs = Date.now() + withinMs;
  let last: unknown;
  for (;;) {
    try {
      const found = await read();
      if (found !== undefined) return found;
    } catch (error) {
      last = error;
    }
    if (Date.now() > untilMs) throw new Error(`did not come true within ${withinMs} ms`, { cause: last });
    await new Promise((resolve) => setTimeout(resolve, 30));
  }
}

export function aReplicaSet(name: string, image: string, replicas: number, spec: object = {}): object {
  const labels = { app: 'shop', set: name };
  return {
    apiVersion: 'apps/v1',
    kind: 'ReplicaSet',
    metadata: { name, namespace: 'shop' },
    spec: {
      replicas,
      selector: { matchLabels: labels },
      template: { metadata: { labels }, spec: { containers: [{ name: 'app', image }] } },
      ...spec,
    },
  };
}

export function aService(name: string, selector: Labels): object {
  return {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name, namespace: 'shop' },
    spec: { selector, ports: [{ name: 'http', port: 80, targetPort: 8080 }] },
  };
}

export function anIngress(name: string, host: string, service: string, annotations: Labels = {}): object {
  const backend = { service: { name: service, port: { number: 80 } } };
  return {
    apiVersion: 'networking.k8s.io/v1',
    kind: 'Ingress',
    metadata: { name, namespace: 'shop', annotations },
    spec: {
      ingressClassName: 'nginx',
      rules: [{ host, http: { paths: [{ path: '/', pathType: 'Prefix', backend }] } }],
    },
  };
}

export function aConfigMap(name: string, data: Labels): object {
  return { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name, namespace: 'shop' }, data };
}

function selectorText(labels: Labels): string {
  return Object.entries(labels)
    .map(([name, value]) => `${name}=${value}`)
    .join(',');
}

const aNamespace = { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'shop' } };

const httpRouteDefinition = {
  apiVersion: 'apiextensions.k8s.io/v1',
  kind: 'CustomResourceDefinition',
  metadata: { name: 'httproutes.gateway.networking.k8s.io' },
  spec: {
    group: 'gateway.networking.k8s.io',
    scope: 'Namespaced',
    names: { kind: 'HTTPRoute', listKind: 'HTTPRouteList', plural: 'httproutes', singular: 'httproute' },
    versions: [
      {
        name: 'v1',
        served: true,
        storage: true,
        schema: { openAPIV3Schema: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true } },
      },
    ],
  },
};
