import { afterEach, expect, test } from 'vitest';
import { createSlackApi, type SlackApi, type SlackApiOptions } from '../../../src/sandbox/slack-api/index.ts';
import { eventually } from './bolt.ts';

// Bare WebSockets: the SDK's client leaves a rejection unhandled when it is stopped in the middle of a reconnect.

const channel = 'C0SHIPSHOP';
const running: { stop(): Promise<void> }[] = [];

afterEach(async () => {
  for (const one of running.splice(0).reverse()) await one.stop();
});

async function start(options: SlackApiOptions = {}): Promise<SlackApi> {
  const slack = await createSlackApi(options);
  running.push(slack);
  return slack;
}

interface Frame {
  readonly type: string;
  readonly reason?: string;
  readonly num_connections?: number;
  readonly envelope_id?: string;
}

/** A Socket Mode client of a few lines: keeps every frame, and acknowledges when it is told to. */
async function connect(
  slack: SlackApi,
  acknowledges: boolean,
): Promise<{ frames: Frame[]; socket: WebSocket; url: string }> {
  const opened = await fetch(`${slack.apiUrl}apps.connections.open`, {
    method: 'POST',
    headers: { authorization: `Bearer ${slack.appToken}` },
  });
  const { url } = await opened.json();
  const socket = new WebSocket(url);
  const frames: Frame[] = [];
  socket.addEventListener('message', (event) => {
    const frame: Frame = JSON.parse(String(event.data));
    frames.push(frame);
    if (acknowledges && frame.envelope_id !== undefined) {
      socket.send(JSON.stringify({ envelope_id: frame.envelope_id, payload: {} }));
    }
  });
  await eventually(() => frames.length > 0);
  return { frames, socket, url };
}

test('a connection is asked to reconnect after its time', async () => {
  const slack = await start({ refreshEveryMs: 50 });
  const { frames } = await connect(slack, true);
  expect(frames[0]).toMatchObject({ type: 'hello', num_connections: 1 });
  await eventually(() => frames.some((frame) => frame.type === 'disconnect' && frame.reason === 'refresh_requested'));
});

test('the address that was handed out opens one connection only', async () => {
  const slack = await start();
  const { url } = await connect(slack, true);
  const second = new WebSocket(url);
  const isRefused = await new Promise((resolve) => {
    second.addEventListener('error', () => resolve(true));
    second.addEventListener('open', () => resolve(false));
  });
  expect(isRefused).toBe(true);
  expect(slack.connections()).toBe(1);
});

test('an eleventh connection is one too many', async () => {
  const slack = await start();
  for (let count = 0; count < 10; count += 1) await connect(slack, true);
  const { frames } = await connect(slack, true);
  expect(frames[0]).toMatchObject({ type: 'disconnect', reason: 'too_many_websockets' });
  expect(slack.connections()).toBe(10);
});

test('only the connection that got an envelope can acknowledge it; one that dies takes it along', async () => {
  const slack = await start({ ackTimeoutMs: 2000 });
  const deaf = await connect(slack, false);
  const pending = slack.command({ user: 'dana', channel, text: '/tea' });
  const envelope = await eventually(() => deaf.frames.find((frame) => frame.type === 'slash_commands'));
  const other = await connect(slack, true);
  other.socket.send(JSON.stringify({ envelope_id: envelope.envelope_id, payload: {} }));
  deaf.socket.close();
  expect(await pending).toMatchObject({ isAcknowledged: false, error: 'connection_closed' });
  expect(await slack.command({ user: 'dana', channel, text: '/tea' })).toEqual({ isAcknowledged: true });
  expect(slack.ackLatenciesMs()).toHaveLength(1);
});
