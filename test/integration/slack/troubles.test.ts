import { createServer } from 'node:http';
import { afterEach, describe, expect, it } from 'vitest';
import { createCharts } from '../../../src/charts/index.ts';
import { NotNowError } from '../../../src/lib/index.ts';
import type { Notice } from '../../../src/notifications/index.ts';
import { createSlackApi } from '../../../src/sandbox/slack-api/index.ts';
import { aSeries, aTypicalDelivery, noonMs } from '../../support/a-delivery.ts';
import { answersTo, answerTo, channel, eventually, openWorld, publicMessages, untilSent, type World } from './world.ts';

let world: World | undefined;
afterEach(async () => {
  await world?.stop();
  world = undefined;
});

const signal = () => AbortSignal.timeout(10_000);

function show(where: World, state: Parameters<typeof aTypicalDelivery>[0], at?: { channel: string; ts: string }) {
  const place = { channel, at, thread: undefined, claim: `claim of ${state}` };
  return where.app.notifier.showCard(aTypicalDelivery(state), place, signal());
}

const gateReached: Notice = {
  id: 'rec-1',
  event: 'gateReached',
  atMs: noonMs,
  by: undefined,
  text: '',
  weight: 'needsHuman',
};

describe('a card', () => {
  it('is sent once more without its chart where the workspace refuses the block, and remembers', async () => {
    world = await openWorld({ fault: { kind: 'invalid_blocks', type: 'data_visualization' } });
    const at = await show(world, 'checking');
    const story = publicMessages(world).find((message) => message.ts === at.ts);
    expect(story?.versions).toHaveLength(1);
    expect(JSON.stringify(story?.versions[0]?.blocks)).toMatch(/[▁▂▃▄▅▆▇█]{3}/);
    await show(world, 'rolledBack', at);
    const refused = world.slack.transcript().calls.filter((call) => call.error === 'invalid_blocks');
    expect(refused).toHaveLength(1);
  });

  it('moves into its thread, as a broadcast, when it can no longer be edited', async () => {
    world = await openWorld();
    const at = await show(world, 'checking');
    world.slack.setFault('edit_window_closed');
    const moved = await show(world, 'gate', at);
    expect(moved.ts).not.toBe(at.ts);
    const story = publicMessages(world).find((message) => message.ts === moved.ts);
    expect(story).toMatchObject({ threadTs: at.ts, isBroadcast: true });
    world.slack.setFault('none');
    expect(await show(world, 'live', moved)).toEqual(moved);
  });

  it('waits where the bot is not in the channel; the person who types there is told how to help', async () => {
    world = await openWorld({ fault: 'not_in_channel' });
    const open = world;
    await expect(show(open, 'checking')).rejects.toMatchObject({ name: 'NotNowError', retryAfterMs: 60_000 });
    await eventually(() => open.slack.connections() > 0, 'a connection');
    await open.slack.command({ user: 'U0DANA', channel, text: '/rollout start checkout 2.0.0' });
    const answer = await eventually(() => answersTo(open, 'U0DANA').at(-1), 'an answer');
    expect(JSON.stringify(answer.versions)).toContain('/invite');
  });

  it('waits as long as Slack says, and other methods go on', async () => {
    world = await openWorld();
    const at = await show(world, 'checking');
    world.slack.setFault({ kind: 'ratelimited', retryAfterSeconds: 7, methods: ['chat.update'] });
    await expect(show(world, 'gate', at)).rejects.toMatchObject({ name: 'NotNowError', retryAfterMs: 7000 });
    const calls = world.slack.transcript().calls.length;
    // The second does not even ask.
    await expect(show(world, 'gate', at)).rejects.toThrow(NotNowError);
    expect(world.slack.transcript().calls.length).toBe(calls);
    await world.app.notifier.tell(aTypicalDelivery('gate'), gateReached, at, signal());
  });

  it('waits in one channel, while others are asked', async () => {
    const channels = ['C0SHIPSHOP', 'C0SHIPPAY'].map((id) => ({ id, name: id.toLowerCase() }));
    world = await openWorld({
      channels,
      fault: { kind: 'ratelimited', retryAfterSeconds: 7, methods: ['chat.postMessage'] },
    });
    const { app, slack } = world;
    const post = (to: string) =>
      app.notifier.showCard(
        aTypicalDelivery('checking'),
        { channel: to, at: undefined, thread: undefined, claim: to },
        signal(),
      );
    await expect(post('C0SHIPSHOP')).rejects.toMatchObject({ name: 'NotNowError', retryAfterMs: 7000 });
    slack.setFault('none');
    await post('C0SHIPPAY');
    const asked = slack.transcript().calls.length;
    await expect(post('C0SHIPSHOP')).rejects.toThrow(NotNowError);
    expect(slack.transcript().calls.length).toBe(asked);
  });

  it('waits while Slack is down, and is sent once when it is back', async () => {
    world = await openWorld();
    const open = world;
    open.slack.setFault('down');
    await expect(show(open, 'checking')).rejects.toThrow(NotNowError);
    open.slack.setFault('none');
    await untilSent(() => show(open, 'checking'));
    expect(publicMessages(open)).toHaveLength(1);
  });

  it('of a deleted thread is told in the channel instead', async () => {
    world = await openWorld();
    const gone = { channel, ts: '1700000000.000100' };
    const place = await world.app.notifier.tell(aTypicalDelivery('gate'), gateReached, gone, signal());
    const story = publicMessages(world).find((message) => message.ts === place.ts);
    expect(story?.threadTs).toBeUndefined();
  });
});

