import { KubeConfig } from '@kubernetes/client-node';
import { type ConnectedCluster, createCluster, type KubernetesObject, resources } from '../../src/kubernetes/index.ts';
import type { JsonObject } from '../../src/lib/index.ts';
import { createKubernetesApi } from '../../src/sandbox/kubernetes-api/index.ts';
import { silentLog } from './silent-log.ts';

/** A cluster with nothing in it: the sandbox's API server, or the real one that STEPWISE_TEST_KUBECONFIG names. */
export interface TestCluster {
  readonly cluster: ConnectedCluster;
  readonly kubeConfig: KubeConfig;
  readonly signal: AbortSignal;
  /** A new namespace, for one test. */
  namespace(): Promise<string>;
  stop(): Promise<void>;
}

export async function startTestCluster(definitions: readonly JsonObject[] = []): Promise<TestCluster> {
  const realPath = process.env.STEPWISE_TEST_KUBECONFIG;
  const api = realPath === undefined ? await createKubernetesApi({ port: 0 }) : undefined;
  const kubeConfig = new KubeConfig();
  if (api === undefined) kubeConfig.loadFromFile(realPath ?? '');
  else kubeConfig.loadFromClusterAndUser({ name: 'sandbox', server: api.url, skipTLSVerify: false }, { name: 'admin' });
  const cluster = createCluster({ kubeConfig, log: silentLog, limits: { perSecond: 2000, burst: 2000 } });
  const { signal } = new AbortController();
  await cluster.start(signal);
  for (const definition of definitions) await install(cluster, definition, signal);
  return {
    cluster,
    kubeConfig,
    signal,
    async namespace() {
      const name = `test-${crypto.randomUUID().slice(0, 8)}`;
      await cluster.create(resources.namespaces, { metadata: { name } }, { signal });
      return name;
    },
    async stop() {
      await cluster.stop();
      await api?.stop();
    },
  };
}

async function install(cluster: ConnectedCluster, definition: JsonObject, signal: AbortSignal): Promise<void> {
  const created = await cluster
    .create(resources.customResourceDefinitions, definition, { signal })
    .catch((error: unknown) => {
      if (error instanceof Error && error.name === 'AlreadyExistsError') return undefined;
      throw error;
    });
  const name = { namespace: '', name: created?.metadata.name ?? nameOf(definition) };
  for (;;) {
    const found = await cluster.get(resources.customResourceDefinitions, name, signal);
    if (JSON.stringify(found?.status ?? {}).includes('"type":"Established"')) return;
  }
}

function nameOf(definition: JsonObject): string {
  const { metadata } = definition;
  return typeof metadata === 'object' && metadata !== null && 'name' in metadata ? String(metadata.name) : '';
}

/** A value deep inside an object, for assertions: `at(ingress, 'spec', 'rules', 0, 'host')`. */
export function at(value: unknown, ...path: readonly (string | number)[]): unknown {
  let found = value;
  for (const key of path) {
    if (typeof found !== 'object' || found === null) return undefined;
    found = Reflect.get(found, key);
  }
  return found;
}

export function expectObject(object: KubernetesObject | undefined): KubernetesObject {
  if (object === undefined) throw new Error('the object is not there');
  return object;
}

/** A kind of one's own, with the part of a schema that a test needs. */
export function definitionOf(
  kind: { readonly group: string; readonly version: string; readonly plural: string; readonly kind: string },
  properties: JsonObject,
): JsonObject {
  const schema = { openAPIV3Schema: { type: 'object', properties } };
  return {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: {
      name: `${kind.plural}.${kind.group}`,
      // Groups of Kubernetes itself need it; anything does.
      annotations: { 'api-approved.kubernetes.io': 'https://github.com/kubernetes/kubernetes/pull/1' },
    },
    spec: {
      group: kind.group,
      scope: 'Namespaced',
      names: { kind: kind.kind, plural: kind.plural, singular: kind.kind.toLowerCase(), listKind: `${kind.kind}List` },
      versions: [{ name: kind.version, served: true, storage: true, schema, subresources: { status: {} } }],
    },
  };
}

const open = { type: 'object', 'x-kubernetes-preserve-unknown-fields': true };
const backendRef = {
  ...open,
  properties: {
    name: { type: 'string' },
    group: { type: 'string', default: '' },
    kind: { type: 'string', default: 'Service' },
    weight: { type: 'integer', format: 'int32', default: 1, minimum: 0, maximum: 1_000_000 },
  },
  required: ['name'],
};
const rule = { ...open, properties: { backendRefs: { type: 'array', items: backendRef } } };

/** As the Gateway API's own: the defaults of a backend are what matters here. */
export const httpRouteDefinition = definitionOf(resources.httpRoutes, {
  spec: { ...open, properties: { rules: { type: 'array', items: rule } } },
  status: open,
});

/** Enough of a Rollout to own something: an API server collects what nobody owns. */
export const rolloutDefinition = definitionOf(resources.rollouts, { spec: open, status: open });

export async function createRollout(
  { cluster, signal }: TestCluster,
  namespace: string,
  name: string,
): Promise<string> {
  const created = await cluster.create(resources.rollouts, { metadata: { namespace, name }, spec: {} }, { signal });
  return created.metadata.uid;
}
