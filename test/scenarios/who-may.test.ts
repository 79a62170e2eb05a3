import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { verbNames, verbs } from '../../src/slack/commands/verbs.ts';
import {
  channelOf,
  channels,
  type FrontDesk,
  isAtGate,
  isLive,
  openFrontDesk,
  type RolloutSeen,
} from '../support/front-desk.ts';

const gate = [{ setWeight: 50 }, { pause: {} }];
const roles = { vera: 'viewer', dana: 'deployer', arno: 'approver', omar: 'on-call' } as const;
type Name = keyof typeof roles;

/**
 * Every verb that changes something, once per role: who may, from which situation, and what is then so. Whoever may not hears the
 * verb they lack.
 */
interface Row {
  readonly verb: string;
  readonly may: readonly Name[];
  /** The rollout that the words are about: at a gate, held, aborted or live. */
  readonly about: 'gated' | 'held' | 'aborted' | 'live';
  readonly words: (shop: string) => string;
  readonly isDone: (rollout: RolloutSeen) => boolean;
  /** The answer only asks; its button acts. */
  readonly asks?: string;
}

const table: readonly Row[] = [
  {
    verb: 'start',
    may: ['dana'],
    about: 'live',
    words: (shop) => `start ${shop} 9`,
    isDone: (rollout) => imageOf(rollout) === 'shop:9',
  },
  {
    verb: 'promote',
    may: ['dana'],
    about: 'gated',
    words: (shop) => `promote ${shop}`,
    isDone: isLive,
  },
  {
    verb: 'skip',
    may: [],
    about: 'gated',
    words: (shop) => `skip ${shop} because it was seen elsewhere`,
    isDone: isLive,
    asks: 'skip',
  },
  {
    verb: 'finish',
    may: [],
    about: 'gated',
    words: (shop) => `finish ${shop} because it was seen elsewhere`,
    isDone: isLive,
    asks: 'finish',
  },
  {
    verb: 'terminate',
    may: [],
    about: 'gated',
    words: (shop) => `terminate ${shop} because it was seen elsewhere`,
    isDone: isLive,
    asks: 'terminate',
  },
  {
    verb: 'pause',
    may: ['dana', 'omar'],
    about: 'gated',
    words: (shop) => `pause ${shop}`,
    isDone: ({ spec }) => spec.paused === true,
  },
  {
    verb: 'resume',
    may: ['dana'],
    about: 'held',
    words: (shop) => `resume ${shop}`,
    isDone: ({ spec }) => spec.paused !== true,
  },
  {
    verb: 'abort',
    may: ['dana', 'omar'],
    about: 'gated',
    words: (shop) => `abort ${shop}`,
    isDone: ({ status }) => status.abort === true,
  },
  {
    verb: 'retry',
    may: ['dana'],
    about: 'aborted',
    words: (shop) => `retry ${shop}`,
    isDone: ({ status }) => status.abort !== true,
  },
  {
    verb: 'undo',
    may: ['dana', 'omar'],
    about: 'live',
    words: (shop) => `undo ${shop}`,
    isDone: (rollout) => imageOf(rollout) === 'shop:1',
    asks: 'undo',
  },
  {
    verb: 'restart',
    may: ['dana'],
    about: 'live',
    words: (shop) => `restart ${shop}`,
    isDone: ({ spec, status }) => spec.restartAt !== undefined && status.restartedAt === spec.restartAt,
  },
];

const situations = ['gated', 'held', 'aborted', 'live'] as const;
type Situation = (typeof situations)[number];
const cells = table.flatMap((row) =>
  (Object.keys(roles) as Name[]).map((user) => ({
    row,
    user,
    verb: row.verb,
    role: roles[user],
    does: row.may.includes(user) ? 'does' : 'may not',
    // What is refused changes nothing: all that are share one rollout.
    shop: row.may.includes(user) ? `${row.verb}-${user}` : row.about,
  })),
);

let desk: FrontDesk;

beforeAll(async () => {
  const shops = new Map<string, Situation>(situations.map((situation) => [situation, situation]));
  for (const { shop, row } of cells) shops.set(shop, row.about);
  for (const name of ['taken-away', 'left-group', 'direct', 'hammered']) shops.set(name, 'gated');
  desk = await openFrontDesk({ ownChannels: [...shops.keys()] });
  for (const [name, situation] of shops)
    await desk.open({ name, replicas: 1, steps: situation === 'live' ? [] : gate });
  for (const name of shops.keys()) await desk.until(name, 'is live', isLive);
  for (const name of shops.keys()) await desk.setImage(name, 'shop:2');
  for (const [name, situation] of shops)
    await desk.until(name, 'is there', situation === 'live' ? isLiveAgain : isAtGate);
  for (const [name, situation] of shops) {
    if (situation === 'held') await desk.patch(name, { spec: { paused: true } });
    if (situation === 'aborted') await desk.patch(name, { status: { abort: true } }, 'status');
    if (situation === 'aborted') await desk.until(name, 'is Degraded', ({ status }) => status.phase === 'Degraded');
  }
  for (const situation of situations) await desk.card(situation, 2, cardWords[situation]);
}, 180_000);
afterAll(() => desk.stop());

