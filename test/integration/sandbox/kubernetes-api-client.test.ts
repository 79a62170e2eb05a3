import { KubeConfig, KubernetesObjectApi, Watch } from '@kubernetes/client-node';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { createKubernetesApi, type KubernetesApi } from '../../../src/sandbox/kubernetes-api/index.ts';

let api: KubernetesApi;
let config: KubeConfig;

beforeEach(async () => {
  api = await createKubernetesApi({ port: 0 });
  config = new KubeConfig();
  // client-node refuses plain http unless it may skip TLS verification.
  config.loadFromClusterAndUser({ name: 'sandbox', server: api.url, skipTLSVerify: true }, { name: 'admin' });
});

afterEach(async () => {
  await api.stop();
});

function configMap(name: string, data: Record<string, string>) {
  return { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name, namespace: 'default' }, data };
}

test('client-node creates, reads, lists and deletes', async () => {
  const client = KubernetesObjectApi.makeApiClient(config);
  await client.create(configMap('one', { a: '1' }));
  await client.create(configMap('two', { a: '2' }));
  const read = await client.read({
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name: 'one', namespace: 'default' },
  });
  expect(read).toMatchObject({ data: { a: '1' } });
  const listed = await client.list('v1', 'ConfigMap', 'default');
  expect(listed.items.map((item) => item.metadata?.name)).toEqual(['one', 'two']);
  await client.delete(read);
  const left = await client.list('v1', 'ConfigMap', 'default');
  expect(left.items.map((item) => item.metadata?.name)).toEqual(['two']);
});

test('client-node watches from the version it listed', async () => {
  const client = KubernetesObjectApi.makeApiClient(config);
  await client.create(configMap('before', {}));
  const listed = await client.list('v1', 'ConfigMap', 'default');
  const seen: string[] = [];
  const { promise: sawThree, resolve } = Promise.withResolvers<void>();
  const watch = await new Watch(config).watch(
    '/api/v1/namespaces/default/configmaps',
    { resourceVersion: listed.metadata?.resourceVersion ?? '', allowWatchBookmarks: true },
    (type, object) => {
      seen.push(`${type} ${object.metadata.name} ${JSON.stringify(object.data ?? {})}`);
      if (seen.length === 3) resolve();
    },
    () => {},
  );
  await client.create(configMap('after', { a: '1' }));
  await client.patch(configMap('after', { a: '2' }));
  await client.delete(configMap('after', {}));
  await sawThree;
  watch.abort();
  expect(seen).toEqual(['ADDED after {"a":"1"}', 'MODIFIED after {"a":"2"}', 'DELETED after {"a":"2"}']);
});
