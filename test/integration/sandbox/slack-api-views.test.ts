import type { App } from '@slack/bolt';
import { afterEach, expect, test } from 'vitest';
import { createSlackApi, type SlackApi, type SlackApiOptions } from '../../../src/sandbox/slack-api/index.ts';
import { eventually, startSocketApp } from './bolt.ts';

const channel = 'C0SHIPSHOP';
const running: { stop(): Promise<void> }[] = [];

afterEach(async () => {
  for (const one of running.splice(0).reverse()) await one.stop();
});

async function start(register: (app: App) => void, options: SlackApiOptions = {}): Promise<SlackApi> {
  const slack = await createSlackApi(options);
  running.push(slack);
  running.push(await startSocketApp(slack, register));
  return slack;
}

const plain = (text: string) => ({ type: 'plain_text' as const, text });
const option = (value: string) => ({ text: plain(value), value });

function aModal(title: string, more: object = {}) {
  return {
    type: 'modal' as const,
    title: plain(title),
    submit: plain('Go on'),
    callback_id: title.toLowerCase(),
    blocks: [
      {
        type: 'input' as const,
        block_id: 'why',
        label: plain('Why?'),
        element: { type: 'plain_text_input' as const, action_id: 'why' },
      },
      {
        type: 'input' as const,
        block_id: 'what',
        label: plain('What?'),
        optional: true,
        element: { type: 'external_select' as const, action_id: 'what', min_query_length: 0 },
      },
    ],
    ...more,
  };
}

interface OpenView {
  readonly id: string;
  readonly title: string;
}

/** The views that this person has open, the lowest first. */
async function openViews(slack: SlackApi, userId: string): Promise<OpenView[]> {
  const state = await (await fetch(`${slack.url}/_stand-in/state`)).json();
  return state.views
    .filter((open: { userId: string }) => open.userId === userId)
    .map(({ view }: { view: { id: string; title: { text: string } } }) => ({ id: view.id, title: view.title.text }));
}

test('a shortcut opens a modal; a submission may refuse, replace, push and clear', async () => {
  const answers: object[] = [
    { response_action: 'errors', errors: { why: 'say more' } },
    { response_action: 'update', view: aModal('Second') },
    { response_action: 'push', view: aModal('Third') },
    { response_action: 'clear' },
  ];
  const heard: unknown[] = [];
  const slack = await start((app) => {
    app.shortcut('begin', async ({ ack, shortcut, client }) => {
      await ack();
      await client.views.open({ trigger_id: shortcut.trigger_id, view: aModal('First') });
    });
    app.view(/.*/, async ({ ack, view }) => {
      heard.push([view.callback_id, view.state.values.why?.why?.value]);
      await ack(answers.shift() as never);
    });
  });
  await slack.shortcut({ user: 'dana', callback_id: 'begin' });
  const titles = async () => (await openViews(slack, 'U0DANA')).map((view) => view.title);
  const submit = async () => {
    const top = (await openViews(slack, 'U0DANA')).at(-1);
    return slack.submit({ user: 'dana', view_id: top?.id ?? '', values: { why: { why: 'because' } } });
  };
  while ((await titles()).length === 0);
  expect(await submit()).toEqual({ isAcknowledged: true, errors: { why: 'say more' } });
  expect(await titles()).toEqual(['First']);
  await submit();
  expect(await titles()).toEqual(['Second']);
  await submit();
  expect(await titles()).toEqual(['Second', 'Third']);
  await submit();
  expect(await titles()).toEqual([]);
  expect(heard).toEqual([
    ['first', 'because'],
    ['first', 'because'],
    ['second', 'because'],
    ['third', 'because'],
  ]);
});

test('a required field that is empty never leaves the client; a closed view tells those who asked', async () => {
  const heard: string[] = [];
  const slack = await start((app) => {
    app.command('/ask', async ({ ack, command, client }) => {
      await ack();
      const notify_on_close = command.text === 'loudly';
      await client.views.open({ trigger_id: command.trigger_id, view: aModal('Ask', { notify_on_close }) });
    });
    app.view({ callback_id: 'ask', type: 'view_closed' }, async ({ ack, view }) => {
      await ack();
      heard.push(view.title.text);
    });
  });
  for (const text of ['/ask softly', '/ask loudly']) {
    await slack.command({ user: 'vera', channel, text });
    let views: OpenView[] = [];
    while (views.length === 0) views = await openViews(slack, 'U0VERA');
    const id = views[0]?.id ?? '';
    expect(await slack.submit({ user: 'vera', view_id: id })).toMatchObject({ errors: { why: expect.any(String) } });
    await expect(slack.submit({ user: 'omar', view_id: id })).rejects.toThrow('view_not_found');
    await slack.close({ user: 'vera', view_id: id });
    expect(await openViews(slack, 'U0VERA')).toEqual([]);
  }
  expect(heard).toEqual(['Ask']);
  expect(slack.transcript().deliveries.map((delivery) => delivery.about)).toEqual([
    '/ask softly',
    '/ask loudly',
    'view_closed',
  ]);
});

