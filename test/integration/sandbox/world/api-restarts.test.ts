import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { createKubernetesApi } from '../../../../src/sandbox/kubernetes-api/index.ts';
import { createWorld } from '../../../../src/sandbox/world/index.ts';
import { type AnyObject, aReplicaSet, eventually, PODS, REPLICA_SETS } from '../../../support/small-cluster.ts';

test('goes on when the API goes away and comes back: each pod is there once', async () => {
  const dataFolder = mkdtempSync(join(tmpdir(), 'world-'));
  let api = await createKubernetesApi({ port: 0, dataFolder });
  const { port, url } = api;
  const world = await createWorld({ kubernetesUrl: url, port: 0 });
  const call = async (method: string, path: string, body?: object): Promise<AnyObject> => {
    const type = method === 'PATCH' ? 'application/merge-patch+json' : 'application/json';
    const options = body === undefined ? {} : { body: JSON.stringify(body), headers: { 'content-type': type } };
    const response = await fetch(`${url}${path}`, { method, ...options });
    if (!response.ok) throw new Error(`${response.status} ${await response.text()}`);
    return response.json();
  };
  const readyPods = async (count: number) =>
    eventually(async () => {
      const { status } = await call('GET', `${REPLICA_SETS}/steady`);
      expect(status).toMatchObject({ replicas: count, availableReplicas: count });
      return (await call('GET', PODS)).items.map((pod: AnyObject) => pod.metadata.uid).sort();
    }, 15_000);

  await call('POST', '/api/v1/namespaces', { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'shop' } });
  await call('POST', REPLICA_SETS, aReplicaSet('steady', 'shop:1', 5));
  const before = await readyPods(5);

  // What changes while the world cannot hear it must be found out by its next list: here, a pod deleted for good.
  await api.stop();
  const elsewhere = await createKubernetesApi({ port: 0, dataFolder });
  const doomed = (await (await fetch(`${elsewhere.url}${PODS}`)).json()) as AnyObject;
  const { name, uid } = doomed.items[0].metadata;
  await fetch(`${elsewhere.url}${PODS}/${name}?gracePeriodSeconds=0`, { method: 'DELETE' });
  await elsewhere.stop();
  api = await createKubernetesApi({ port, dataFolder });
  await call('PATCH', `${REPLICA_SETS}/steady`, { spec: { replicas: 7 } });
  const after = await readyPods(7);
  expect(after).toHaveLength(7);
  expect(after).not.toContain(uid);
  expect(after).toEqual(expect.arrayContaining(before.filter((held: string) => held !== uid)));

  await world.stop();
  await api.stop();
  rmSync(dataFolder, { recursive: true, force: true });
});

test('a world started anew finds its pods running and leaves them alone', async () => {
  const api = await createKubernetesApi({ port: 0 });
  const call = async (method: string, path: string, body?: object): Promise<AnyObject> => {
    const options =
      body === undefined ? {} : { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } };
    return (await fetch(`${api.url}${path}`, { method, ...options })).json();
  };
  const pods = async () =>
    (await call('GET', PODS)).items
      .map((pod: AnyObject) => [pod.metadata.uid, pod.status.podIP, pod.metadata.resourceVersion])
      .sort();
  const first = await createWorld({ kubernetesUrl: api.url, port: 0 });
  await call('POST', '/api/v1/namespaces', { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'shop' } });
  await call('POST', REPLICA_SETS, aReplicaSet('steady', 'shop:1', 3));
  const isReady = async () =>
    (await call('GET', `${REPLICA_SETS}/steady`)).status?.readyReplicas === 3 ? true : undefined;
  await eventually(isReady);
  const before = await pods();
  await first.stop();

  const second = await createWorld({ kubernetesUrl: api.url, port: 0 });
  await call('POST', REPLICA_SETS, aReplicaSet('later', 'shop:1', 1));
  await eventually(async () =>
    (await call('GET', `${REPLICA_SETS}/later`)).status?.readyReplicas === 1 ? true : undefined,
  );
  const after = await pods();
  expect(after).toEqual(expect.arrayContaining(before));
  expect(new Set(after.map(([, ip]: [string, string]) => ip)).size).toBe(4);
  await second.stop();
  await api.stop();
});
