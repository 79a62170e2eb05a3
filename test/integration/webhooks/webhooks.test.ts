import { createHmac } from 'node:crypto';
import type { ServerResponse } from 'node:http';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createWebhooks, type WebhookCall } from '../../../src/webhooks/index.ts';
import { type SeenRequest, startWebServer, type WebServer } from '../../support/web-server.ts';

const nowMs = Date.parse('2026-11-20T10:00:00Z');
const { signal } = new AbortController();

describe('a webhook', () => {
  let server: WebServer;
  let answer: (response: ServerResponse, request: SeenRequest) => void;
  beforeAll(async () => {
    server = await startWebServer((request, response) => answer(response, request));
  });
  afterAll(() => server.stop());

  const webhooks = (hosts: readonly string[] = ['127.0.0.1'], secret = 'shared') =>
    createWebhooks({ secret, hosts, nowMs: () => nowMs });
  const callOf = (url = `${server.url}/go`, timeoutMs = 60_000): WebhookCall => ({
    settings: { url, timeoutMs, deadlineMs: undefined, data: { table: 'orders' } },
    operation: 'Run',
    key: 'uid/hash/1/77',
    about: { rollout: { namespace: 'shop', name: 'checkout' } },
    status: { at: 3 },
  });
  const says = (body: object) => (response: ServerResponse) => void response.end(JSON.stringify(body));

  test('is sent signed, with a key and all that is known', async () => {
    answer = says({ phase: 'Running', message: 'half', requeueAfter: '90s', value: 12, status: { at: 4 } });
    expect(await webhooks().call(callOf(), signal)).toEqual({
      phase: 'Running',
      message: 'half',
      requeueAfterMs: 90_000,
      value: '12',
      status: { at: 4 },
    });
    const { method, headers, body } = server.requests.at(-1) as SeenRequest;
    expect(method).toBe('POST');
    expect(JSON.parse(body)).toEqual({
      operation: 'Run',
      key: 'uid/hash/1/77',
      url: `${server.url}/go`,
      rollout: { namespace: 'shop', name: 'checkout' },
      data: { table: 'orders' },
      status: { at: 3 },
    });
    expect(headers['idempotency-key']).toBe('uid/hash/1/77');
    expect(headers['x-stepwise-timestamp']).toBe(String(nowMs / 1000));
    const expected = createHmac('sha256', 'shared')
      .update(`v1:${nowMs / 1000}:${body}`)
      .digest('hex');
    expect(headers['x-stepwise-signature']).toBe(`v1=${expected}`);
  });

  const refusals: readonly (readonly [string, (response: ServerResponse) => void, RegExp])[] = [
    ['a redirect', (response) => response.writeHead(302, { location: `${server.url}/other` }).end(), /302, a redirect/],
    ['an error', (response) => response.writeHead(500).end('secret inside'), /answered 500$/],
    ['another success', (response) => response.writeHead(202).end('{"phase":"Successful"}'), /answered 202$/],
    ['no JSON', (response) => response.end('secret inside'), /answered 200 without a phase/],
    ['no phase', says({ phase: 'Done' }), /answered 200 without a phase/],
    ['too much', (response) => response.end('x'.repeat(70_000)), /more than 64 KiB/],
    ['too much to remember', says({ phase: 'Running', status: 'x'.repeat(5000) }), /more than 4096 bytes/],
  ];
  test.each(refusals)('%s is no answer, and is quoted nowhere', async (_, respond, words) => {
    answer = respond;
    const before = server.requests.length;
    const error = await webhooks().call(callOf(), signal).then(String, String);
    expect(error).toMatch(words);
    expect(error).not.toContain('secret inside');
    expect(server.requests.length - before).toBe(1);
  });

  test('that hangs is given up', async () => {
    answer = () => undefined;
    await expect(webhooks().call(callOf(undefined, 50), signal)).rejects.toThrow(/did not answer within 0.05 s/);
  });

  test('goes to no host that it must not reach', async () => {
    answer = says({ phase: 'Successful' });
    const before = server.requests.length;
    const { port } = new URL(server.url);
    for (const [host, hosts, words] of [
      ['127.0.0.1', [], /loopback or link-local/],
      ['[::1]', [], /loopback or link-local/],
      ['[::ffff:127.0.0.1]', [], /loopback or link-local/],
      ['169.254.169.254', [], /loopback or link-local/],
      // As the URL parser reads it: 127.0.0.1.
      ['2130706433', [], /loopback or link-local/],
      ['localhost', [], /which is not called/],
      ['127.0.0.1', ['hooks.acme.dev', '*.svc'], /127.0.0.1 is not in WEBHOOK_HOSTS/],
    ] as const) {
      const call = webhooks(hosts).call(callOf(`http://${host}:${port}/`), signal);
      await expect(call, host).rejects.toThrow(words);
    }
    await expect(webhooks(undefined, '').call(callOf(), signal)).rejects.toThrow(
      'stepwise/webhook is off: set WEBHOOK_SECRET',
    );
    expect(server.requests.length).toBe(before);
  });
});
