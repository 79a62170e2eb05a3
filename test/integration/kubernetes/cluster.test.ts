import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { KubeConfig } from '@kubernetes/client-node';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type ApiAnswer, type ConnectedCluster, createCluster, resources } from '../../../src/kubernetes/index.ts';
import { loadKubeConfig } from '../../../src/kubernetes/load-kube-config.ts';
import {
  AlreadyExistsError,
  ConflictError,
  ForbiddenError,
  InvalidError,
  NotFoundError,
  NotNowError,
} from '../../../src/lib/index.ts';
import { kubeConfigFor, startBreakableApi } from '../../support/breakable-api.ts';
import { silentLog } from '../../support/silent-log.ts';
import { at, definitionOf, expectObject, startTestCluster, type TestCluster } from '../../support/test-cluster.ts';

describe('the API server', () => {
  const widgets = { group: 'example.com', version: 'v1', plural: 'widgets', kind: 'Widget' };
  let tools: TestCluster;
  let cluster: ConnectedCluster;
  let signal: AbortSignal;

  beforeAll(async () => {
    const size = { type: 'object', properties: { size: { type: 'integer', maximum: 10 } } };
    tools = await startTestCluster([definitionOf(widgets, { spec: size, status: size })]);
    ({ cluster, signal } = tools);
  });
  afterAll(() => tools.stop());

  async function aService(selector: Record<string, string> = { app: 'web' }) {
    const namespace = await tools.namespace();
    const spec = { selector, ports: [{ port: 80 }] };
    const name = { namespace, name: 'web' };
    const created = await cluster.create(resources.services, { metadata: name, spec }, { signal });
    return { name, created };
  }

  test('creates, reads, patches and deletes', async () => {
    const { name, created } = await aService();
    const { uid } = created.metadata;
    expect(at(await cluster.get(resources.services, name, signal), 'metadata', 'uid')).toBe(uid);
    const merged = await cluster.patchMerge(resources.services, name, { metadata: { labels: { a: 'b' } } }, { signal });
    expect(at(merged, 'metadata', 'labels', 'a')).toBe('b');
    const path = '/spec/selector/app';
    const switched = await cluster.patchJson(
      resources.services,
      name,
      [
        { op: 'test', path, value: 'web' },
        { op: 'replace', path, value: 'shop' },
      ],
      { signal },
    );
    expect(at(switched, 'spec', 'selector')).toEqual({ app: 'shop' });
    expect(await cluster.get(resources.services, { ...name, name: '' }, signal)).toBeUndefined();
    await cluster.delete(resources.services, name, uid, { signal });
    expect(await cluster.get(resources.services, name, signal)).toBeUndefined();
    await cluster.delete(resources.services, name, uid, { signal });
  });

  test('a precondition that does not hold is a conflict, and nothing is written', async () => {
    const { name, created } = await aService();
    const stale = { metadata: { resourceVersion: created.metadata.resourceVersion, labels: { by: 'second' } } };
    await cluster.patchMerge(resources.services, name, { metadata: { labels: { by: 'first' } } }, { signal });
    await expect(cluster.patchMerge(resources.services, name, stale, { signal })).rejects.toThrow(ConflictError);
    const failing = [
      { op: 'test', path: '/spec/selector/app', value: 'other' },
      { op: 'replace', path: '/spec/selector/app', value: 'shop' },
    ] as const;
    await expect(cluster.patchJson(resources.services, name, failing, { signal })).rejects.toThrow(ConflictError);
    const gone = [{ op: 'remove', path: '/spec/selector/nothing' }] as const;
    await expect(cluster.patchJson(resources.services, name, gone, { signal })).rejects.toThrow(ConflictError);
    const now = await cluster.get(resources.services, name, signal);
    expect(at(now, 'metadata', 'labels', 'by')).toBe('first');
    expect(at(now, 'spec', 'selector', 'app')).toBe('web');
  });

  test('does not delete a successor of the same name', async () => {
    const { name, created } = await aService();
    await cluster.delete(resources.services, name, 'another-uid', { signal });
    expect(at(await cluster.get(resources.services, name, signal), 'metadata', 'uid')).toBe(created.metadata.uid);
  });

  test('names what went wrong', async () => {
    const { name } = await aService();
    const again = cluster.create(resources.services, { metadata: name, spec: { ports: [{ port: 80 }] } }, { signal });
    await expect(again).rejects.toThrow(AlreadyExistsError);
    await expect(again).rejects.toThrow(/services "web" already exists/);
    const nowhere = { namespace: name.namespace, name: 'nothing' };
    const patch = { metadata: { labels: { a: 'b' } } };
    await expect(cluster.patchMerge(resources.services, nowhere, patch, { signal })).rejects.toThrow(NotFoundError);
    const widget = { metadata: { namespace: name.namespace, name: 'w' }, spec: { size: 11 } };
    await expect(cluster.create(widgets, widget, { signal })).rejects.toThrow(InvalidError);
    await expect(cluster.create(widgets, widget, { signal })).rejects.toThrow(/spec\.size.*less than or equal to 10/);
    const unknownKind = { ...widgets, plural: 'nonsenses' };
    expect(await cluster.get(unknownKind, nowhere, signal)).toBeUndefined();
    await expect(cluster.list(unknownKind, { namespace: '' }, signal)).rejects.toThrow(NotFoundError);
  });

  test('writes the status apart from the rest', async () => {
    const namespace = await tools.namespace();
    const name = { namespace, name: 'w' };
    await cluster.create(widgets, { metadata: name, spec: { size: 1 }, status: { size: 1 } }, { signal });
    const patch = { spec: { size: 2 }, status: { size: 2 } };
    await cluster.patchMerge(widgets, name, patch, { signal, subresource: 'status' });
    const now = await cluster.get(widgets, name, signal);
    expect([at(now, 'spec', 'size'), at(now, 'status', 'size')]).toEqual([1, 2]);
  });

  test('who wrote travels as the field manager', async () => {
    const { name } = await aService();
    const managers = async () => {
      const fields = at(await cluster.get(resources.services, name, signal), 'metadata', 'managedFields');
      return Array.isArray(fields) ? fields.map((field: unknown) => at(field, 'manager')) : [];
    };
    expect(await managers()).toEqual(['stepwise']);
    const fieldManager = 'stepwise-U012AB';
    await cluster.patchMerge(resources.services, name, { metadata: { labels: { a: 'b' } } }, { signal, fieldManager });
    expect((await managers()).toSorted()).toEqual(['stepwise', 'stepwise-U012AB']);
  });

  test('lists more than one page, whole and by label', async () => {
    const namespace = await tools.namespace();
    const names = Array.from({ length: 503 }, (_, i) => `c${i}`);
    for (let i = 0; i < names.length; i += 20) {
      const some = names.slice(i, i + 20).map((name) => {
        const labels = name.endsWith('7') ? { seven: 'yes' } : {};
        return cluster.create(resources.configMaps, { metadata: { namespace, name, labels } }, { signal });
      });
      await Promise.all(some);
    }
    const all = await cluster.list(resources.configMaps, { namespace }, signal);
    const ours = all.map(({ metadata }) => metadata.name).filter((name) => name.startsWith('c'));
    expect(new Set(ours)).toEqual(new Set(names));
    expect(all[0]).toMatchObject({ apiVersion: 'v1', kind: 'ConfigMap' });
    const sevens = await cluster.list(resources.configMaps, { namespace, labelSelector: 'seven=yes' }, signal);
    expect(sevens).toHaveLength(50);
  }, 60_000);

  test('knows the cluster by the uid of kube-system', async () => {
    const system = await cluster.get(resources.namespaces, { namespace: '', name: 'kube-system' }, signal);
    expect(cluster.uid()).toBe(expectObject(system).metadata.uid);
  });

  test('has the clock of the server, never ahead of it', async () => {
    // Both run on this machine, so its clock is the server's.
    const aheadMs = cluster.nowMs() - Date.now();
    expect(aheadMs).toBeLessThanOrEqual(1);
    expect(aheadMs).toBeGreaterThan(-1500);
  });

  test('a call that was given up changes nothing and says so', async () => {
    const { name } = await aService();
    const gone = AbortSignal.abort(new Error('given up'));
    await expect(cluster.get(resources.services, name, gone)).rejects.toThrow('given up');
    const patch = { metadata: { labels: { late: 'yes' } } };
    await expect(cluster.patchMerge(resources.services, name, patch, { signal: gone })).rejects.toThrow('given up');
    expect(at(await cluster.get(resources.services, name, signal), 'metadata', 'labels', 'late')).toBeUndefined();
  });
});

