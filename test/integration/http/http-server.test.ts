import { Counter, Registry } from 'prom-client';
import { afterEach, expect, test } from 'vitest';
import { type Check, checkReflector, createHttpServer, type HttpServer } from '../../../src/http/index.ts';
import { silentLog as log } from '../../support/silent-log.ts';

let server: HttpServer | undefined;
afterEach(() => server?.stop());

async function serve(readiness: () => readonly Check[], metrics = new Registry()) {
  server = createHttpServer({ port: 0, host: '127.0.0.1', readiness, metrics, log });
  const url = `http://127.0.0.1:${await server.start()}`;
  return async (path: string, init: RequestInit = {}) => {
    const response = await fetch(`${url}${path}`, init);
    return { status: response.status, text: await response.text(), type: response.headers.get('content-type') };
  };
}

test('is alive as long as it answers', async () => {
  const get = await serve(() => [{ name: 'rollouts', isReady: false, message: 'not listed yet' }]);
  expect(await get('/livez')).toMatchObject({ status: 200, text: 'ok\n' });
});

test('is ready when each watch has shown a sign of life within a minute, and says in words which has not', async () => {
  const ages = { rollouts: Number.POSITIVE_INFINITY, services: 1000 };
  const get = await serve(() => [
    checkReflector('rollouts', { ageMs: () => ages.rollouts }),
    checkReflector('services', { ageMs: () => ages.services }),
  ]);
  expect(await get('/readyz')).toMatchObject({
    status: 503,
    text: '[-] rollouts: not listed yet\n[+] services: last sign of life 1 s ago\nnot ready\n',
  });
  ages.rollouts = 60_000;
  expect(await get('/readyz')).toMatchObject({ status: 200 });
  ages.rollouts = 61_000;
  expect(await get('/readyz?verbose')).toMatchObject({
    status: 503,
    text: '[-] rollouts: last sign of life 61 s ago, allowed: 60 s\n[+] services: last sign of life 1 s ago\nnot ready\n',
  });
});

test('shows what it counts', async () => {
  const metrics = new Registry();
  const turns = new Counter({ name: 'stepwise_turns_total', help: 'Turns taken.', registers: [metrics] });
  turns.inc(3);
  const get = await serve(() => [], metrics);
  const answer = await get('/metrics');
  expect(answer).toMatchObject({ status: 200, type: 'text/plain; version=0.0.4; charset=utf-8' });
  expect(answer.text).toContain('stepwise_turns_total 3');
});

test('refuses what it does not know, and survives what breaks', async () => {
  const get = await serve(() => {
    throw new Error('broken');
  });
  expect(await get('/')).toMatchObject({ status: 404, text: 'known here: /livez, /readyz, /metrics, /hooks/image\n' });
  expect(await get('/livez', { method: 'POST' })).toMatchObject({ status: 405 });
  expect(await get('/readyz')).toMatchObject({ status: 500 });
  expect(await get('/livez')).toMatchObject({ status: 200 });
});

test('a port that is taken is an error at the start', async () => {
  server = createHttpServer({ port: 0, host: '127.0.0.1', readiness: () => [], metrics: new Registry(), log });
  const port = await server.start();
  const second = createHttpServer({ port, host: '127.0.0.1', readiness: () => [], metrics: new Registry(), log });
  await expect(second.start()).rejects.toThrow(/EADDRINUSE/);
  await second.stop();
});

test('stopped, it holds no connection, and may be stopped again', async () => {
  const get = await serve(() => []);
  await get('/livez');
  await server?.stop();
  await expect(get('/livez')).rejects.toThrow();
  await server?.stop();
});
