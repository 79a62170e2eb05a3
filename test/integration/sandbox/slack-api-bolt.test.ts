import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { App } from '@slack/bolt';
import { afterEach, expect, test } from 'vitest';
import { createSlackApi, type SlackApi, type SlackApiOptions } from '../../../src/sandbox/slack-api/index.ts';
import { type BoltApp, eventually, startHttpApp, startSocketApp } from './bolt.ts';

const channel = 'C0SHIPSHOP';
const running: { stop(): Promise<void> }[] = [];

afterEach(async () => {
  for (const one of running.splice(0).reverse()) await one.stop();
});

async function startSlack(options: SlackApiOptions = {}): Promise<SlackApi> {
  const slack = await createSlackApi({ eventRetryDelaysMs: [10, 10, 10], ...options });
  running.push(slack);
  return slack;
}

async function startSocket(slack: SlackApi, register: (app: App) => void): Promise<BoltApp> {
  const bolt = await startSocketApp(slack, register);
  running.push(bolt);
  return bolt;
}

async function startHttp(slack: SlackApi, register: (app: App) => void) {
  const bolt = await startHttpApp(slack, register);
  slack.setRequestUrl(bolt.url);
  running.push(bolt);
  return bolt;
}

/** A small app: a command posts a card with a button, a press edits it and says so to the person. */
function coffee(app: App): void {
  app.command('/coffee', async ({ ack, command, client }) => {
    await ack({ text: `asked for ${command.text}` });
    await client.chat.postMessage({
      channel: command.channel_id,
      text: 'A coffee?',
      blocks: [
        { type: 'section', block_id: 'head', text: { type: 'mrkdwn', text: `*${command.text}*` } },
        {
          type: 'actions',
          block_id: 'act',
          elements: [{ type: 'button', action_id: 'drink', text: { type: 'plain_text', text: 'Drink' }, value: 'now' }],
        },
      ],
    });
  });
  app.action('drink', async ({ ack, body, client, respond }) => {
    await ack();
    if (body.type !== 'block_actions' || body.channel === undefined || body.message === undefined) return;
    await client.chat.update({ channel: body.channel.id, ts: body.message.ts, text: `drunk by ${body.user.id}` });
    await respond({ text: 'enjoy', replace_original: false });
  });
}

function cardOf(slack: SlackApi) {
  return slack.transcript().messages.find((message) => message.onlyFor === undefined);
}

async function playCoffee(slack: SlackApi): Promise<void> {
  expect(await slack.command({ user: 'dana', channel, text: '/coffee double espresso' })).toEqual({
    isAcknowledged: true,
  });
  const card = await eventually(() => cardOf(slack));
  expect(card.versions[0]?.blocks.map((block) => block.block_id)).toEqual(['head', 'act']);

  const pressed = await slack.click({ user: 'U0VERA', channel, ts: card.ts, action_id: 'drink', block_id: 'act' });
  expect(pressed).toEqual({ isAcknowledged: true });
  const edited = await eventually(() => cardOf(slack)?.versions[1]);
  expect(edited).toMatchObject({ text: 'drunk by U0VERA', blocks: [] });

  const whispers = await eventually(() => {
    const found = slack.transcript().messages.filter((message) => message.onlyFor !== undefined);
    return found.length === 2 && found;
  });
  expect(whispers.map((message) => [message.onlyFor, message.versions[0]?.text])).toEqual([
    ['U0DANA', 'asked for double espresso'],
    ['U0VERA', 'enjoy'],
  ]);
  const { deliveries } = slack.transcript();
  expect(deliveries.map((delivery) => delivery.type)).toEqual(['slash_commands', 'interactive']);
  expect(slack.ackLatenciesMs()).toHaveLength(2);
}

test('a command, a card, a press and an edit go through the real Bolt over Socket Mode', async () => {
  const slack = await startSlack();
  await startSocket(slack, coffee);
  expect(slack.connections()).toBe(1);
  await playCoffee(slack);
});

test('the same goes through the real Bolt over signed HTTP', async () => {
  const slack = await startSlack();
  await startHttp(slack, coffee);
  await playCoffee(slack);
  expect(slack.transcript().deliveries.every((delivery) => delivery.transport === 'http')).toBe(true);
});

test('an app behind HTTP refuses what was signed with another secret', async () => {
  const slack = await startSlack();
  const { url } = await startHttp(slack, coffee);
  const stranger = await startSlack({ signingSecret: 'not-the-secret', requestUrl: url });
  const answer = await stranger.command({ user: 'dana', channel, text: '/coffee stolen' });
  expect(answer).toEqual({ isAcknowledged: false, error: 'http_error' });
  expect(cardOf(slack)).toBeUndefined();
});

