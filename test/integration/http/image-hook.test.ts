import { createHmac } from 'node:crypto';
import { Registry } from 'prom-client';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { createHttpServer, createImageHook, type HttpServer } from '../../../src/http/index.ts';
import type { Build } from '../../../src/operations/index.ts';
import { silentLog as log } from '../../support/silent-log.ts';

const secret = 'a secret that CI holds too';
const digest = `sha256:${'a'.repeat(64)}`;
const image = 'ghcr.io/acme/checkout:2.0.1';
const nowSeconds = 1_780_000_000;

let server: HttpServer;
let url = '';
const heard: Build[] = [];
let answer: () => Promise<{ isKnown: boolean; rollouts: string[] }>;

beforeAll(async () => {
  const hook = createImageHook({
    secret,
    nowMs: () => nowSeconds * 1000,
    hear(build) {
      heard.push(build);
      return answer();
    },
    log,
  });
  server = createHttpServer({
    port: 0,
    host: '127.0.0.1',
    readiness: () => [],
    metrics: new Registry(),
    log,
    imageHook: hook,
  });
  url = `http://127.0.0.1:${await server.start()}/hooks/image`;
});
afterAll(() => server.stop());

interface Sent {
  readonly method?: string;
  readonly secret?: string;
  readonly sentAt?: string;
  readonly signature?: string;
}

async function send(body: string, sent: Sent = {}) {
  heard.length = 0;
  answer = async () => ({ isKnown: false, rollouts: ['shop/checkout'] });
  const sentAt = sent.sentAt ?? String(nowSeconds);
  const mac = createHmac('sha256', sent.secret ?? secret)
    .update(`v1:${sentAt}:${body}`)
    .digest('hex');
  const response = await fetch(url, {
    method: sent.method ?? 'POST',
    ...(sent.method === 'GET' ? {} : { body }),
    headers: { 'x-stepwise-timestamp': sentAt, 'x-stepwise-signature': sent.signature ?? `v1=${mac}` },
  });
  return { status: response.status, text: await response.text() };
}

it('hears of a build that is signed', async () => {
  const build = { image, digest, commits: 3, link: 'https://example.com/compare/a...b', by: 'build 4711' };
  expect(await send(JSON.stringify(build))).toEqual({ status: 202, text: `heard of ${image}, for shop/checkout\n` });
  expect(heard).toEqual([build]);
});

const body = JSON.stringify({ image });

it.each<[string, string, Sent, number, RegExp]>([
  ['another secret', body, { secret: 'guessed' }, 401, /signature does not fit/],
  ['no signature', body, { signature: '' }, 401, /v1= and the hex HMAC-SHA256 of v1:<x-stepwise-timestamp>:<body>/],
  ['a signature of another length', body, { signature: 'v1=00' }, 401, /does not fit/],
  ['no time', body, { sentAt: '' }, 401, /Unix seconds/],
  ['recorded long ago', body, { sentAt: String(nowSeconds - 301) }, 401, /is 301 s off; at most 300 s/],
  ['from the future', body, { sentAt: String(nowSeconds + 400) }, 401, /is 400 s off/],
  ['not JSON', 'image=x', {}, 400, /must be a JSON object/],
  ['a list', '[]', {}, 400, /must be a JSON object/],
  ['no image', '{}', {}, 400, /image: /],
  ['a repository alone', '{"image":"ghcr.io/acme/checkout"}', {}, 400, /neither tag nor digest/],
  ['a port is no tag', '{"image":"localhost:5000/checkout"}', {}, 400, /neither tag nor digest/],
  ['a broken name', '{"image":"a b:1"}', {}, 400, /must be a repository/],
  ['mistakes', JSON.stringify({ image, commits: -1, digest: 'x' }), {}, 400, /digest: must be.*; commits: /],
  ['a link that is none', JSON.stringify({ image, link: 'javascript:alert(1)' }), {}, 400, /link: /],
  ['too long', JSON.stringify({ image, by: 'x'.repeat(17_000) }), {}, 413, /at most 16384 bytes/],
  ['GET', '', { method: 'GET' }, 405, /only POST/],
])('%s is refused, with one clear line', async (_, sentBody, sent, status, text) => {
  const answered = await send(sentBody, sent);
  expect(answered.status).toBe(status);
  expect(answered.text).toMatch(text);
  expect(answered.text.trim().split('\n')).toHaveLength(1);
  expect(heard).toEqual([]);
});

it.each([
  [{ isKnown: true, rollouts: ['shop/checkout'] }, 202, `heard of ${image} already, for shop/checkout\n`],
  [{ isKnown: false, rollouts: [] }, 202, `no rollout runs the repository of ${image}: nothing is told\n`],
])('says what became of it: %j', async (becomes, status, text) => {
  const sending = send(body);
  answer = async () => becomes;
  expect(await sending).toEqual({ status, text });
});

it('asks to be told again when it could not be remembered', async () => {
  const sending = send(body);
  answer = () => Promise.reject(new Error('the API server is down'));
  expect(await sending).toMatchObject({ status: 503, text: expect.stringContaining('send it again') });
});