const cardWords = {
  gated: /waits for you/,
  held: /paused/,
  aborted: /rolled back|going back|not verified/,
  live: /is live/,
};

function isLiveAgain(rollout: RolloutSeen): boolean {
  return isLive(rollout) && imageOf(rollout) === 'shop:2';
}

function imageOf({ spec }: RolloutSeen): string | undefined {
  return spec.template.spec.containers[0]?.image;
}

async function versionOf(name: string): Promise<string> {
  return (await desk.rollout(name)).metadata.resourceVersion;
}

const Records = z.looseObject({
  items: z.array(
    z.looseObject({
      spec: z.looseObject({ rollout: z.looseObject({ name: z.string() }) }),
      entries: z.array(z.looseObject({ event: z.string(), by: z.string().default('') })).default([]),
    }),
  ),
});

/** `rollout event by` of every line of every record. */
async function recorded(): Promise<readonly string[]> {
  const { items } = await desk.sandbox.get(Records, '/apis/stepwise.dev/v1alpha1/namespaces/shop/deliveryrecords');
  return items.flatMap(({ spec, entries }) => entries.map(({ event, by }) => `${spec.rollout.name} ${event} ${by}`));
}

it('the table has every verb that changes something', () => {
  const mutating = verbNames.filter((name) => verbs[name].isMutating && verbs[name].when === 'now');
  expect(table.map(({ verb }) => verb).sort()).toEqual(mutating.sort());
});

describe('what each role may', () => {
  it.each(cells)('$role $does $verb', async ({ row, user, shop, does }) => {
    const before = await versionOf(shop);
    let answer = await desk.type(user, `/rollout ${row.words(shop)}`, channelOf(shop));
    // Who may not is refused before the question.
    if (row.asks !== undefined && does === 'does') {
      expect(answer.words).not.toContain('Asked:');
      answer = await desk.press(user, answer, row.asks);
    }
    if (does === 'does') {
      expect(answer.words).toContain(`Asked: ${row.verb} shop/${shop}`);
      await desk.until(shop, `was told to ${row.verb}`, row.isDone);
      const act = `${shop} asked:${row.verb} U0${user.toUpperCase()}`;
      await desk.sandbox.eventually(`the line "${act}"`, async () => (await recorded()).includes(act) || undefined);
      return;
    }
    expect(answer.words).toContain(
      `Kubernetes does not allow slack:U0${user.toUpperCase()} to \`${row.verb}\` in shop`,
    );
    expect(await versionOf(shop)).toBe(before);
  });
});

describe('a click is asked the same', () => {
  it.each([
    ['gated', 'promote'],
    ['gated', 'abort'],
    ['held', 'resume'],
    ['aborted', 'retry'],
    ['live', 'undo'],
  ] as const)('the viewer presses on the card of what is %s: %s', async (shop, action) => {
    const before = await versionOf(shop);
    const answer = await desk.press('vera', await desk.card(shop, 2), action);
    expect(answer.words).toContain(`does not allow slack:U0VERA to \`${action}\``);
    expect(answer.words).toMatch(
      /An admin can allow it:\n`kubectl -n shop create rolebinding \S+ --clusterrole=stepwise-/,
    );
    expect(await versionOf(shop)).toBe(before);
  });

  it('the menu refuses before it asks', async () => {
    const before = await versionOf('gated');
    const answer = await desk.press('vera', await desk.card('gated', 2), 'more', 'finish');
    expect(answer.buttons).toEqual([]);
    expect(answer.words).toContain('does not allow slack:U0VERA to `finish`');
    expect(await versionOf('gated')).toBe(before);
  });
});

describe('who is nobody we act for', () => {
  it.each([
    ['gus', /Guests may look, not change/],
    ['buildbot', /Bots and apps do not move rollouts/],
  ])('%s is refused by word and by click', async (user, words) => {
    const before = await versionOf('gated');
    for (const row of table) expect((await desk.type(user, `/rollout ${row.words('gated')}`)).words).toMatch(words);
    const card = await desk.card('gated', 2);
    for (const action of ['promote', 'abort']) expect((await desk.press(user, card, action)).words).toMatch(words);
    expect(await versionOf('gated')).toBe(before);
  });
});

describe('where it is asked', () => {
  const raising = table.filter(({ verb }) => ['start', 'promote', 'resume', 'retry'].includes(verb));

  it.each(raising)('$verb raises risk: not in a channel that is not bound, not in a direct message', async (row) => {
    const before = await versionOf(row.about);
    for (const channel of [channels.lobby, channels.pay, await desk.directChannel('dana')]) {
      const answer = await desk.type('dana', `/rollout ${row.words(row.about)}`, channel);
      expect(answer.words).toContain('not bound to shop');
      expect(answer.words).toContain(`Ask in <#${channelOf(row.about)}>`);
    }
    expect(await versionOf(row.about)).toBe(before);
  });

  it('whoever lacks the right as well hears of both at once', async () => {
    const { words } = await desk.type('vera', '/rollout promote gated', channels.lobby);
    expect(words).toContain('does not allow slack:U0VERA to `promote` in shop');
    expect(words).toContain(`this channel is not bound to shop`);
    expect(words).toContain(`Ask in <#${channelOf('gated')}>`);
  });

  it('pause and abort lower it: they work from a direct message', async () => {
    const channel = await desk.directChannel('omar');
    expect((await desk.type('omar', '/rollout pause direct', channel)).words).toContain('Asked: pause shop/direct');
    expect((await desk.type('omar', '/rollout abort direct', channel)).words).toContain('Asked: abort shop/direct');
    await desk.until('direct', 'is aborted', ({ status }) => status.abort === true && status.phase === 'Degraded');
  });
});

