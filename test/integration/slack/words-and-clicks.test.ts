import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { aTypicalDelivery } from '../../support/a-delivery.ts';
import { answersTo, answerTo, channel, eventually, openWorld, publicMessages, untilSent, type World } from './world.ts';

let world: World;

beforeAll(async () => {
  const members = ['U0DANA', 'U0ARNO', 'U0VERA', 'U0OMAR', 'U0GUEST', 'U0ROBOT', 'U0APPBOT'];
  world = await openWorld({ channels: [{ id: channel, name: 'ship-shop', memberIds: members }] });
  await eventually(() => world.slack.connections() === 2, 'two socket connections');
});
afterAll(() => world.stop());
beforeEach(() => {
  world.asked.length = 0;
  world.known.answer = undefined;
  world.known.delivery = aTypicalDelivery('checking');
});

const done = {
  done: true,
  target: { namespace: 'shop', name: 'checkout' },
  card: undefined,
  facts: {},
} as const;

const signal = () => AbortSignal.timeout(60_000);

async function type(user: string, text: string): Promise<string> {
  const before = answersTo(world, user).length;
  const acted = await world.slack.command({ user, channel, text });
  expect(acted.isAcknowledged).toBe(true);
  return eventually(() => answerTo(world, user, before), `an answer to ${text}`);
}

/** Clicks, and waits for what only this person is told. */
async function click(
  user: string,
  ts: string,
  press: {
    readonly action_id: string;
    readonly value?: string;
    readonly values?: Record<string, Record<string, string>>;
  },
): Promise<string> {
  const before = answersTo(world, user).length;
  expect((await world.slack.click({ user, channel, ts, ...press })).isAcknowledged).toBe(true);
  return eventually(() => answerTo(world, user, before), `an answer to ${press.action_id}`);
}

function lastAnswer(user: string): string {
  return answersTo(world, user).at(-1)?.ts ?? '';
}

async function showCard(state: Parameters<typeof aTypicalDelivery>[0]) {
  const delivery = aTypicalDelivery(state);
  const where = { channel, at: undefined, thread: undefined, claim: state };
  return untilSent(() => world.app.notifier.showCard(delivery, where, signal()));
}