describe('a post whose answer was lost', () => {
  const scopes = ['commands', 'chat:write', 'app_mentions:read', 'users:read', 'usergroups:read'];

  /** Everything arrives; the first answer to chat.postMessage does not. */
  async function behindALossyLine(more: readonly string[]): Promise<{ sent: number; place: { ts: string } }> {
    const slack = await createSlackApi({ scopes: [...scopes, ...more] });
    let lose = true;
    const line = createServer((request, response) => {
      void (async () => {
        const chunks: Uint8Array[] = [];
        for await (const chunk of request) chunks.push(chunk);
        const { authorization = '', 'content-type': type = '' } = request.headers;
        const answer = await fetch(`${slack.url}${request.url}`, {
          method: 'POST',
          headers: { authorization, 'content-type': type },
          body: Buffer.concat(chunks),
        });
        const body = await answer.text();
        const isLost = lose && request.url === '/api/chat.postMessage';
        if (isLost) lose = false;
        if (isLost) return response.destroy();
        return response.writeHead(answer.status, { 'content-type': 'application/json' }).end(body);
      })();
    });
    await new Promise<void>((resolve) => line.listen(0, '127.0.0.1', resolve));
    const address = line.address();
    const port = typeof address === 'object' ? address?.port : undefined;
    const opened = await openWorld(
      {},
      { settings: { slackApiUrl: `http://127.0.0.1:${port}/api/`, botToken: slack.botToken } },
    );
    try {
      const place = await untilSent(() => show(opened, 'checking'), 8000);
      return { sent: slack.transcript().messages.length, place };
    } finally {
      await opened.stop();
      line.closeAllConnections();
      line.close();
      await slack.stop();
    }
  }

  it('is found by its claim, where the app may read the channel', async () => {
    expect((await behindALossyLine(['channels:history'])).sent).toBe(1);
  });

  it('is sent again where it may not: the one exception that is told', async () => {
    expect((await behindALossyLine([])).sent).toBe(2);
  });
});

