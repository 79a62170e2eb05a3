import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { expect, onTestFinished, test } from 'vitest';
import { z } from 'zod';
import { lockFolder } from '../../../src/queue-stores/index.ts';
import { createKubernetesApi } from '../../../src/sandbox/kubernetes-api/index.ts';

const entry = resolve('src/sandbox/main.ts');

function aFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'stepwise-mistake-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** Runs the sandbox to its end, which must come by itself: what it says of the mistake, and its exit code. */
async function run(...words: readonly string[]): Promise<{ readonly code: number; readonly stderr: string }> {
  const ended = promisify(execFile)(process.execPath, [entry, ...words], { timeout: 30_000 });
  return await ended.then(
    () => ({ code: 0, stderr: '' }),
    (error: unknown) => z.object({ code: z.number(), stderr: z.string() }).parse(error),
  );
}

async function expectLine(words: readonly string[], line: RegExp): Promise<void> {
  const { code, stderr } = await run(...words);
  expect(stderr.trimEnd().split('\n')).toEqual([expect.stringMatching(line)]);
  expect(code).toBe(2);
}

function textOf(folder: string): string {
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8', withFileTypes: true });
  return files.map((file) => (file.isFile() ? readFileSync(join(file.parentPath, file.name), 'utf8') : '')).join('\n');
}

test('a word that is no option', async () => {
  await expectLine(['--colour', 'red'], /^Unknown option '--colour'.*--port --data --story/);
});

test('a manifest that cannot be read: nothing is written', async () => {
  const folder = aFolder();
  const data = join(folder, 'data');
  writeFileSync(join(folder, 'broken.yaml'), 'kind: Service\nmetadata: [\n');
  await expectLine(['--data', data, '--apply', join(folder, 'broken.yaml')], /broken\.yaml:\d+: /);
  expect(existsSync(data)).toBe(false);
});

test('a manifest that the API server refuses: the ones before it are not written either', async () => {
  const folder = aFolder();
  const data = join(folder, 'data');
  const good = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'written-too-early', namespace: 'default' } };
  const bad = {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name: 'web', namespace: 'default' },
    spec: { ports: 80 },
  };
  writeFileSync(join(folder, 'both.yaml'), `${JSON.stringify(good)}\n---\n${JSON.stringify(bad)}\n`);
  const words = ['--only', 'world', '--port', '0', '--data', data, '--apply', join(folder, 'both.yaml')];
  await expectLine(words, /both\.yaml:3: Service web: /);
  expect(textOf(data)).not.toContain('written-too-early');
});

test('the other half is not there', async () => {
  const data = aFolder();
  await expectLine(['--only', 'service', '--data', data], /service\.json not found: start the other half first/);
});

test('a folder that another sandbox uses', async () => {
  const data = aFolder();
  const unlock = await lockFolder(data);
  onTestFinished(unlock);
  await expectLine(['--port', '0', '--data', data], new RegExp(`^already running, pid ${process.pid} .*${data}$`));
});

test('a port that is taken', async () => {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => void server.close());
  const address = z.object({ port: z.number() }).parse(server.address());
  // The Kubernetes API is the first of the neighbours.
  await expectLine(
    ['--port', String(address.port - 1), '--data', aFolder()],
    /EADDRINUSE.*choose other ports with --port$/,
  );
});

test('a kubeconfig that is not there', async () => {
  const folder = aFolder();
  const missing = join(folder, 'kubeconfig');
  await expectLine(['--kubeconfig', missing, '--port', '0', '--data', folder], /kubeconfig .* cannot be read/);
});

test('a real cluster without our custom resources: nothing is written, and what to do first can be copied', async () => {
  const api = await createKubernetesApi({ port: 0 });
  onTestFinished(() => api.stop());
  const folder = aFolder();
  const kubeconfig = join(folder, 'kubeconfig');
  const config = {
    apiVersion: 'v1',
    kind: 'Config',
    'current-context': 'c',
    clusters: [{ name: 'c', cluster: { server: api.url } }],
    users: [{ name: 'u', user: {} }],
    contexts: [{ name: 'c', context: { cluster: 'c', user: 'u' } }],
  };
  writeFileSync(kubeconfig, JSON.stringify(config));
  const { code, stderr } = await run('--kubeconfig', kubeconfig, '--port', '0', '--data', join(folder, 'data'));
  expect(stderr).toMatch(/knows no kind "AnalysisTemplate".*\n {2}kubectl create -k manifests\/install\/crds-argo\n/);
  expect(code).toBe(2);
  expect((await fetch(`${api.url}/api/v1/namespaces/shop`)).status).toBe(404);
});
