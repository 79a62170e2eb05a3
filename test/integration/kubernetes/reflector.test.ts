import { afterEach, describe, expect, test } from 'vitest';
import { createCluster, createReflector, type KubernetesObject, resources } from '../../../src/kubernetes/index.ts';
import { type BreakableApi, type Death, startBreakableApi } from '../../support/breakable-api.ts';
import { silentLog } from '../../support/silent-log.ts';
import { waitFor } from '../../support/wait-for.ts';

const cleanups: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

function readValue(object: KubernetesObject): string | undefined {
  const { data } = object;
  if (typeof data !== 'object' || data === null || !('value' in data)) return undefined;
  return typeof data.value === 'string' ? data.value : undefined;
}

async function startApi(): Promise<BreakableApi> {
  const api = await startBreakableApi();
  cleanups.push(() => api.stop());
  return api;
}

function follow(
  api: BreakableApi,
  settings: { silenceMs?: number; watchSeconds?: number; namespaces?: string[] } = {},
) {
  const cluster = createCluster({ kubeConfig: api.kubeConfig, log: silentLog });
  const reflector = createReflector({
    cluster,
    resource: resources.configMaps,
    namespaces: settings.namespaces ?? [],
    project: readValue,
    log: silentLog,
    timing: {
      firstRetryMs: 5,
      longestRetryMs: 50,
      silenceMs: settings.silenceMs ?? 55_000,
      watchSeconds: settings.watchSeconds ?? 40,
    },
  });
  const changes: string[] = [];
  reflector.onChange(({ name, before, after }) => changes.push(`${name.name}: ${before ?? '-'} → ${after ?? '-'}`));
  cleanups.push(() => cluster.stop());
  cleanups.push(() => reflector.stop());
  return { reflector, changes };
}

function read(reflector: { get(name: { namespace: string; name: string }): string | undefined }, name: string) {
  return reflector.get({ namespace: 'shop', name });
}

test('keeps what is there, hears of changes once, and answers by name, namespace and owner', async () => {
  const api = await startApi();
  api.put('a', '1', 'owner-1');
  const { reflector, changes } = follow(api);
  await reflector.start();
  await waitFor(() => expect(api.watchCount()).toBe(1));
  api.put('a', '2', 'owner-1');
  api.put('b', '1', 'owner-1');
  api.put('c', '1');
  api.remove('b');
  api.put('d', '1', 'owner-2');
  await waitFor(() => expect(read(reflector, 'd')).toBe('1'));
  expect(changes).toEqual(['a: - → 1', 'a: 1 → 2', 'b: - → 1', 'c: - → 1', 'b: 1 → -', 'd: - → 1']);
  expect(reflector.list('shop').toSorted()).toEqual(['1', '1', '2']);
  expect(reflector.list('elsewhere')).toEqual([]);
  expect(reflector.ownedBy('owner-1')).toEqual(['2']);
  expect(reflector.ownedBy('owner-2')).toEqual(['1']);
  expect(reflector.ownedBy('nobody')).toEqual([]);
});

describe('goes on after its watch', () => {
  const deaths: Record<Death, string> = {
    clean: 'ended cleanly',
    reset: 'lost its connection',
    expired: 'was told 410 in the stream',
    error: 'was told of an error in the stream',
    garbage: 'brought a line that is no JSON',
    halfLine: 'broke off in the middle of a line',
    hang: 'fell silent',
  };
  for (const [death, words] of Object.entries(deaths) as [Death, string][]) {
    test(words, async () => {
      const api = await startApi();
      api.put('changed', '1');
      api.put('deleted', '1');
      api.put('kept', '1');
      const { reflector, changes } = follow(api, { silenceMs: death === 'hang' ? 200 : 55_000 });
      await reflector.start();
      await waitFor(() => expect(api.watchCount()).toBe(1));
      api.put('before', '1');
      await waitFor(() => expect(read(reflector, 'before')).toBe('1'));
      if (death === 'expired') api.forgetJournal();
      api.kill(death);
      api.put('changed', '2');
      api.remove('deleted');
      api.put('added', '1');
      if (death === 'expired') api.forgetJournal();
      await waitFor(() => expect(read(reflector, 'added')).toBe('1'));
      await waitFor(() => expect(read(reflector, 'deleted')).toBeUndefined());
      api.put('after', '1');
      await waitFor(() => expect(read(reflector, 'after')).toBe('1'));
      expect(read(reflector, 'changed')).toBe('2');
      expect(changes.toSorted()).toEqual(
        [
          ...['changed', 'deleted', 'kept', 'before', 'added', 'after'].map((name) => `${name}: - → 1`),
          'changed: 1 → 2',
          'deleted: 1 → -',
        ].toSorted(),
      );
    });
  }
});