describe('an API server that', () => {
  async function withBroken(
    use: (api: Awaited<ReturnType<typeof startBreakableApi>>, cluster: ConnectedCluster) => Promise<void>,
  ): Promise<void> {
    const api = await startBreakableApi();
    const cluster = createCluster({ kubeConfig: api.kubeConfig, log: silentLog });
    try {
      await use(api, cluster);
    } finally {
      await cluster.stop();
      await api.stop();
    }
  }
  const { signal } = new AbortController();
  const list = (cluster: ConnectedCluster) => cluster.list(resources.configMaps, { namespace: '' }, signal);

  test('says 429 is asked again when it says', () =>
    withBroken(async (api, cluster) => {
      api.put('a', '1');
      api.breakNext(
        'list',
        { kind: 'status', code: 429, retryAfter: '0' },
        { kind: 'status', code: 429, retryAfter: '0' },
      );
      expect(await list(cluster)).toHaveLength(1);
      expect(api.seen.filter(({ kind }) => kind === 'list')).toHaveLength(3);
    }));

  test('says 429 for longer than a call may take is told to the caller', () =>
    withBroken(async (api, cluster) => {
      api.breakNext('list', { kind: 'status', code: 429, retryAfter: '7' });
      const asked = list(cluster);
      await expect(asked).rejects.toThrow(NotNowError);
      await expect(asked).rejects.toMatchObject({ retryAfterMs: 7000 });
    }));

  test('says 401 once is asked again with new credentials', () =>
    withBroken(async (api, cluster) => {
      api.put('a', '1');
      await list(cluster);
      const user = { name: 'test', token: 'rotated-token' };
      api.kubeConfig.users = [user];
      api.breakNext('list', { kind: 'status', code: 401 });
      expect(await list(cluster)).toHaveLength(1);
      const tokens = api.seen.map(({ authorization }) => authorization);
      expect(tokens).toEqual(['Bearer test-token', 'Bearer test-token', 'Bearer rotated-token']);
      api.breakNext('list', { kind: 'status', code: 401 }, { kind: 'status', code: 401 });
      await expect(list(cluster)).rejects.toThrow(/broken on command/);
    }));

  test.for([
    [403, ForbiddenError],
    [400, InvalidError],
    [500, Error],
    [503, Error],
  ] as const)('says %i is told as such, with its message and what was asked', ([code, kind]) =>
    withBroken(async (api, cluster) => {
      api.breakNext('list', { kind: 'status', code });
      const asked = list(cluster);
      await expect(asked).rejects.toThrow(kind);
      await expect(asked).rejects.toThrow('GET /api/v1/configmaps: broken on command');
    }),
  );

  test('resets the connection is an error that names the cause', () =>
    withBroken(async (api, cluster) => {
      api.breakNext('list', { kind: 'reset' });
      await expect(list(cluster)).rejects.toThrow(/GET \/api\/v1\/configmaps: .*(ECONNRESET|UND_ERR_SOCKET)/);
      expect(await list(cluster)).toEqual([]);
    }));

  test('never answers is given up in time', () =>
    withBroken(async (api, cluster) => {
      api.breakNext('list', { kind: 'silence' });
      const asked = cluster.api.request({ method: 'GET', path: '/api/v1/configmaps', signal, timeoutMs: 100 });
      await expect(asked).rejects.toThrow('GET /api/v1/configmaps: no answer within 100 ms');
      expect(await list(cluster)).toEqual([]);
    }));

  test('is not there yet is waited for', async () => {
    const first = await startBreakableApi();
    await first.stop();
    const cluster = createCluster({ kubeConfig: kubeConfigFor(`http://127.0.0.1:${first.port}`), log: silentLog });
    expect(() => cluster.uid()).toThrow(/not started/);
    const started = cluster.start(signal);
    const api = await startBreakableApi(first.port);
    await started;
    expect(cluster.uid()).toBe('c-1');
    await cluster.stop();
    await api.stop();
  });

  test('is plain HTTP is spoken to on this machine only', async () => {
    const elsewhere = createCluster({ kubeConfig: kubeConfigFor('http://api.example.com'), log: silentLog });
    await expect(list(elsewhere)).rejects.toThrow(/HTTP protocol is not allowed/);
    await elsewhere.stop();
  });

  test('serves many calls over few connections', () =>
    withBroken(async (api, cluster) => {
      for (let i = 0; i < 30; i++) await list(cluster);
      expect(api.connectionCount()).toBeLessThan(5);
    }));

  test('is stopped using: what is on its way ends', () =>
    withBroken(async (api, cluster) => {
      api.breakNext('list', { kind: 'silence' });
      const asked = list(cluster);
      asked.catch(() => undefined);
      while (api.seen.length === 0) await new Promise((resolve) => setImmediate(resolve));
      await cluster.stop();
      await expect(asked).rejects.toThrow();
    }));
});