describe('a post that somebody began and died over', () => {
  async function begunTwice(more: readonly string[]): Promise<number> {
    world = await openWorld({ scopes: ['commands', 'chat:write', 'app_mentions:read', 'users:read', ...more] });
    const at = await show(world, 'checking');
    const first = await world.app.notifier.tell(aTypicalDelivery('gate'), gateReached, at, signal());
    // Another replica takes the claims over: it knows no more than when they were made.
    const mayBeThereSinceMs = Date.now() - 12_000;
    const where = { channel, at: undefined, thread: undefined, claim: 'claim of checking', mayBeThereSinceMs };
    const other = world.app.notifier;
    const again = await untilSent(() => other.showCard(aTypicalDelivery('checking'), where, signal()));
    const notice = { ...gateReached, mayBeThereSinceMs };
    const second = await untilSent(() => other.tell(aTypicalDelivery('gate'), notice, at, signal()));
    expect([again.ts === at.ts, second.ts === first.ts]).toEqual(more.length > 0 ? [true, true] : [false, false]);
    return publicMessages(world).length;
  }

  it('is found by its claim, where the app may read the channel', async () => {
    expect(await begunTwice(['channels:history'])).toBe(2);
  });

  it('is sent again where it may not', async () => {
    expect(await begunTwice([])).toBe(4);
  });
});

describe('a notice', () => {
  it('that needs a person is broadcast, mentions who started it, and can be answered where it is read', async () => {
    world = await openWorld();
    const open = world;
    const at = await show(open, 'gate');
    const told = await open.app.notifier.tell(aTypicalDelivery('gate'), gateReached, at, signal());
    const story = publicMessages(open).find((message) => message.ts === told.ts);
    expect(story).toMatchObject({ threadTs: at.ts, isBroadcast: true });
    expect(JSON.stringify(story?.versions)).toContain('<@U0DANA>');
    await eventually(() => open.slack.connections() > 0, 'a connection');
    await open.slack.click({ user: 'U0ARNO', channel, ts: told.ts, action_id: 'promote' });
    await eventually(() => open.asked.some(({ verb }) => verb === 'promote'), 'the promote');
  });

  it('that was answered loses its buttons; one that can no longer be edited is left', async () => {
    world = await openWorld();
    const open = world;
    const at = await show(open, 'gate');
    const told = await open.app.notifier.tell(aTypicalDelivery('gate'), gateReached, at, signal());
    const decided = { event: 'promoted', by: 'slack:U0DANA', atMs: noonMs } as const;
    const answered = { ...gateReached, decided };
    const tell = (place: { channel: string; ts: string }) =>
      untilSent(() => open.app.notifier.tellDecided(aTypicalDelivery('checking'), answered, place, signal()));
    await tell(told);
    const story = publicMessages(open).find((message) => message.ts === told.ts);
    expect(story?.versions.map(({ blocks }) => JSON.stringify(blocks).includes('"promote"'))).toEqual([true, false]);
    expect(JSON.stringify(story?.versions.at(-1))).toMatch(/waited for you: promoted by dana/);
    const posted = publicMessages(open).length;
    await tell({ channel, ts: '1700000000.000100' });
    expect(publicMessages(open)).toHaveLength(posted);
  });

  it('brings its chart into the thread, with words that say the same', { timeout: 180_000 }, async () => {
    // A busy machine draws late, and nothing here is about how fast.
    const charts = createCharts({ timeoutMs: 120_000 });
    world = await openWorld({}, { charts });
    const open = world;
    const at = await show(open, 'rolledBack');
    const notice: Notice = {
      ...gateReached,
      event: 'rolledBack',
      weight: 'final',
      chart: aSeries([1, 0.9, 0.8], { verdict: 'failed' }),
    };
    await open.app.notifier.tell(aTypicalDelivery('rolledBack'), notice, at, signal());
    const shared = () => publicMessages(open).find((message) => message.files.length > 0 && message.threadTs === at.ts);
    const file = JSON.stringify((await eventually(shared, 'the chart in the thread', 150_000)).files[0]);
    await charts.stop();
    expect(file).toContain('checkout 2.0.0 · success-rate');
    const upload = open.slack.transcript().calls.find((call) => call.method === 'files.getUploadURLExternal');
    expect(upload?.args.alt_txt).toMatch(/success-rate.*80/);
    expect(Number(upload?.args.length)).toBeGreaterThan(10_000);
  });
});