describe('opens its watch again after', () => {
  const refusals = {
    '410': { kind: 'status', code: 410, reason: 'Expired' },
    '500': { kind: 'status', code: 500 },
    '503 with Retry-After': { kind: 'status', code: 503, retryAfter: '0' },
    '401': { kind: 'status', code: 401, reason: 'Unauthorized' },
    '403': { kind: 'status', code: 403, reason: 'Forbidden' },
    'a reset connection': { kind: 'reset' },
  } as const;
  for (const [words, breakage] of Object.entries(refusals)) {
    test(words, async () => {
      const api = await startApi();
      api.put('a', '1');
      api.breakNext('watch', breakage, breakage, breakage, breakage);
      const { reflector } = follow(api);
      await reflector.start();
      api.put('a', '2');
      await waitFor(() => expect(read(reflector, 'a')).toBe('2'));
    });
  }

  test('a server that accepts and never answers', async () => {
    const api = await startApi();
    api.put('a', '1');
    api.breakNext('watch', { kind: 'silence' });
    const { reflector } = follow(api, { silenceMs: 200 });
    await reflector.start();
    api.put('a', '2');
    await waitFor(() => expect(read(reflector, 'a')).toBe('2'));
  });
});

describe('asks for no more than it must:', () => {
  function asked(api: BreakableApi): string[] {
    return api.seen.map(({ kind, url }) => `${kind} ${url.searchParams.get('resourceVersion') ?? ''}`.trim());
  }

  test('after a break the watch goes on where it was', async () => {
    const api = await startApi();
    api.put('a', '1');
    const { reflector } = follow(api);
    await reflector.start();
    await waitFor(() => expect(api.watchCount()).toBe(1));
    const { resourceVersion } = api.put('a', '2').metadata;
    await waitFor(() => expect(read(reflector, 'a')).toBe('2'));
    api.kill('reset');
    await waitFor(() => expect(api.seen).toHaveLength(3));
    expect(asked(api)).toEqual(['list', 'watch 101', `watch ${resourceVersion}`]);
  });

  test('a bookmark moves on where it is', async () => {
    const api = await startApi();
    const { reflector } = follow(api);
    await reflector.start();
    await waitFor(() => expect(api.watchCount()).toBe(1));
    api.moveOn(50);
    api.bookmark();
    api.kill('clean');
    await waitFor(() => expect(api.seen).toHaveLength(3));
    expect(asked(api)).toEqual(['list', 'watch 100', 'watch 150']);
  });

  test('told that its version is gone, it lists, once', async () => {
    const api = await startApi();
    api.put('a', '1');
    const { reflector } = follow(api);
    await reflector.start();
    await waitFor(() => expect(api.watchCount()).toBe(1));
    api.moveOn(50);
    api.kill('expired');
    await waitFor(() => expect(api.seen).toHaveLength(4));
    expect(asked(api)).toEqual(['list', 'watch 101', 'list', 'watch 151']);
  });
});

test('lists again until it gets a list', async () => {
  const api = await startApi();
  api.put('a', '1');
  api.breakNext('list', { kind: 'status', code: 500 }, { kind: 'reset' }, { kind: 'status', code: 401 });
  const { reflector } = follow(api);
  expect(reflector.ageMs()).toBe(Number.POSITIVE_INFINITY);
  await reflector.start();
  expect(read(reflector, 'a')).toBe('1');
});