test('urgent calls, however deep inside, go before those that wait for their token', async () => {
  const api = await startBreakableApi();
  const limits = { perSecond: 100, burst: 1 };
  const cluster = createCluster({ kubeConfig: api.kubeConfig, log: silentLog, limits });
  const { signal } = new AbortController();
  const order: string[] = [];
  const ask = async (name: string) => {
    await cluster.list(resources.configMaps, { namespace: '' }, signal);
    order.push(name);
  };
  const usual = ['a', 'b', 'c'].map(ask);
  const urgent = cluster.urgently(async () => {
    await ask('x');
    await ask('y');
  });
  await Promise.all([...usual, urgent]);
  expect(order).toEqual(['a', 'x', 'y', 'b', 'c']);
  await cluster.stop();
  await api.stop();
});

test('every answer is told to who counts', async () => {
  const api = await startBreakableApi();
  const told: unknown[] = [];
  const onAnswer = (answer: ApiAnswer) => told.push([answer.method, answer.plural, answer.statusCode]);
  const cluster = createCluster({ kubeConfig: api.kubeConfig, log: silentLog, onAnswer });
  const { signal } = new AbortController();
  api.breakNext(
    'list',
    { kind: 'status', code: 429, retryAfter: '0' },
    { kind: 'status', code: 500 },
    { kind: 'reset' },
  );
  const name = { namespace: 'shop', name: 'x' };
  for (const namespace of ['', 'shop', 'shop']) {
    await cluster.list(resources.configMaps, { namespace }, signal).catch(() => undefined);
  }
  await cluster.patchMerge(resources.rollouts, name, {}, { signal, subresource: 'status' });
  await cluster.get(resources.namespaces, { namespace: '', name: 'kube-system' }, signal);
  expect(told).toEqual([
    ['GET', 'configmaps', 429],
    ['GET', 'configmaps', 500],
    ['GET', 'configmaps', 0],
    ['GET', 'configmaps', 200],
    ['PATCH', 'rollouts', 200],
    ['GET', 'namespaces', 200],
  ]);
  await cluster.stop();
  await api.stop();
});

