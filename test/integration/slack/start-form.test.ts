import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { z } from 'zod';
import { aStartForm } from '../../support/a-start-form.ts';
import { answersTo, answerTo, channel, eventually, openWorld, type World } from './world.ts';

let world: World;

beforeAll(async () => {
  const members = ['U0DANA', 'U0GUEST', 'U0APPBOT'];
  world = await openWorld({ channels: [{ id: channel, name: 'ship-shop', memberIds: members }] });
  await eventually(() => world.slack.connections() === 2, 'two socket connections');
});
afterAll(() => world.stop());
beforeEach(async () => {
  world.asked.length = 0;
  world.known.answer = undefined;
  world.known.hangs = false;
  world.known.form = { done: true, form: aStartForm() };
  for (const { userId, view } of await openViews()) await world.slack.close({ user: userId, view_id: view.id });
});

const State = z.looseObject({
  views: z.array(
    z.looseObject({
      userId: z.string(),
      view: z.looseObject({
        id: z.string(),
        private_metadata: z.string().default(''),
        submit: z.unknown(),
        blocks: z.array(z.looseObject({ type: z.string(), block_id: z.string() })),
      }),
    }),
  ),
});

async function openViews() {
  return State.parse(await (await fetch(`${world.slack.url}/_stand-in/state`)).json()).views;
}

