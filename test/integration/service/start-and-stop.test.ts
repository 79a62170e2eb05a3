import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, onTestFinished, test } from 'vitest';
import { z } from 'zod';

const entry = resolve('src/main.ts');

async function aTakenPort(): Promise<number> {
  const server = createServer((socket) => socket.destroy()).listen(0);
  await once(server, 'listening');
  onTestFinished(() => void server.close());
  return z.object({ port: z.number() }).parse(server.address()).port;
}

/** A port that was free a moment ago. */
async function aFreePort(): Promise<number> {
  const server = createServer().listen(0);
  await once(server, 'listening');
  const { port } = z.object({ port: z.number() }).parse(server.address());
  server.close();
  await once(server, 'close');
  return port;
}

/** A kubeconfig whose API server hangs up on everybody. */
async function aDeadCluster(): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), 'stepwise-service-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const path = join(folder, 'kubeconfig');
  const config = {
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [{ name: 'dead', cluster: { server: `http://127.0.0.1:${await aTakenPort()}` } }],
    users: [{ name: 'dead', user: {} }],
    contexts: [{ name: 'dead', context: { cluster: 'dead', user: 'dead' } }],
    'current-context': 'dead',
  };
  writeFileSync(path, JSON.stringify(config));
  return path;
}

function startService(environment: Readonly<Record<string, string>>) {
  const child: ChildProcess = spawn(process.execPath, [entry], {
    env: { LOG_LEVEL: 'silent', DATA_DIR: tmpdir(), ...environment },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  onTestFinished(() => void child.kill('SIGKILL'));
  let stderr = '';
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
  });
  const ended = once(child, 'close').then(([code]) => ({
    code: z.number().nullable().parse(code),
    stderr: stderr.trimEnd(),
  }));
  return { child, ended };
}

async function statusOf(url: string): Promise<number> {
  for (;;) {
    const answer = await fetch(url).catch(() => undefined);
    if (answer !== undefined) return answer.status;
    await sleep(50);
  }
}

test('without an API server it is alive and not ready, and stops when it is asked to', async () => {
  const port = await aFreePort();
  const { child, ended } = startService({ KUBECONFIG: await aDeadCluster(), HTTP_PORT: String(port) });
  expect(await statusOf(`http://127.0.0.1:${port}/livez`)).toBe(200);
  expect(await statusOf(`http://127.0.0.1:${port}/readyz`)).toBe(503);
  child.kill('SIGTERM');
  expect(await ended).toEqual({ code: 0, stderr: '' });
});

test('what only a person can put right is one line', async () => {
  const taken = await aTakenPort();
  const table = [
    [{ KUBECONFIG: '/nowhere/kubeconfig' }, /^kubeconfig \/nowhere\/kubeconfig cannot be read/],
    [
      { KUBECONFIG: await aDeadCluster(), HTTP_PORT: String(taken) },
      new RegExp(`^cannot start: .*${taken} \\(HTTP_PORT`),
    ],
  ] as const;
  for (const [environment, line] of table) {
    const { code, stderr } = await startService(environment).ended;
    expect(stderr.split('\n')).toEqual([expect.stringMatching(line)]);
    expect(code).toBe(2);
  }
});