test('reads a list in pages, and begins again when the list expires between two of them', async () => {
  const api = await startApi();
  for (let i = 0; i < 7; i++) api.put(`o${i}`, `${i}`);
  let pages = 0;
  api.pageBy(3, () => {
    pages += 1;
    if (pages === 1) api.breakNext('list', { kind: 'status', code: 410, reason: 'Expired' });
  });
  const { reflector, changes } = follow(api);
  await reflector.start();
  expect(reflector.list().toSorted()).toEqual(['0', '1', '2', '3', '4', '5', '6']);
  expect(changes).toHaveLength(7);
  expect(api.seen.filter(({ kind }) => kind === 'list').map(({ url }) => url.searchParams.get('limit'))).toContain(
    '500',
  );
});

test('survives a restart of the server, emptied, on the same port', async () => {
  const api = await startBreakableApi();
  api.put('a', '1');
  api.put('gone', '1');
  const { reflector } = follow(api);
  await reflector.start();
  await waitFor(() => expect(api.watchCount()).toBe(1));
  await api.stop();
  const again = await startBreakableApi(api.port, 5000);
  cleanups.push(() => again.stop());
  again.put('a', '2', undefined, 'uid-other');
  again.put('b', '1');
  await waitFor(() => expect(reflector.list().toSorted()).toEqual(['1', '2']));
  expect(read(reflector, 'gone')).toBeUndefined();
});

test('notices that the versions of a restored server went back', async () => {
  const api = await startApi();
  for (const name of ['kept', 'lost']) api.put(name, '1');
  for (let i = 0; i < 20; i++) api.put('kept', `${i}`);
  const { reflector } = follow(api, { watchSeconds: 1 });
  await reflector.start();
  await waitFor(() => expect(api.watchCount()).toBe(1));
  // The watch stays open: it is from the future now, and has nothing to tell until its time is over.
  api.restore(['kept'], 50);
  await waitFor(() => expect(read(reflector, 'lost')).toBeUndefined());
});

test('an object that was deleted and created again while nobody watched is two changes', async () => {
  const api = await startApi();
  api.put('a', '1', 'owner-1', 'uid-first');
  const { reflector, changes } = follow(api);
  await reflector.start();
  await waitFor(() => expect(api.watchCount()).toBe(1));
  api.breakNext('watch', { kind: 'status', code: 410 });
  api.kill('clean');
  api.remove('a');
  api.put('a', '2', 'owner-2', 'uid-second');
  api.forgetJournal();
  await waitFor(() => expect(read(reflector, 'a')).toBe('2'));
  expect(changes).toEqual(['a: - → 1', 'a: 1 → -', 'a: - → 2']);
  expect(reflector.ownedBy('owner-1')).toEqual([]);
  expect(reflector.ownedBy('owner-2')).toEqual(['2']);
});

test('a listener that throws hurts neither the cache nor the other listeners', async () => {
  const api = await startApi();
  const { reflector, changes } = follow(api);
  reflector.onChange(() => {
    throw new Error('careless');
  });
  const later: string[] = [];
  reflector.onChange(({ name }) => later.push(name.name));
  await reflector.start();
  api.put('a', '1');
  await waitFor(() => expect(later).toEqual(['a']));
  expect(changes).toEqual(['a: - → 1']);
});

test('is as old as its quietest namespace', async () => {
  const api = await startApi();
  const { reflector } = follow(api, { namespaces: ['shop', 'pay'] });
  expect(reflector.ageMs()).toBe(Number.POSITIVE_INFINITY);
  await reflector.start();
  expect(Number.isFinite(reflector.ageMs())).toBe(true);
  await waitFor(() => expect(api.watchCount()).toBe(2));
  const paths = new Set(api.seen.map(({ url }) => url.pathname));
  expect(paths).toEqual(new Set(['/api/v1/namespaces/shop/configmaps', '/api/v1/namespaces/pay/configmaps']));
});

test('stops at once while it waits, lists or watches', async () => {
  const api = await startApi();
  api.breakNext('list', { kind: 'silence' });
  const waiting = follow(api);
  const started = waiting.reflector.start();
  started.catch(() => undefined);
  await waitFor(() => expect(api.seen).toHaveLength(1));
  await waiting.reflector.stop();
  await expect(started).rejects.toThrow('stopped');
  const watching = follow(api);
  await watching.reflector.start();
  await waitFor(() => expect(api.watchCount()).toBe(1));
  await watching.reflector.stop();
  await waitFor(() => expect(api.watchCount()).toBe(0));
  api.put('a', '1');
  expect(watching.changes).toEqual([]);
});