describe('a no leaves its line', () => {
  const Records = z.looseObject({
    items: z.array(
      z.looseObject({
        spec: z.looseObject({ rollout: z.looseObject({ name: z.string() }) }),
        entries: z.array(
          z.looseObject({ event: z.string(), by: z.string().optional(), facts: z.record(z.string(), z.string()) }),
        ),
      }),
    ),
  });

  it('who, what and the reason code are in the record; many clicks are one line', async () => {
    const card = await desk.card('hammered', 2, /waits for you/);
    for (let n = 0; n < 20; n++) await desk.press('vera', card, 'promote');
    const lines = await deniedTo('hammered');
    expect(lines[0]).toMatchObject({ event: 'denied:promote', by: 'U0VERA', facts: { reason: 'notAllowed' } });
    expect(lines.length).toBeLessThan(4);
  });

  it('also where Kubernetes was not asked: a guest, and a channel that is not bound', async () => {
    await desk.type('gus', '/rollout abort taken-away');
    await desk.type('dana', '/rollout promote left-group', channels.lobby);
    const [byGuest] = await deniedTo('taken-away');
    expect(byGuest).toMatchObject({ event: 'denied:abort', by: 'U0GUEST', facts: { reason: 'guest', times: '1' } });
    const [elsewhere] = await deniedTo('left-group');
    expect(elsewhere).toMatchObject({ event: 'denied:promote', by: 'U0DANA', facts: { reason: 'unboundChannel' } });
  });

  async function deniedTo(shop: string) {
    return desk.sandbox.eventually('the lines are there', async () => {
      const { items } = await desk.sandbox.get(Records, '/apis/stepwise.dev/v1alpha1/namespaces/shop/deliveryrecords');
      const own = items.filter(({ spec }) => spec.rollout.name === shop).flatMap(({ entries }) => entries);
      const lines = own.filter(({ event }) => event.startsWith('denied:'));
      return lines.length > 0 ? lines : undefined;
    });
  }
});

describe('a right that is taken away is gone at the next click', () => {
  it('the RoleBinding is deleted while it waits', async () => {
    const path = '/apis/rbac.authorization.k8s.io/v1/namespaces/shop/rolebindings';
    const binding = await desk.sandbox.get(z.looseObject({ metadata: z.looseObject({}) }), `${path}/slack-deployers`);
    const card = await desk.card('taken-away', 2, /waits for you/);
    await desk.sandbox.request('DELETE', `${path}/slack-deployers`);
    const before = await versionOf('taken-away');
    expect((await desk.press('dana', card, 'promote')).words).toContain('does not allow slack:U0DANA to `promote`');
    expect(await versionOf('taken-away')).toBe(before);

    const metadata = { name: 'slack-deployers', namespace: 'shop' };
    await desk.sandbox.request('POST', path, { ...binding, metadata });
    expect((await desk.press('dana', card, 'promote')).words).toContain('Asked: promote');
    await desk.until('taken-away', 'is live', isLive);
  });

  it('the person leaves the user group', async () => {
    const card = await desk.card('left-group', 2, /waits for you/);
    await desk.slack.setUserGroup({ handle: 'deployers', user_ids: [] });
    expect((await desk.press('dana', card, 'promote')).words).toContain('does not allow slack:U0DANA to `promote`');
    await desk.slack.setUserGroup({ handle: 'deployers', user_ids: ['U0DANA'] });
    expect((await desk.press('dana', card, 'promote')).words).toContain('Asked: promote');
    await desk.until('left-group', 'is live', isLive);
  });
});