describe('words', () => {
  it('start asks the operation as the person that Kubernetes will know', async () => {
    const answer = await type('U0DANA', '/rollout start checkout 2.0.0');
    expect(world.asked).toEqual([
      {
        verb: 'start',
        wish: {
          person: {
            slackId: 'U0DANA',
            displayName: expect.stringMatching(/dana/i),
            user: 'slack:U0DANA',
            groups: ['slack:deployers', 'slack:members'],
          },
          channel,
          target: { name: 'checkout' },
          reason: undefined,
          images: [{ image: '2.0.0' }],
          isConfirmed: false,
        },
      },
    ]);
    expect(answer).toContain('Asked: start shop/checkout');
  });

  it('abort is done at once, with its reason', async () => {
    await type('U0DANA', '/rollout Abort checkout errors on payment page');
    expect(world.asked).toMatchObject([{ verb: 'abort', wish: { reason: 'errors on payment page' } }]);
  });

  it('a typo is suggested, never done; the button does it', async () => {
    const answer = await type('U0DANA', '/rollout abrot checkout');
    expect(world.asked).toEqual([]);
    expect(answer).toContain('abort checkout');
    await click('U0DANA', lastAnswer('U0DANA'), { action_id: 'line-1' });
    expect(world.asked).toMatchObject([{ verb: 'abort', wish: { target: { name: 'checkout' } } }]);
  });

  it('abort needs no reason, and asks for it afterwards', async () => {
    world.known.answer = { ...done, revision: 18 };
    await type('U0DANA', '/rollout abort checkout');
    const thanks = await click('U0DANA', lastAnswer('U0DANA'), {
      action_id: 'add-reason',
      values: { reason: { reason: 'errors on *payment* page' } },
    });
    expect(thanks).toContain('Thank you');
    expect(world.asked).toMatchObject([
      { verb: 'abort', wish: { reason: undefined } },
      { verb: 'giveReason', wish: { about: 'abort', revision: 18, reason: 'errors on payment page' } },
    ]);
    await type('U0DANA', '/rollout abort checkout because it burns');
    expect(JSON.stringify(answersTo(world, 'U0DANA').at(-1)?.versions)).not.toContain('add-reason');
  });

  it('the reason that finish wants is written beside its button', async () => {
    const question = await type('U0DANA', '/rollout finish checkout because "seen elsewhere"');
    expect(question).toContain('"initial_value":"seen elsewhere"');
    await click('U0DANA', lastAnswer('U0DANA'), { action_id: 'finish', values: { reason: { reason: 'seen in pay' } } });
    expect(world.asked.at(-1)).toMatchObject({ verb: 'finish', wish: { reason: 'seen in pay' } });
  });

  it('finish asks first, bound to what was seen', async () => {
    await type('U0DANA', '/rollout promote checkout —full');
    expect(world.asked.map(({ verb }) => verb)).toEqual(['look']);
    await click('U0DANA', lastAnswer('U0DANA'), { action_id: 'finish' });
    expect(world.asked.map(({ verb }) => verb)).toEqual(['look', 'finish']);
    expect(world.asked.at(-1)?.wish.saw).toEqual(world.known.delivery.binding);
  });

  it('a refusal says what was read, why not, and what would work', async () => {
    world.known.answer = { done: false, reason: 'gateNeedsPromote', facts: {} };
    const answer = await type('U0DANA', '/rollout resume checkout');
    expect(answer).toContain('/rollout resume checkout');
    expect(answer).toContain('gate of the plan');
    expect(answer).toContain('/rollout promote checkout');
  });

  it('names that are close become buttons', async () => {
    world.known.answer = {
      done: false,
      reason: 'unknownRollout',
      facts: { name: 'chekout' },
      candidates: ['shop/checkout'],
    };
    const answer = await type('U0DANA', '/rollout start chekout 2.0.0');
    expect(answer).toContain('Start shop/checkout 2.0.0');
  });

  it('abort without a name offers a button for each that moves', async () => {
    await type('U0DANA', '/rollout abort');
    expect(world.asked).toEqual([]);
    await click('U0DANA', lastAnswer('U0DANA'), { action_id: 'abort' });
    expect(world.asked).toMatchObject([{ verb: 'abort', wish: { saw: { revision: 18 } } }]);
  });

  it('a name alone shows its card, with buttons that work and no menu that could not', async () => {
    const card = await type('U0DANA', '/rollout checkout');
    expect(card).toContain('checkout 2.0.0 at 25 %, checking');
    expect(card).not.toContain('overflow');
    await click('U0DANA', lastAnswer('U0DANA'), { action_id: 'pause' });
    expect(world.asked.at(-1)).toMatchObject({ verb: 'pause', wish: { saw: aTypicalDelivery('checking').binding } });
  });

  it('nothing typed shows what is mine', async () => {
    expect(await type('U0DANA', '/rollout')).toContain('checkout 2.0.0');
  });

  it('a guest may look, not change', async () => {
    expect(await type('U0GUEST', '/rollout abort checkout')).toContain('Guests may look');
    expect(world.asked).toEqual([]);
  });

  it('a bot moves nothing', async () => {
    expect(await type('U0ROBOT', '/rollout abort checkout')).toContain('Bots and apps do not move rollouts');
    expect(world.asked).toEqual([]);
  });

  it('a mention in the thread of a card may leave the name out', async () => {
    const card = await showCard('moving');
    await world.slack.say({ user: 'U0DANA', channel, text: '@example abort!', thread_ts: card.ts });
    await eventually(() => world.asked.length > 0, 'the abort');
    expect(world.asked).toMatchObject([{ verb: 'abort', wish: { target: { namespace: 'shop', name: 'checkout' } } }]);
  });
});