/** The form that this person has open, once it is so. */
async function openForm(isReady: (text: string) => boolean = (text) => text.includes('"input"'), user = 'U0DANA') {
  const endAtMs = Date.now() + 60_000;
  for (;;) {
    const view = (await openViews()).find(({ userId }) => userId === user)?.view;
    if (view !== undefined && isReady(JSON.stringify(view.blocks))) return view;
    if (Date.now() > endAtMs) throw new Error(`the form is ${JSON.stringify(view)}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

type Form = Awaited<ReturnType<typeof openForm>>;

function blockOf(form: Form, field: string): string {
  return form.blocks.find(({ block_id: id }) => id.split(':')[0] === field)?.block_id ?? '';
}

async function choose(form: Form, field: string, value: string) {
  const use = { user: 'dana', view_id: form.id, block_id: blockOf(form, field), action_id: field, value };
  expect(await world.slack.clickInView(use)).toEqual({ isAcknowledged: true });
}

const starts = () => world.asked.filter(({ verb }) => verb === 'start').map(({ wish }) => wish);

it('a start without an image opens the form; the newest build is chosen; what is sent is what the words would do', async () => {
  await world.slack.command({ user: 'dana', channel, text: '/rollout start checkout' });
  const form = await openForm();
  expect(JSON.stringify(form.blocks)).toContain('2.0.1');
  const values = { [blockOf(form, 'reason')]: { reason: 'the sale begins' } };
  expect(await world.slack.submit({ user: 'dana', view_id: form.id, values })).toEqual({ isAcknowledged: true });
  expect(starts()).toMatchObject([
    {
      channel,
      target: { namespace: 'shop', name: 'checkout' },
      images: [{ container: 'checkout', image: 'ghcr.io/acme/checkout:2.0.1' }],
      reason: 'the sale begins',
      isConfirmed: false,
      sawTemplate: 'a template',
    },
  ]);
  await eventually(() => answerTo(world, 'U0DANA')?.includes('Asked: start'), 'dana hears that it was asked');
});

it('another image is typed where none of the list is meant', async () => {
  await world.slack.command({ user: 'dana', channel, text: '/rollout start' });
  const first = await openForm();
  await choose(first, 'service', JSON.stringify(first.blocks).match(/"value":"([0-9a-f]{16})"/)?.[1] ?? '');
  const second = await openForm((text) => text.includes('image:'));
  await choose(second, 'image', 'other');
  const third = await openForm((text) => text.includes('typed:'));
  const values = {
    service: { service: JSON.stringify(third.blocks).match(/"value":"([0-9a-f]{16})"/)?.[1] ?? '' },
    [blockOf(third, 'image')]: { image: 'other' },
    [blockOf(third, 'typed')]: { typed: ' 3.1.0 ' },
  };
  expect(await world.slack.submit({ user: 'dana', view_id: third.id, values })).toEqual({ isAcknowledged: true });
  expect(starts()).toMatchObject([{ images: [{ container: 'checkout', image: '3.1.0' }] }]);
});

it('a refusal stands at its field, in its words; one that asks is answered in the form', async () => {
  await world.slack.shortcut({ user: 'dana', callback_id: 'start' });
  const list = await openForm();
  await choose(list, 'service', JSON.stringify(list.blocks).match(/"value":"([0-9a-f]{16})"/)?.[1] ?? '');
  const form = await openForm((text) => text.includes('image:'));
  world.known.answer = { done: false, reason: 'alreadyRuns', facts: { image: 'checkout:2.0.1', revision: '17' } };
  expect(await world.slack.submit({ user: 'dana', view_id: form.id })).toEqual({
    isAcknowledged: true,
    errors: { [blockOf(form, 'image')]: 'it already runs checkout:2.0.1 (rev 17).' },
  });
  world.known.answer = { done: false, reason: 'unusualTag', facts: { image: 'v2', usual: '1.4.2' } };
  expect(await world.slack.submit({ user: 'dana', view_id: form.id })).toEqual({ isAcknowledged: true });
  const asking = await openForm((text) => text.includes('sure:'));
  expect(JSON.stringify(asking.blocks)).toContain('usual tags here look like 1.4.2');
  expect(await world.slack.submit({ user: 'dana', view_id: asking.id })).toMatchObject({
    errors: { [blockOf(asking, 'sure')]: expect.any(String) },
  });
  world.known.answer = undefined;
  const values = { [blockOf(asking, 'sure')]: { sure: ['sure'] } };
  expect(await world.slack.submit({ user: 'dana', view_id: asking.id, values })).toEqual({ isAcknowledged: true });
  // Opened in no channel: it counts as asked in the rollout's own, and the form says so itself.
  expect(starts().at(-1)).toMatchObject({ isConfirmed: true, channel: '', isInOwnChannel: true });
  await openForm((text) => text.includes('Asked: start'));
});

it('a form that is older than the facts says what changed, and starts when it was looked at again', async () => {
  await world.slack.command({ user: 'dana', channel, text: '/rollout start checkout' });
  const form = await openForm();
  world.known.form = { done: true, form: aStartForm({ template: 'another one' }) };
  world.known.answer = { done: false, reason: 'staleCard', facts: { image: 'ghcr.io/acme/checkout:1.5.0' } };
  expect(await world.slack.submit({ user: 'dana', view_id: form.id })).toEqual({ isAcknowledged: true });
  const again = await openForm((text) => text.includes('from 1.4.2 to 1.5.0'));
  world.known.answer = undefined;
  await world.slack.submit({ user: 'dana', view_id: again.id });
  expect(starts().at(-1)).toMatchObject({ sawTemplate: 'another one' });
});

it('what takes longer than Slack waits is told in the form', async () => {
  await world.slack.shortcut({ user: 'dana', callback_id: 'start' });
  const list = await openForm();
  await choose(list, 'service', JSON.stringify(list.blocks).match(/"value":"([0-9a-f]{16})"/)?.[1] ?? '');
  const form = await openForm((text) => text.includes('image:'));
  const { promise, resolve } = Promise.withResolvers<void>();
  world.known.hangs = promise;
  const sent = world.slack.submit({ user: 'dana', view_id: form.id });
  await openForm((text) => text.includes('Asking'));
  expect(await sent).toEqual({ isAcknowledged: true });
  resolve();
  await openForm((text) => text.includes('Asked: start'));
});

it('a guest hears that guests only look; a used trigger is told in words', async () => {
  await world.slack.command({ user: 'gus', channel, text: '/rollout start checkout' });
  await openForm((text) => text.includes('Guests may look'), 'U0GUEST');
  expect(starts()).toEqual([]);
});

it('the preview follows the choice', async () => {
  await world.slack.command({ user: 'dana', channel, text: '/rollout start checkout' });
  const form = await openForm((text) => text.includes('*2.0.1*'));
  await choose(form, 'image', '1');
  const second = await openForm((text) => text.includes('*2.0.0*'));
  expect(JSON.stringify(second.blocks)).toContain('*Steps*');
  world.known.answer = { done: false, reason: 'unboundChannel', facts: { namespace: 'shop' } };
  await choose(second, 'image', '2');
  const refused = await openForm((text) => text.includes('not bound to shop'));
  expect(await world.slack.submit({ user: 'dana', view_id: refused.id })).toMatchObject({
    errors: { service: expect.stringContaining('this channel is not bound to shop') },
  });
});

it('more services than a list holds are asked for as the person types', async () => {
  const before = world.known.startable;
  world.known.startable = Array.from({ length: 150 }, (_, index) => ({ namespace: 'shop', name: `service-${index}` }));
  await world.slack.shortcut({ user: 'dana', callback_id: 'start' });
  const form = await openForm((text) => text.includes('external_select'));
  const asked = { user: 'dana', view_id: form.id, block_id: 'service', action_id: 'service' };
  const answer = await world.slack.suggest({ ...asked, value: 'Service-14' });
  const labels = JSON.stringify(answer.options).match(/service-[0-9]+/g);
  expect(labels).toEqual(
    ['14', ...Array.from({ length: 10 }, (_, index) => `14${index}`)].map((id) => `service-${id}`),
  );
  expect((await world.slack.suggest({ ...asked, value: '' })).options).toHaveLength(100);
  world.known.startable = before;
});

it('a mention offers the form by a button; one that nobody signed opens nothing', async () => {
  const thread = await world.slack.say({ user: 'dana', channel, text: 'about the sale' });
  await world.slack.say({ user: 'dana', channel, text: '@Example start checkout', thread_ts: thread.ts });
  const offer = await eventually(
    () => answersTo(world, 'U0DANA').find(({ versions }) => versions.at(-1)?.text === 'Which image of checkout?'),
    'the form is offered',
    60_000,
  );
  const press = { user: 'dana', channel, ts: offer.ts, action_id: 'open-start' };
  await world.slack.click(press);
  const form = await openForm((text) => text.includes('*2.0.1*'));
  await world.slack.close({ user: 'dana', view_id: form.id });

  const element = {
    type: 'button',
    action_id: 'open-start',
    value: 'forged',
    text: { type: 'plain_text', text: 'Choose' },
  };
  const posted = await fetch(`${world.slack.apiUrl}chat.postMessage`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${world.slack.botToken}` },
    body: JSON.stringify({ channel, text: 'forged', blocks: [{ type: 'actions', elements: [element] }] }),
  });
  const { ts } = z.object({ ts: z.string() }).parse(await posted.json());
  await world.slack.click({ ...press, ts });
  await eventually(() => answerTo(world, 'U0DANA')?.includes('not signed by me'), 'dana hears why', 60_000);
  expect(await openViews()).toEqual([]);
});
