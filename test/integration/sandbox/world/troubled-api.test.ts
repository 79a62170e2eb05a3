import { mkdtempSync, rmSync } from 'node:fs';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
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
    // A kept connection to the server that stopped would break the first call to the next one.
    const options =
      body === undefined
        ? { headers: { connection: 'close' } }
        : { body: JSON.stringify(body), headers: { 'content-type': type, connection: 'close' } };
    const response = await fetch(`${url}${path}`, { method, ...options });
    if (!response.ok) throw new Error(`${response.status} ${await response.text()}`);
    return response.json();
  };
  const readyPods = async (count: number) =>
    eventually(async () => {
      const { status } = await call('GET', `${REPLICA_SETS}/steady`);
      expect(status).toMatchObject({ replicas: count, availableReplicas: count });
      return (await call('GET', PODS)).items.map((pod: AnyObject) => pod.metadata.uid).sort();
    }, 60_000);

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
      body === undefined
        ? {}
        : { body: JSON.stringify(body), headers: { 'content-type': 'application/json', connection: 'close' } };
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

test('says so when its port is taken, and leaves nothing running', async () => {
  const api = await createKubernetesApi({ port: 0 });
  const world = await createWorld({ kubernetesUrl: api.url, port: 0 });
  const port = Number(new URL(world.url).port);
  const problems: string[] = [];
  const second = createWorld({ kubernetesUrl: api.url, port, onProblem: (message) => problems.push(message) });
  await expect(second).rejects.toThrow(/EADDRINUSE/);
  await world.stop();
  // Whatever still watched would complain when the API goes.
  await api.stop();
  await new Promise((resolve) => setTimeout(resolve, 500));
  expect(problems).toEqual([]);
});

test.each([
  ['counts from the beginning', 0],
  ['has counted past what was known', 200],
])('begins anew with an API that lost all its data and %s', async (_, writesBefore) => {
  const dataFolder = mkdtempSync(join(tmpdir(), 'world-'));
  const headers = { 'content-type': 'application/json', connection: 'close' };
  const bringUp = async (url: string, replicas: number) => {
    const post = async (path: string, body: object) =>
      (await fetch(`${url}${path}`, { method: 'POST', headers, body: JSON.stringify(body) })).json();
    await post('/api/v1/namespaces', { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'shop' } });
    await post(REPLICA_SETS, aReplicaSet('again', 'shop:1', replicas));
  };
  const ready = (url: string, replicas: number) =>
    eventually(async () => {
      const answer = await fetch(`${url}${REPLICA_SETS}/again`, { headers: { connection: 'close' } });
      const { status } = (await answer.json()) as AnyObject;
      return status?.readyReplicas === replicas ? true : undefined;
    }, 60_000);
  let api = await createKubernetesApi({ port: 0 });
  const { port, url } = api;
  const world = await createWorld({ kubernetesUrl: url, port: 0 });
  await bringUp(url, 4);
  await ready(url, 4);
  await api.stop();

  const elsewhere = await createKubernetesApi({ port: 0, dataFolder });
  await bringUp(elsewhere.url, 2);
  const patch = { method: 'PATCH', headers: { ...headers, 'content-type': 'application/merge-patch+json' } };
  for (let count = 0; count < writesBefore; count++) {
    const body = JSON.stringify({ metadata: { labels: { count: `${count}` } } });
    await fetch(`${elsewhere.url}/api/v1/namespaces/shop`, { ...patch, body });
  }
  await elsewhere.stop();
  api = await createKubernetesApi({ port, dataFolder });
  await ready(url, 2);
  // Pods made for the ReplicaSet of before, while it still was believed in, have no owner and are collected.
  await eventually(async () => {
    const pods = (await (await fetch(`${url}${PODS}`, { headers: { connection: 'close' } })).json()) as AnyObject;
    expect(pods.items).toHaveLength(2);
    return true;
  }, 60_000);
  await world.stop();
  await api.stop();
  rmSync(dataFolder, { recursive: true, force: true });
});

test('makes and deletes each pod once though the watch tells of it late', async () => {
  const api = await createKubernetesApi({ port: 0 });
  const late = await startLateWatches(api.url, 600);
  const world = await createWorld({ kubernetesUrl: late.url, port: 0 });
  const writes: string[] = [];
  api.onWrite(({ verb, resource, name, status }) => {
    if (resource === 'pods' && status < 300 && verb !== 'PATCH') writes.push(`${verb} ${name}`);
  });
  const call = async (method: string, path: string, body: object) => {
    const type = method === 'PATCH' ? 'application/merge-patch+json' : 'application/json';
    await fetch(`${api.url}${path}`, {
      method,
      body: JSON.stringify(body),
      headers: { 'content-type': type, connection: 'close' },
    });
  };
  const settled = (replicas: number) =>
    eventually(async () => {
      const { status } = (await (await fetch(`${api.url}${REPLICA_SETS}/late`)).json()) as AnyObject;
      return status?.readyReplicas === replicas && status.replicas === replicas ? true : undefined;
    }, 60_000);
  await call('POST', '/api/v1/namespaces', { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'shop' } });
  await call('POST', REPLICA_SETS, aReplicaSet('late', 'shop:1', 6));
  await settled(6);
  expect(writes.filter((write) => write.startsWith('POST'))).toHaveLength(6);
  await call('PATCH', `${REPLICA_SETS}/late`, { spec: { replicas: 2 } });
  await settled(2);
  await new Promise((resolve) => setTimeout(resolve, 1500));
  expect(new Set(writes.filter((write) => write.startsWith('DELETE'))).size).toBe(4);
  expect(writes.filter((write) => write.startsWith('POST'))).toHaveLength(6);
  await world.stop();
  await late.stop();
  await api.stop();
});

/** Passes everything on to an API, and what its watches tell `lateMs` later. */
async function startLateWatches(apiUrl: string, lateMs: number) {
  const server = http.createServer((request, response) => {
    const { method, headers, url = '/' } = request;
    const upstream = http.request(`${apiUrl}${url}`, { method, headers }, (answer) => {
      response.writeHead(answer.statusCode ?? 502, answer.headers);
      response.flushHeaders();
      const delayMs = url.includes('watch=true') ? lateMs : 0;
      answer.on('data', (chunk) => setTimeout(() => response.write(chunk), delayMs));
      answer.on('end', () => setTimeout(() => response.end(), delayMs));
    });
    upstream.on('error', () => response.destroy());
    response.on('close', () => upstream.destroy());
    request.pipe(upstream);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    async stop() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