describe('people', () => {
  it('hear how Kubernetes knows them, also after their groups changed', async () => {
    expect(await type('U0VERA', '/rollout whoami')).toMatch(/slack:U0VERA.*slack:members/);
    await world.slack.setUserGroup({ handle: 'oncall', user_ids: ['U0OMAR', 'U0VERA'] });
    await eventually(
      () => world.slack.transcript().deliveries.some(({ about }) => about.startsWith('subteam')),
      'the event of the group',
    );
    expect(await type('U0VERA', '/rollout whoami')).toContain('slack:oncall');
  });

  it('of a thread that this replica never showed are understood by asking for its card', async () => {
    const root = await world.slack.say({ user: 'U0DANA', channel, text: 'a card of another replica' });
    world.known.card = { channel, ts: root.ts ?? '' };
    await world.slack.say({ user: 'U0DANA', channel, text: '@example pause', thread_ts: root.ts });
    await eventually(() => world.asked.some(({ verb }) => verb === 'pause'), 'the pause');
    world.known.card = undefined;
    expect(world.asked.at(-1)?.wish.target).toEqual({ namespace: 'shop', name: 'checkout' });
  });
});

describe('clicks', () => {
  it('carry what the person saw', async () => {
    const card = await showCard('gate');
    await click('U0ARNO', card.ts, { action_id: 'promote' });
    expect(world.asked).toMatchObject([
      { verb: 'promote', wish: { saw: aTypicalDelivery('gate').binding, person: { user: 'slack:U0ARNO' } } },
    ]);
  });

  it('on the overflow only ask', async () => {
    const card = await showCard('checking');
    const question = await click('U0DANA', card.ts, { action_id: 'more', value: 'skip' });
    expect(question).toMatch(/Skip this step of \*\S+ \S+\*( \([^)]+\))?\? What/);
    expect(world.asked.map(({ verb }) => verb)).toEqual(['look']);
    await click('U0DANA', lastAnswer('U0DANA'), { action_id: 'skip' });
    expect(world.asked.map(({ verb }) => verb)).toEqual(['look', 'skip']);
    expect(world.asked.at(-1)?.wish.saw).toEqual(aTypicalDelivery('checking').binding);
  });

  it('of a guest change nothing', async () => {
    const card = await showCard('gate');
    const before = answersTo(world, 'U0GUEST').length;
    const seen = await world.slack
      .click({ user: 'U0GUEST', channel, ts: card.ts, action_id: 'abort' })
      .catch(() => undefined);
    if (seen !== undefined) await eventually(() => answerTo(world, 'U0GUEST', before), 'the refusal');
    expect(world.asked).toEqual([]);
  });
});

describe('cards', () => {
  it('are edited in place, and say the newest', async () => {
    const at = await showCard('checking');
    const next = aTypicalDelivery('rolledBack');
    const place = await world.app.notifier.showCard(next, { channel, at, thread: undefined, claim: 'x' }, signal());
    expect(place).toEqual(at);
    const story = publicMessages(world).find((message) => message.ts === at.ts);
    expect(story?.versions).toHaveLength(2);
    expect(story?.versions.at(-1)?.text).toContain('rolled back');
    expect(JSON.stringify(story?.versions.at(-1)?.blocks)).toContain('success-rate 91.2 %');
  });

  it('name people, and mention nobody', async () => {
    const at = await showCard('checking');
    const story = publicMessages(world).find((message) => message.ts === at.ts);
    expect(JSON.stringify(story)).toMatch(/started by Dana|started by dana/);
    expect(JSON.stringify(story?.versions)).not.toContain('<@');
  });

  it('carry the claim in their metadata', async () => {
    const at = await showCard('live');
    const story = publicMessages(world).find((message) => message.ts === at.ts);
    expect(story?.versions[0]?.metadata).toMatchObject({
      event_type: 'stepwise_card',
      event_payload: { claim: 'live' },
    });
  });
});