describe('a kubeconfig', () => {
  const folder = mkdtempSync(join(tmpdir(), 'kubeconfig-'));
  afterAll(() => rmSync(folder, { recursive: true }));
  const file = join(folder, '.kube', 'config');
  const cluster = { name: 'c', cluster: { server: 'http://127.0.0.1:8001' } };

  test('is ~/.kube/config outside of a pod, and says when it is not there', () => {
    expect(() => loadKubeConfig({}, folder)).toThrow(`not in a pod, and there is no ${file}: set KUBECONFIG`);
    mkdirSync(join(folder, '.kube'));
    const contexts = [
      { name: 'one', context: { cluster: 'c', user: '' } },
      { name: 'two', context: { cluster: 'gone', user: '' } },
    ];
    writeFileSync(file, JSON.stringify({ 'current-context': 'one', clusters: [cluster], contexts, users: [] }));
    // Plain HTTP on this machine is allowed, though client-node would refuse it.
    expect(loadKubeConfig({}, folder).getCurrentCluster()).toMatchObject({
      server: 'http://127.0.0.1:8001',
      skipTLSVerify: true,
    });
  });

  test('that is missing or wrong is said in words', () => {
    expect(() => loadKubeConfig({ kubeconfigPath: '/nowhere' })).toThrow(
      /kubeconfig \/nowhere cannot be read: .*ENOENT/,
    );
    expect(() => loadKubeConfig({ kubeconfigPath: file, context: 'two' })).toThrow(
      /has no cluster for context "two"; it knows: one, two/,
    );
    expect(() => loadKubeConfig({ kubeconfigPath: file, context: 'three' })).toThrow(/context "three"/);
    expect(() => createCluster({ kubeConfig: new KubeConfig(), log: silentLog })).toThrow(/no current cluster/);
  });
});