describe('a person', () => {
  async function ask(open: World, text: string): Promise<string> {
    await eventually(() => open.slack.connections() > 0, 'a connection');
    const acted = await open.slack.command({ user: 'U0DANA', channel, text });
    expect(acted.isAcknowledged).toBe(true);
    return JSON.stringify((await eventually(() => answersTo(open, 'U0DANA').at(-1), 'an answer')).versions);
  }

  it('is a member and nothing more where the workspace has no user groups', async () => {
    world = await openWorld({ scopes: ['commands', 'chat:write', 'users:read'] });
    const answer = await ask(world, '/rollout whoami');
    expect(answer).toContain('slack:members');
    expect(answer).not.toContain('slack:deployers');
  });

  it('is refused when Slack can not say who they are', async () => {
    world = await openWorld({ fault: { kind: 'ratelimited', methods: ['users.info'] } });
    expect(await ask(world, '/rollout abort checkout')).toContain('could not ask Slack who you are');
    expect(world.asked).toEqual([]);
  });

  it('hears that an act failed, and that nobody can say whether it was done', async () => {
    world = await openWorld();
    world.known.fails = true;
    expect(await ask(world, '/rollout abort checkout')).toContain('I can not say that it was done');
  });

  it.each([
    ['the answer itself', false, 'Asked: abort shop/checkout'],
    ['that it failed', true, 'I can not say that it was done'],
  ])('hears that an answer is late, and then, once, %s', async (_what, fails, words) => {
    world = await openWorld({}, { answerPatienceMs: 100 });
    const open = world;
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    open.known.hangs = promise;
    expect(await ask(open, '/rollout abort checkout')).toContain('longer than it should');
    if (fails) reject(new Error('the API server does not answer'));
    else resolve();
    await eventually(() => answersTo(open, 'U0DANA').length > 1, 'the answer after all');
    // Whatever else would be said of the abort is said before this.
    await open.slack.command({ user: 'U0DANA', channel, text: '/rollout whoami' });
    await eventually(() => answerTo(open, 'U0DANA')?.includes('slack:U0DANA'), 'the answer of the next one');
    const told = answersTo(open, 'U0DANA').map(({ versions }) => JSON.stringify(versions));
    expect(told.slice(0, 2)).toEqual([expect.stringContaining('longer'), expect.stringContaining(words)]);
    expect(told.filter((answer) => answer.includes(words))).toHaveLength(1);
  });

  it('has the click acknowledged though the act takes long', async () => {
    world = await openWorld();
    const open = world;
    open.known.hangs = true;
    await eventually(() => open.slack.connections() > 0, 'a connection');
    const acted = await open.slack.command({ user: 'U0DANA', channel, text: '/rollout abort checkout' });
    expect(acted.isAcknowledged).toBe(true);
    await eventually(() => open.asked.length === 1, 'the abort');
  });
});

describe('the connection', () => {
  it('is held twice, and a click while Slack refreshes one is not lost', async () => {
    world = await openWorld();
    const open = world;
    await eventually(() => open.slack.connections() === 2, 'two connections');
    open.slack.refreshConnections();
    await eventually(() => open.slack.connections() > 0 && open.app.isConnected(), 'a connection again');
    await open.slack.command({ user: 'U0DANA', channel, text: '/rollout list' });
    await eventually(() => answersTo(open, 'U0DANA').length > 0, 'an answer');
    await eventually(() => open.slack.connections() === 2, 'two connections again');
  });

  it('comes up by itself when Slack was down at the start', async () => {
    world = await openWorld({ fault: 'down' });
    const open = world;
    expect(open.app.isConnected()).toBe(false);
    open.slack.setFault('none');
    await eventually(() => open.app.isConnected(), 'a connection');
    await open.slack.command({ user: 'U0DANA', channel, text: '/rollout list' });
    await eventually(() => answersTo(open, 'U0DANA').length > 0, 'an answer');
  });
});
