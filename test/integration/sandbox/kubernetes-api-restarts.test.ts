import { type ChildProcess, spawn } from 'node:child_process';
import { appendFileSync, mkdtempSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { createKubernetesApi } from '../../../src/sandbox/kubernetes-api/index.ts';
import { type Server, send } from './agreement/server.ts';

const maps = '/api/v1/namespaces/default/configmaps';
let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'api-data-'));
});
afterEach(() => {
  rmSync(folder, { recursive: true, force: true });
});

function serverAt(url: string): Server {
  return { url, tokens: { admin: 'admin', dana: 'dana' } };
}

async function open(): Promise<{ readonly server: Server; stop(): Promise<void> }> {
  const tokens = { admin: { user: 'admin', groups: ['system:masters'] } };
  const api = await createKubernetesApi({ port: 0, dataFolder: folder, tokens });
  return { server: serverAt(api.url), stop: () => api.stop() };
}

function map(name: string, data: object = {}): object {
  return { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name }, data };
}

/** Its own process, so that it can be killed; prints its address. */
async function startProcess(): Promise<{ readonly child: ChildProcess; readonly server: Server }> {
  const program = `
    import { createKubernetesApi } from ${JSON.stringify(new URL('../../../src/sandbox/kubernetes-api/index.ts', import.meta.url).href)};
    const tokens = { admin: { user: 'admin', groups: ['system:masters'] } };
    const api = await createKubernetesApi({ port: 0, dataFolder: ${JSON.stringify(folder)}, tokens });
    process.stdout.write(api.url + '\\n');
  `;
  const node = createRequire(import.meta.url).resolve('node/bin/node');
  const child = spawn(node, ['--input-type=module', '--eval', program], { stdio: ['ignore', 'pipe', 'inherit'] });
  const { promise, resolve } = Promise.withResolvers<string>();
  child.stdout.on('data', (chunk: Buffer) => resolve(chunk.toString().trim()));
  return { child, server: serverAt(await promise) };
}

test('what was answered is there after SIGKILL in the middle of writing', async () => {
  const { child, server } = await startProcess();
  const answered: string[] = [];
  const killed = new Promise((resolve) => child.once('exit', resolve));
  setTimeout(() => child.kill('SIGKILL'), 300);
  for (let index = 0; ; index += 1) {
    const answer = await send(server, { method: 'POST', path: maps, body: map(`map-${index}`) }).catch(() => undefined);
    if (answer?.code !== 201) break;
    answered.push(`map-${index}`);
  }
  await killed;
  expect(answered.length).toBeGreaterThan(0);
  const again = await open();
  const { body } = await send(again.server, { method: 'GET', path: maps });
  expect(JSON.stringify(body)).toContain('"items"');
  for (const name of answered) {
    expect((await send(again.server, { method: 'GET', path: `${maps}/${name}` })).code, name).toBe(200);
  }
  await again.stop();
});

test('objects, uids and versions survive a restart, and versions go on from there', async () => {
  const first = await open();
  const kubeSystem = '/api/v1/namespaces/kube-system';
  const before = (await send(first.server, { method: 'GET', path: kubeSystem })).text;
  await send(first.server, { method: 'POST', path: maps, body: map('kept', { a: '1' }) });
  await send(first.server, { method: 'POST', path: maps, body: map('gone') });
  await send(first.server, { method: 'DELETE', path: `${maps}/gone` });
  const kept = (await send(first.server, { method: 'GET', path: `${maps}/kept` })).text;
  const list = await send(first.server, { method: 'GET', path: maps });
  await first.stop();

  const second = await open();
  expect((await send(second.server, { method: 'GET', path: kubeSystem })).text).toBe(before);
  expect((await send(second.server, { method: 'GET', path: `${maps}/kept` })).text).toBe(kept);
  expect((await send(second.server, { method: 'GET', path: `${maps}/gone` })).code).toBe(404);
  const created = await send(second.server, { method: 'POST', path: maps, body: map('later') });
  expect(versionOf(created.body)).toBeGreaterThan(versionOf(list.body));
  await second.stop();
});

test('a line cut short by a kill costs that line and nothing else', async () => {
  const first = await open();
  await send(first.server, { method: 'POST', path: maps, body: map('kept') });
  await first.stop();
  appendFileSync(join(folder, 'journal.jsonl'), '{"collection":"configmaps","put":{"kind":"Conf');
  const second = await open();
  expect((await send(second.server, { method: 'GET', path: `${maps}/kept` })).code).toBe(200);
  await send(second.server, { method: 'POST', path: maps, body: map('after') });
  await second.stop();
  const third = await open();
  expect((await send(third.server, { method: 'GET', path: `${maps}/after` })).code).toBe(200);
  await third.stop();
});

test('a watch from before the restart is told to list again, unless nothing had happened since', async () => {
  const first = await open();
  const old = versionOf((await send(first.server, { method: 'POST', path: maps, body: map('one') })).body);
  const last = versionOf((await send(first.server, { method: 'POST', path: maps, body: map('two') })).body);
  await first.stop();
  const second = await open();
  const watch = (version: number) =>
    send(second.server, { method: 'GET', path: `${maps}?watch=1&timeoutSeconds=1&resourceVersion=${version}` });
  const [tooOld, current] = await Promise.all([watch(old), watch(last)]);
  expect(tooOld.text).toContain('"code":410');
  expect(current.text).toBe('');
  await second.stop();
});

function versionOf(body: { readonly [key: string]: unknown }): number {
  const { metadata } = body;
  return typeof metadata === 'object' && metadata !== null
    ? Number(Reflect.get(metadata, 'resourceVersion'))
    : Number.NaN;
}
