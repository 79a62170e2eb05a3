import { createHmac } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { createSigner } from '../../../src/slack/actions/signed-value.ts';
import { aTypicalDelivery } from '../../support/a-delivery.ts';
import { answersTo, channel, eventually, openWorld, untilSent, type World } from './world.ts';

const signingSecret = 'sandbox-signing-secret';
let world: World;
let url = '';

beforeAll(async () => {
  world = await openWorld({ signingSecret }, { settings: { mode: { kind: 'http', signingSecret, port: 0 } } });
  url = `http://127.0.0.1:${world.app.port()}/slack/events`;
  world.slack.setRequestUrl(url);
});
afterAll(() => world.stop());
beforeEach(() => {
  world.asked.length = 0;
});

const form = new URLSearchParams({
  command: '/rollout',
  text: 'abort checkout',
  user_id: 'U0DANA',
  channel_id: channel,
  team_id: '',
  trigger_id: '1.2',
  response_url: 'http://127.0.0.1:9/none',
  api_app_id: 'A0SANDBOX',
});

async function send(body: string, sentAtSeconds: number, secret = signingSecret): Promise<number> {
  const signature = createHmac('sha256', secret).update(`v0:${sentAtSeconds}:${body}`).digest('hex');
  const answer = await fetch(url, {
    method: 'POST',
    body,
    headers: {
      'content-type': 'application/x-www-form-urlencoded',
      'x-slack-request-timestamp': String(sentAtSeconds),
      'x-slack-signature': `v0=${signature}`,
    },
  });
  await answer.text();
  return answer.status;
}

async function teamId(): Promise<string> {
  const answer = await fetch(`${world.slack.apiUrl}auth.test`, {
    method: 'POST',
    headers: { authorization: `Bearer ${world.slack.botToken}` },
  });
  const { team_id: id } = Object(await answer.json());
  return String(id);
}

it('hears words and clicks as signed requests, by the same listeners', async () => {
  const acted = await world.slack.command({ user: 'U0DANA', channel, text: '/rollout abort checkout' });
  expect(acted.isAcknowledged).toBe(true);
  await eventually(() => world.asked.some(({ verb }) => verb === 'abort'), 'the abort');
  const where = { channel, at: undefined, thread: undefined, claim: 'c' };
  const card = await untilSent(() =>
    world.app.notifier.showCard(aTypicalDelivery('gate'), where, AbortSignal.timeout(9000)),
  );
  await world.slack.click({ user: 'U0ARNO', channel, ts: card.ts, action_id: 'promote' });
  await eventually(() => world.asked.some(({ verb }) => verb === 'promote'), 'the promote');
});

it('does a request once that is sent twice, and none that is unsigned, old or from the future', async () => {
  form.set('team_id', await teamId());
  const body = form.toString();
  const now = Math.floor(Date.now() / 1000);
  expect(await send(body, now, 'another secret')).toBe(401);
  expect(await send(body, now - 400)).toBe(401);
  await send(body, now + 3600);
  await send(body, now - 1);
  await send(body, now - 1);
  await eventually(() => world.asked.length > 0, 'the abort');
  // A sentinel behind them: when it was served, they were too.
  form.set('text', 'pause checkout');
  await send(form.toString(), now);
  await eventually(() => world.asked.some(({ verb }) => verb === 'pause'), 'the pause');
  expect(world.asked.map(({ verb }) => verb)).toEqual(['abort', 'pause']);
});

it('does nothing for members of another workspace, or with another app', async () => {
  const body = new URLSearchParams(form);
  body.set('team_id', 'T0OTHER');
  expect(await send(body.toString(), Math.floor(Date.now() / 1000))).toBe(200);
  form.set('text', 'resume checkout');
  await send(form.toString(), Math.floor(Date.now() / 1000));
  await eventually(() => world.asked.some(({ verb }) => verb === 'resume'), 'the resume');
  expect(world.asked.map(({ verb }) => verb)).toEqual(['resume']);
});

it('refuses buttons that it did not sign, or of another cluster, with words', async () => {
  const team = await teamId();
  const delivery = aTypicalDelivery('gate');
  const { namespace, name, binding } = delivery;
  const payload = { kind: 'act', action: 'abort', clusterUid: delivery.clusterUid, namespace, name, binding } as const;
  const foreign = createSigner(['another key']).sign(payload);
  const elsewhere = createSigner(['a signing key of the tests']).sign({ ...payload, clusterUid: 'another' });
  const other = createSigner(['a signing key of the tests']).sign({ ...payload, action: 'promote' });
  for (const [index, value] of ['', 'abort', foreign, elsewhere, other].entries()) {
    const click = {
      type: 'block_actions',
      team: { id: team },
      user: { id: 'U0DANA', team_id: team },
      channel: { id: channel },
      container: { type: 'message', message_ts: '1.2', channel_id: channel },
      actions: [{ type: 'button', action_id: 'abort', block_id: 'act', action_ts: `${index}`, value }],
    };
    const before = answersTo(world, 'U0DANA').length;
    await send(new URLSearchParams({ payload: JSON.stringify(click) }).toString(), Math.floor(Date.now() / 1000));
    const answer = await eventually(() => answersTo(world, 'U0DANA')[before], `a refusal of value ${index}`);
    expect(JSON.stringify(answer.versions)).toMatch(/not signed by me|another cluster/);
  }
  expect(world.asked).toEqual([]);
});