test('a select asks the app for its options at every key; a stale view is not overwritten', async () => {
  let hash = '';
  let viewId = '';
  const slack = await start((app) => {
    app.command('/pick', async ({ ack, command, client }) => {
      await ack();
      const opened = await client.views.open({ trigger_id: command.trigger_id, view: aModal('Pick') });
      hash = opened.view?.hash ?? '';
      viewId = opened.view?.id ?? '';
    });
    app.options('what', async ({ ack, options }) => {
      await ack({ options: ['tea', 'toast', 'coffee'].filter((name) => name.startsWith(options.value)).map(option) });
    });
  });
  await slack.command({ user: 'dana', channel, text: '/pick' });
  await eventually(() => viewId !== '');
  const asked = { user: 'dana', view_id: viewId, block_id: 'what', action_id: 'what' };
  expect(await slack.suggest({ ...asked, value: 't' })).toMatchObject({ options: [option('tea'), option('toast')] });
  expect(await slack.suggest({ ...asked, value: 'x' })).toMatchObject({ options: [] });

  const update = (withHash: string) =>
    fetch(`${slack.apiUrl}views.update`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: `Bearer ${slack.botToken}` },
      body: JSON.stringify({ view_id: viewId, hash: withHash, view: aModal('Picked') }),
    }).then((response) => response.json());
  expect(await update(hash)).toMatchObject({ ok: true });
  expect(await update(hash)).toMatchObject({ ok: false, error: 'hash_conflict' });
});

test('the Home tab is opened by its person and published by the app', async () => {
  const slack = await start((app) => {
    app.event('app_home_opened', async ({ event, client }) => {
      const blocks = [{ type: 'section' as const, text: { type: 'mrkdwn' as const, text: `for <@${event.user}>` } }];
      await client.views.publish({ user_id: event.user, view: { type: 'home', blocks } });
    });
  });
  await slack.openHome({ user: 'arno' });
  const published = await eventually(() => slack.transcript().calls.find((call) => call.method === 'views.publish'));
  expect(published).toMatchObject({ status: 200, error: undefined, args: { user_id: 'U0ARNO' } });
});

test('a message shortcut brings its message, a reaction and a press stay with theirs', async () => {
  const heard: unknown[] = [];
  const slack = await start(
    (app) => {
      app.shortcut('inspect', async ({ ack, shortcut, client }) => {
        await ack();
        if (shortcut.type !== 'message_action') return;
        heard.push(shortcut.message.text);
        await client.reactions.add({ channel: shortcut.channel.id, timestamp: shortcut.message_ts, name: 'eyes' });
      });
      app.action('size', async ({ ack, action, body }) => {
        await ack();
        if (body.type === 'block_actions') heard.push([action.type, body.state?.values]);
      });
    },
    { scopes: ['chat:write', 'reactions:write'] },
  );
  const said = await slack.say({ user: 'dana', channel, text: 'look at this' });
  await slack.shortcut({ user: 'vera', callback_id: 'inspect', channel, ts: said.ts });
  await eventually(() => slack.transcript().messages[0]?.versions.length === 2);
  const blocks = [
    {
      type: 'actions',
      block_id: 'b',
      elements: [{ type: 'static_select', action_id: 'size', options: [option('small'), option('large')] }],
    },
  ];
  const posted = await fetch(`${slack.apiUrl}chat.postMessage`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${slack.botToken}` },
    body: JSON.stringify({ channel, text: 'pick', blocks }),
  });
  const { ts } = await posted.json();
  await slack.click({ user: 'dana', channel, ts, action_id: 'size', value: 'large' });
  await eventually(() => heard.length === 2);
  expect(heard).toEqual([
    'look at this',
    ['static_select', { b: { size: { type: 'static_select', selected_option: option('large') } } }],
  ]);
});
