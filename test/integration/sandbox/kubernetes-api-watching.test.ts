import { request } from 'node:http';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { createKubernetesApi, type KubernetesApi } from '../../../src/sandbox/kubernetes-api/index.ts';
import { type Body, type Server, send } from './agreement/server.ts';

const maps = '/api/v1/namespaces/default/configmaps';
let api: KubernetesApi;
let server: Server;

beforeEach(async () => {
  api = await createKubernetesApi({
    port: 0,
    tokens: { admin: { user: 'admin', groups: ['system:masters'] } },
    rememberedChanges: 20,
  });
  server = { url: api.url, tokens: { admin: 'admin', dana: 'dana' } };
});
afterEach(async () => {
  await api.stop();
});

function put(name: string, labels: Body = {}): Promise<unknown> {
  const body = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name, labels } };
  return send(server, { method: 'POST', path: maps, body });
}

function label(name: string, value: string | null): Promise<unknown> {
  const headers = { 'content-type': 'application/merge-patch+json' };
  return send(server, {
    method: 'PATCH',
    path: `${maps}/${name}`,
    body: { metadata: { labels: { app: value } } },
    headers,
  });
}

interface Watching {
  readonly events: readonly string[];
  readonly raw: readonly Body[];
  /** Resolves when so many events came. */
  until(count: number): Promise<void>;
  readonly ended: Promise<void>;
  leave(): void;
}

/** Watches over a connection of its own. */
async function watch(query: string): Promise<Watching> {
  const events: string[] = [];
  const raw: Body[] = [];
  const end = Promise.withResolvers<void>();
  const open = Promise.withResolvers<void>();
  let waiting: { count: number; resolve: () => void } | undefined;
  let rest = '';
  const outgoing = request(
    `${server.url}${maps}?watch=true&${query}`,
    { headers: { authorization: 'Bearer admin' } },
    (incoming) => {
      open.resolve();
      incoming.setEncoding('utf8');
      incoming.on('data', (chunk: string) => {
        const lines = (rest + chunk).split('\n');
        rest = lines.pop() ?? '';
        for (const line of lines) {
          const { type, object } = JSON.parse(line);
          raw.push(object);
          events.push(`${type} ${object.metadata?.name ?? object.reason ?? ''}`.trim());
        }
        if (waiting !== undefined && events.length >= waiting.count) waiting.resolve();
      });
      incoming.on('close', end.resolve);
    },
  );
  outgoing.on('error', () => end.resolve());
  outgoing.end();
  await open.promise;
  return {
    events,
    raw,
    until(count) {
      const { promise, resolve } = Promise.withResolvers<void>();
      waiting = { count, resolve };
      if (events.length >= count) resolve();
      return promise;
    },
    ended: end.promise,
    leave: () => outgoing.destroy(),
  };
}

test('an object that enters a selection is added to it, one that leaves is deleted from it', async () => {
  await put('one', { app: 'a' });
  const watching = await watch('labelSelector=app%3Da');
  await put('two');
  await label('two', 'a');
  await label('one', 'b');
  await send(server, { method: 'DELETE', path: `${maps}/two` });
  await send(server, { method: 'DELETE', path: `${maps}/one` });
  await put('three', { app: 'a' });
  await watching.until(5);
  expect(watching.events).toEqual(['ADDED one', 'ADDED two', 'DELETED one', 'DELETED two', 'ADDED three']);
  watching.leave();
});

test('a watch goes on from any version it knows, and is told to list again from one too old', async () => {
  const versions: string[] = [];
  for (const name of ['a', 'b', 'c']) {
    await put(name);
    const { body } = await send(server, { method: 'GET', path: maps });
    versions.push(String(Reflect.get(Object(body.metadata), 'resourceVersion')));
  }
  const watching = await watch(`resourceVersion=${versions[0]}`);
  await watching.until(2);
  expect(watching.events).toEqual(['ADDED b', 'ADDED c']);
  watching.leave();
  for (let index = 0; index < 40; index += 1) await label('a', String(index));
  const tooLate = await watch(`resourceVersion=${versions[0]}`);
  await tooLate.ended;
  expect(tooLate.events).toEqual(['ERROR Expired']);
});

test('a version from before all data was lost is told to list again', async () => {
  const watching = await watch('resourceVersion=1000000');
  await watching.ended;
  expect(watching.events).toEqual(['ERROR Expired']);
});

test('bookmarks come with the initial events and before the end', async () => {
  await put('one');
  const watching = await watch(
    'sendInitialEvents=true&resourceVersionMatch=NotOlderThan&allowWatchBookmarks=true&timeoutSeconds=1',
  );
  await watching.ended;
  expect(watching.events).toEqual(['ADDED one', 'BOOKMARK', 'BOOKMARK']);
  expect(watching.raw[1]).toMatchObject({ metadata: { annotations: { 'k8s.io/initial-events-end': 'true' } } });
});

test('many watchers see the same bytes, and leaving stops theirs only', async () => {
  const watchers = await Promise.all(Array.from({ length: 20 }, () => watch('')));
  const [first, ...others] = watchers;
  first?.leave();
  await first?.ended;
  await put('one');
  await Promise.all(others.map((each) => each.until(1)));
  expect(new Set(others.map((each) => JSON.stringify(each.raw))).size).toBe(1);
  expect(first?.events).toEqual([]);
  for (const each of others) each.leave();
});

test('the pages of a list show one moment, whatever is written meanwhile', async () => {
  for (const name of ['a', 'b', 'c', 'd']) await put(name);
  const first = await send(server, { method: 'GET', path: `${maps}?limit=2` });
  await send(server, { method: 'DELETE', path: `${maps}/d` });
  await put('bb');
  await label('c', 'changed');
  const token = String(Reflect.get(Object(first.body.metadata), 'continue'));
  const second = await send(server, { method: 'GET', path: `${maps}?limit=2&continue=${encodeURIComponent(token)}` });
  expect(second.body.items).toMatchObject([{ metadata: { name: 'c' } }, { metadata: { name: 'd' } }]);
  expect(second.text).not.toContain('changed');
});

test('each write is told once, in one line that says what changed', async () => {
  const lines: string[] = [];
  const stop = api.onWrite((write) =>
    lines.push(`${write.status} ${write.user} ${write.fieldManager}: ${write.summary}`),
  );
  const ingresses = '/apis/networking.k8s.io/v1/namespaces/default/ingresses';
  const backend = { service: { name: 'web', port: { number: 80 } } };
  const body = {
    apiVersion: 'networking.k8s.io/v1',
    kind: 'Ingress',
    metadata: { name: 'web' },
    spec: { defaultBackend: backend },
  };
  const headers = { 'content-type': 'application/merge-patch+json' };
  await send(server, { method: 'POST', path: ingresses, body });
  const annotations = { 'nginx.ingress.kubernetes.io/canary-weight': '10' };
  await send(server, {
    method: 'PATCH',
    path: `${ingresses}/web?fieldManager=ann`,
    body: { metadata: { annotations } },
    headers,
  });
  await send(server, { method: 'PATCH', path: `${ingresses}/none?fieldManager=ann`, body: {}, headers });
  await send(server, { method: 'GET', path: ingresses });
  await send(server, { method: 'DELETE', path: `${ingresses}/web` });
  stop();
  await put('untold');
  expect(lines).toEqual([
    '201 admin unknown: POST ingress/web',
    '200 admin ann: PATCH ingress/web canary-weight=10',
    '404 admin ann: PATCH ingress/none',
    '200 admin unknown: DELETE ingress/web',
  ]);
  expect(api.requestCounts()).toEqual({ reads: 1, writes: 5, watches: 0 });
});
