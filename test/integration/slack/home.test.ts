import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { z } from 'zod';
import type { HomeFacts } from '../../../src/operations/index.ts';
import { aTypicalDelivery } from '../../support/a-delivery.ts';
import { channel, eventually, openWorld, type World } from './world.ts';

let world: World;
let move: () => void = () => undefined;

beforeAll(async () => {
  world = await openWorld(
    {},
    {
      onRolloutChange(listener) {
        move = listener;
        return () => undefined;
      },
    },
  );
  await eventually(() => world.slack.connections() === 2, 'two socket connections');
});
afterAll(() => world.stop());
beforeEach(() => {
  world.asked.length = 0;
  world.known.answer = undefined;
  world.known.home = factsWith('gate');
});

function factsWith(...states: readonly Parameters<typeof aTypicalDelivery>[0][]): HomeFacts {
  const moving = states.map((state) => ({
    delivery: { ...aTypicalDelivery(state), startedBy: 'slack:U0DANA' },
    card: undefined,
    mayPromote: true,
    mayAbort: true,
  }));
  return { moving, more: 0, changes: { changes: [], more: 0 }, seesNothing: false };
}

const Homes = z.looseObject({
  homes: z.array(
    z.looseObject({
      userId: z.string(),
      view: z.looseObject({
        id: z.string(),
        hash: z.string(),
        blocks: z.array(z.looseObject({ block_id: z.string() })),
      }),
    }),
  ),
});

/** The Home of this person, once it is so. */
async function home(user: string, words: RegExp) {
  const endAtMs = Date.now() + 60_000;
  for (;;) {
    const { homes } = Homes.parse(await (await fetch(`${world.slack.url}/_stand-in/state`)).json());
    const view = homes.find(({ userId }) => userId === user)?.view;
    if (view !== undefined && words.test(JSON.stringify(view.blocks))) return view;
    if (Date.now() > endAtMs) throw new Error(`the home does not say ${words}: ${JSON.stringify(view)}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

function blockWith(view: Awaited<ReturnType<typeof home>>, actionId: string): string {
  return view.blocks.find((block) => JSON.stringify(block).includes(`"action_id":"${actionId}"`))?.block_id ?? '';
}

const published = () => world.slack.transcript().calls.filter(({ method }) => method === 'views.publish').length;

it('opened, it shows what waits; a click there acts in the rollout’s own channel and is answered there', async () => {
  await world.slack.openHome({ user: 'dana' });
  const view = await home('U0DANA', /One rollout waits for you/);
  const press = { user: 'dana', view_id: view.id, action_id: 'promote', block_id: blockWith(view, 'promote') };
  await world.slack.clickInView(press);
  await home('U0DANA', /Asked: promote/);
  expect(world.asked.filter(({ verb }) => verb === 'promote').map(({ wish }) => wish)).toMatchObject([
    { channel: '', isInOwnChannel: true, saw: aTypicalDelivery('gate').binding },
  ]);
  world.known.answer = { done: false, reason: 'staleCard', facts: { sawStep: '3', step: '4' } };
  await world.slack.clickInView(press);
  await home('U0DANA', /step 3, now 4/);
});

it('follows what changes, and is not published again for what looks the same', async () => {
  const atFirst = published();
  await world.slack.openHome({ user: 'dana' });
  await eventually(() => published() > atFirst, 'her home is drawn', 60_000);
  const before = published();
  move();
  move();
  world.known.home = factsWith('checking');
  move();
  await home('U0DANA', /Nothing waits for you/);
  await home('U0DANA', /Yours, under way/);
  expect(published()).toBe(before + 1);
  // The reading after this one finds nothing else: whoever opens another Home is served behind it.
  move();
  await world.slack.openHome({ user: 'arno' });
  await home('U0ARNO', /Nothing waits for you/);
  expect(published()).toBeLessThanOrEqual(before + 2);
});

it('opens the start form, which tells in itself what came of it', async () => {
  await world.slack.openHome({ user: 'dana' });
  const view = await home('U0DANA', /Start something/);
  await world.slack.clickInView({
    user: 'dana',
    view_id: view.id,
    action_id: 'open-start',
    block_id: blockWith(view, 'open-start'),
  });
  const form = await eventually(
    () => world.slack.transcript().calls.find(({ method }) => method === 'views.update'),
    'the form is filled in',
    30_000,
  );
  expect(JSON.stringify(form)).toContain('Service');
});

it('guests, and people without rights, see words; the messages tab draws nothing', async () => {
  world.known.home = { ...factsWith(), seesNothing: true };
  await world.slack.openHome({ user: 'vera' });
  await home('U0VERA', /whoami/);
  await world.slack.openHome({ user: 'gus' });
  await home('U0GUEST', /Guests may look/);
  const before = published();
  await world.slack.openHome({ user: 'omar', tab: 'messages' });
  await world.slack.command({ user: 'omar', channel, text: '/rollout whoami' });
  await eventually(
    () => world.slack.transcript().messages.some(({ onlyFor }) => onlyFor === 'U0OMAR'),
    'omar is answered',
  );
  expect(published()).toBe(before);
});

it('one that somebody else published over is drawn over; one that cannot be read says so', async () => {
  await world.slack.openHome({ user: 'dana' });
  await home('U0DANA', /One rollout waits/);
  const other = { type: 'home', blocks: [{ type: 'section', text: { type: 'mrkdwn', text: 'another replica' } }] };
  await fetch(`${world.slack.apiUrl}views.publish`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${world.slack.botToken}` },
    body: JSON.stringify({ user_id: 'U0DANA', view: other }),
  });
  await home('U0DANA', /another replica/);
  world.known.home = factsWith('gate', 'gate');
  world.known.home = { ...world.known.home, moving: world.known.home.moving.slice(0, 1), more: 3 };
  await world.slack.openHome({ user: 'dana' });
  await home('U0DANA', /One rollout waits/);
});