test('a signed request that is sent again reaches the app again: Bolt has no guard, an app needs its own', async () => {
  const slack = await startSlack();
  const heard: string[] = [];
  const { url } = await startHttp(slack, (app) => {
    app.command('/once', async ({ ack, command }) => {
      heard.push(command.text);
      await ack();
    });
  });
  const wiretap = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const headers = new Headers(Object.entries(request.headers).map(([name, value]) => [name, String(value)]));
      for (const name of ['host', 'connection', 'content-length']) headers.delete(name);
      const send = () => fetch(url, { method: 'POST', headers, body: Buffer.concat(chunks).toString() });
      void send().then(async (first) => response.writeHead((await send()).status === 200 ? first.status : 500).end());
    });
  });
  await new Promise<void>((resolve) => wiretap.listen(0, '127.0.0.1', resolve));
  running.push({
    stop: async () => {
      wiretap.closeAllConnections();
      wiretap.close();
    },
  });
  slack.setRequestUrl(`http://127.0.0.1:${(wiretap.address() as AddressInfo).port}/`);
  expect(await slack.command({ user: 'dana', channel, text: '/once upon a time' })).toEqual({ isAcknowledged: true });
  expect(heard).toEqual(['upon a time', 'upon a time']);
});

test('each payload goes to one connection only, in turn', async () => {
  const slack = await startSlack();
  const heard: string[] = [];
  for (const name of ['first', 'second']) {
    await startSocket(slack, (app) => {
      app.command('/who', async ({ ack }) => {
        heard.push(name);
        await ack();
      });
    });
  }
  for (let time = 0; time < 4; time += 1) await slack.command({ user: 'dana', channel, text: '/who' });
  expect(heard.toSorted()).toEqual(['first', 'first', 'second', 'second']);
});

test('a refreshed connection comes back, and what nobody hears is an error to the person', async () => {
  const slack = await startSlack({ ackTimeoutMs: 300 });
  await startSocket(slack, coffee);
  slack.refreshConnections();
  await eventually(() => slack.connections() === 0);
  expect(await slack.command({ user: 'dana', channel, text: '/coffee x' })).toMatchObject({ error: 'dispatch_failed' });
  await eventually(() => slack.connections() === 1);
  expect(await slack.command({ user: 'dana', channel, text: '/nobody listens' })).toMatchObject({
    isAcknowledged: false,
    error: 'operation_timeout',
  });
  const told = slack.transcript().messages.filter((message) => message.onlyFor === 'U0DANA');
  expect(told.map((message) => message.versions[0]?.text)).toEqual([
    '/coffee failed with the error "dispatch_failed"',
    '/nobody failed with the error "operation_timeout"',
  ]);
});

test('a mention in a thread reaches the app as an event', async () => {
  const slack = await startSlack();
  await startSocket(slack, (app) => {
    app.event('app_mention', async ({ event, client }) => {
      await client.chat.postMessage({
        channel: event.channel,
        thread_ts: event.thread_ts ?? event.ts,
        text: event.text,
      });
    });
  });
  const parent = await slack.say({ user: 'dana', channel, text: 'coffee anyone?' });
  const said = await slack.say({ user: 'omar', channel, text: '@example hello', thread_ts: parent.ts });
  expect(said.isAcknowledged).toBe(true);
  const reply = await eventually(() => slack.transcript().messages.find((message) => message.user === slack.botUserId));
  expect(reply).toMatchObject({ threadTs: parent.ts, versions: [{ text: `<@${slack.botUserId}> hello` }] });
});

test('changes of people and groups reach the app; what it did not subscribe to does not', async () => {
  const slack = await startSlack();
  const heard: unknown[] = [];
  await startSocket(slack, (app) => {
    app.event('user_change', async ({ event }) => void heard.push([event.user.id, event.user.deleted]));
    app.event(
      'subteam_members_changed',
      async ({ event }) => void heard.push([event.added_users, event.removed_users]),
    );
    app.event('message', async () => void heard.push('message'));
  });
  await slack.openHome({ user: 'vera' });
  await slack.setPerson({ user: 'dana', isDeleted: true });
  await slack.setUserGroup({ handle: 'approvers', user_ids: ['U0VERA'] });
  await eventually(() => heard.length === 2);
  expect(heard).toEqual([
    ['U0DANA', true],
    [['U0VERA'], ['U0ARNO']],
  ]);
  const info = await fetch(`${slack.apiUrl}users.info?user=U0DANA`, {
    headers: { authorization: `Bearer ${slack.botToken}` },
  });
  expect(await info.json()).toMatchObject({ user: { deleted: true } });
});

test('an event is sent again until somebody acknowledges it, unless the app says not to', async () => {
  const heard: unknown[] = [];
  const server = createServer((request, response) => {
    const { 'x-slack-retry-num': retry, 'x-slack-retry-reason': reason } = request.headers;
    heard.push([retry, reason]);
    if (heard.length === 5) response.setHeader('x-slack-no-retry', '1');
    response.writeHead(heard.length === 3 ? 200 : 500).end();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  running.push({ stop: async () => void server.close() });
  const { port } = server.address() as AddressInfo;
  const slack = await startSlack({ requestUrl: `http://127.0.0.1:${port}/` });

  const kept = await slack.say({ user: 'dana', channel, text: '@example one' });
  expect(kept.isAcknowledged).toBe(true);
  expect(heard).toEqual([
    [undefined, undefined],
    ['1', 'http_error'],
    ['2', 'http_error'],
  ]);

  const dropped = await slack.say({ user: 'dana', channel, text: '@example two' });
  expect(dropped).toMatchObject({ isAcknowledged: false, error: 'http_error' });
  expect(heard).toHaveLength(5);
});
