import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { WebClient } from '@slack/web-api';
import { afterEach, describe, expect, test } from 'vitest';
import { createSlackApi, type SlackApi, type SlackApiOptions } from '../../../src/sandbox/slack-api/index.ts';
import { eventually, quiet } from './bolt.ts';
import { aCard, png } from './page-fixtures.ts';

const channel = 'C0SHIPSHOP';
const running: { stop(): Promise<void> }[] = [];

afterEach(async () => {
  for (const one of running.splice(0).reverse()) await one.stop();
});

function connect(slack: Pick<SlackApi, 'apiUrl'>, token: string): WebClient {
  return new WebClient(token, {
    slackApiUrl: slack.apiUrl,
    logger: quiet,
    retryConfig: { retries: 0 },
    rejectRateLimitedCalls: true,
  });
}

async function start(options: SlackApiOptions = {}) {
  const slack = await createSlackApi(options);
  running.push(slack);
  return { slack, web: connect(slack, slack.botToken) };
}

/** Slack's word for why not, or `ok`. */
async function ask(call: Promise<unknown>): Promise<string> {
  try {
    await call;
    return 'ok';
  } catch (error) {
    if (typeof error !== 'object' || error === null) throw error;
    if ('retryAfter' in error) return `retry after ${String(error.retryAfter)}`;
    if ('data' in error && typeof error.data === 'object' && error.data !== null && 'error' in error.data) {
      return String(error.data.error);
    }
    return error instanceof Error ? error.name : String(error);
  }
}

describe('tokens and scopes', () => {
  test('the right token opens the right doors', async () => {
    const { slack, web } = await start();
    expect(await web.auth.test()).toMatchObject({ ok: true, user_id: slack.botUserId, team_id: 'T0SANDBOX' });
    expect(await ask(connect(slack, '').auth.test())).toBe('not_authed');
    expect(await ask(connect(slack, 'xoxb-other').auth.test())).toBe('invalid_auth');
    expect(await ask(connect(slack, slack.appToken).auth.test())).toBe('not_allowed_token_type');
    expect(await ask(web.apps.connections.open())).toBe('not_allowed_token_type');
    expect(await ask(connect(slack, slack.appToken).apps.connections.open())).toBe('ok');
    expect(await ask(web.apiCall('chat.shout'))).toBe('unknown_method');
    expect(await ask(connect(slack, '').api.test())).toBe('ok');
  });

  test('history is for those who asked for it', async () => {
    const { web } = await start();
    expect(await ask(web.conversations.history({ channel }))).toBe('missing_scope');
    const { slack, web: reader } = await start({ scopes: ['chat:write', 'channels:history'] });
    await slack.say({ user: 'dana', channel, text: 'one' });
    const parent = await reader.chat.postMessage({ channel, text: 'two' });
    await reader.chat.postMessage({ channel, text: 'three', thread_ts: parent.ts ?? '' });
    const { messages } = await reader.conversations.history({ channel });
    expect(messages?.map((message) => [message.text, message.reply_count])).toEqual([
      ['two', 1],
      ['one', undefined],
    ]);
    const thread = await reader.conversations.replies({ channel, ts: parent.ts ?? '' });
    expect(thread.messages?.map((message) => message.text)).toEqual(['two', 'three']);
  });
});

describe('people, groups and channels', () => {
  test('the workspace tells who is who', async () => {
    const { web } = await start({
      scopes: ['users:read', 'usergroups:read', 'channels:read', 'team:read', 'im:write'],
    });
    expect((await web.users.info({ user: 'U0DANA' })).user).toMatchObject({
      name: 'dana',
      tz: 'Europe/Berlin',
      is_restricted: false,
      is_bot: false,
    });
    expect((await web.users.info({ user: 'U0GUEST' })).user).toMatchObject({ is_restricted: true });
    expect(await ask(web.users.info({ user: 'U0NOBODY' }))).toBe('user_not_found');
    const groups = await web.usergroups.list({ include_users: true });
    expect(groups.usergroups?.map((group) => [group.handle, group.users])).toEqual([
      ['deployers', ['U0DANA']],
      ['approvers', ['U0ARNO']],
      ['oncall', ['U0OMAR']],
    ]);
    expect((await web.usergroups.users.list({ usergroup: 'S0ONCALL' })).users).toEqual(['U0OMAR']);
    expect(await ask(web.usergroups.users.list({ usergroup: 'S0NONE' }))).toBe('no_such_subteam');
    const members = [];
    for await (const page of web.paginate('users.list', { limit: 3 })) members.push(page);
    expect(members.length).toBe(3);
    expect((await web.conversations.info({ channel })).channel).toMatchObject({ name: 'ship-shop', is_member: true });
    const opened = await web.conversations.open({ users: 'U0VERA' });
    const again = await web.conversations.open({ users: 'U0VERA' });
    expect(again.channel?.id).toBe(opened.channel?.id);
    expect(await ask(web.conversations.open({ users: 'U0ROBOT' }))).toBe('cannot_dm_bot');
  });

  test('an address is told only with the scope for it', async () => {
    const people = [{ id: 'U1', name: 'ada', realName: 'Ada', email: 'ada@shop.example' }];
    const { web } = await start({ people });
    expect((await web.users.info({ user: 'U1' })).user?.profile?.email).toBeUndefined();
    expect(await ask(web.users.lookupByEmail({ email: 'ada@shop.example' }))).toBe('missing_scope');
    const { web: reader } = await start({ people, scopes: ['users:read', 'users:read.email'] });
    expect((await reader.users.lookupByEmail({ email: 'Ada@shop.example' })).user?.id).toBe('U1');
  });
});

describe('messages', () => {
  test('an edit replaces the blocks, keeps the metadata, and every version stays in the transcript', async () => {
    const { slack, web } = await start();
    const metadata = { event_type: 'card', event_payload: { revision: 7 } };
    const posted = await web.chat.postMessage({ channel: '#ship-shop', text: 'one', blocks: [section('a')], metadata });
    const ts = posted.ts ?? '';
    await web.chat.update({ channel, ts, text: 'two', blocks: [section('b'), section('c')] });
    const last = await web.chat.update({ channel, ts, text: 'three' });
    expect(last.message).not.toHaveProperty('blocks');
    const [story] = slack.transcript().messages;
    expect(story?.versions.map((version) => [version.text, version.blocks.length, version.metadata])).toEqual([
      ['one', 1, metadata],
      ['two', 2, metadata],
      ['three', 0, metadata],
    ]);
    const { permalink } = await web.chat.getPermalink({ channel, message_ts: ts });
    expect(permalink).toBe(`${slack.url}/archives/${channel}/p${ts.replace('.', '')}`);
    await web.chat.delete({ channel, ts });
    expect(await ask(web.chat.update({ channel, ts, text: 'four' }))).toBe('message_not_found');
    expect(slack.transcript().messages[0]?.deletedAtMs).toBeGreaterThan(0);
  });

  test('a refusal names the block, the field and the limit', async () => {
    const { web } = await start();
    const blocks = [{ type: 'header', text: { type: 'plain_text', text: 'x'.repeat(151) } }];
    const refusal = await web
      .apiCall('chat.postMessage', { channel, text: 'x', blocks })
      .catch((error: unknown) => error);
    expect(refusal).toMatchObject({
      data: {
        error: 'invalid_blocks',
        response_metadata: {
          messages: ['[ERROR] must be less than 151 characters [json-pointer:/blocks/0/text/text]'],
        },
      },
    });
  });

  test('what Slack refuses is refused with its word', async () => {
    const closed = { id: 'C0CLOSED', name: 'closed', memberIds: ['U0DANA'] };
    const secret = { id: 'C0SECRET', name: 'secret', isPrivate: true, memberIds: ['U0DANA'] };
    const { slack, web } = await start({ channels: [{ id: channel, name: 'ship-shop' }, closed, secret] });
    const said = await slack.say({ user: 'dana', channel, text: 'mine' });
    const mine = await web.chat.postMessage({ channel, text: 'ours' });
    const ts = mine.ts ?? '';
    const answers = {
      nowhere: await ask(web.chat.postMessage({ channel: 'C0NOWHERE', text: 'x' })),
      notInvited: await ask(web.chat.postMessage({ channel: 'C0CLOSED', text: 'x' })),
      notEvenSeen: await ask(web.chat.postMessage({ channel: 'C0SECRET', text: 'x' })),
      nothing: await ask(web.chat.postMessage({ channel, text: '' })),
      tooLong: await ask(web.chat.postMessage({ channel, text: 'x'.repeat(40_001) })),
      tooLongEdit: await ask(web.chat.update({ channel, ts, text: 'ü'.repeat(2001) })),
      noThread: await ask(web.chat.postMessage({ channel, text: 'x', thread_ts: '1.2' })),
      gone: await ask(web.chat.update({ channel, ts: '1.2', text: 'x' })),
      notOurs: await ask(web.chat.update({ channel, ts: said.ts ?? '', text: 'x' })),
      notOursToDelete: await ask(web.chat.delete({ channel, ts: said.ts ?? '' })),
      toNobody: await ask(web.chat.postEphemeral({ channel, user: 'U0NOBODY', text: 'x' })),
      toAStranger: await ask(web.chat.postEphemeral({ channel, user: 'U0GUEST', text: 'x' })),
      badMetadata: await ask(
        web.apiCall('chat.postMessage', { channel, text: 'x', metadata: { event_type: 7, event_payload: {} } }),
      ),
      badTrigger: await ask(web.apiCall('views.open', { trigger_id: '1.2.3', view: modal })),
    };
    expect(answers).toEqual({
      nowhere: 'channel_not_found',
      notInvited: 'not_in_channel',
      notEvenSeen: 'channel_not_found',
      nothing: 'no_text',
      tooLong: 'msg_too_long',
      tooLongEdit: 'msg_too_long',
      noThread: 'thread_not_found',
      gone: 'message_not_found',
      notOurs: 'cant_update_message',
      notOursToDelete: 'cant_delete_message',
      toNobody: 'user_not_found',
      toAStranger: 'user_not_in_channel',
      badMetadata: 'invalid_metadata_format',
      badTrigger: 'invalid_trigger_id',
    });
    await act(slack, 'channel', { channel, isArchived: true });
    expect(await ask(web.chat.postMessage({ channel, text: 'x' }))).toBe('is_archived');
    expect(await ask(web.chat.update({ channel, ts, text: 'x' }))).toBe('is_archived');
  });
});

describe('files', () => {
  test('a fresh file cannot be used in a block; some time later it can', async () => {
    const { web } = await start({ fileProcessingMs: 100 });
    const { upload_url: url, file_id: id } = await web.files.getUploadURLExternal({
      filename: 'dot.png',
      length: png.length,
    });
    const upload = await fetch(url ?? '', { method: 'POST', body: new Uint8Array(png) });
    expect(upload.status).toBe(200);
    await web.files.completeUploadExternal({ files: [{ id: id ?? '', title: 'A dot' }] });
    const withPicture = () =>
      web.chat.postMessage({
        channel,
        text: 'x',
        blocks: [{ type: 'image', alt_text: 'dot', slack_file: { id: id ?? '' } }],
      });
    expect(await ask(withPicture())).toBe('invalid_blocks');
    expect((await web.files.info({ file: id ?? '' })).file?.mimetype).toBe('');
    let mimetype: string | undefined;
    while (mimetype !== 'image/png') mimetype = (await web.files.info({ file: id ?? '' })).file?.mimetype;
    expect(await ask(withPicture())).toBe('ok');
  });

  test('a shared file stands in its thread; what was never uploaded is not found', async () => {
    const { slack, web } = await start({ fileProcessingMs: 20 });
    const parent = await web.chat.postMessage({ channel, text: 'card' });
    await web.filesUploadV2({
      channel_id: channel,
      thread_ts: parent.ts ?? '',
      initial_comment: 'the end',
      file: png,
      filename: 'dot.png',
      alt_text: 'a dot',
    });
    const story = await eventually(() => slack.transcript().messages.find((message) => message.files.length === 1));
    expect(story).toMatchObject({ threadTs: parent.ts, files: [{ alt_txt: 'a dot', mimetype: 'image/png' }] });
    expect(await ask(web.files.completeUploadExternal({ files: [{ id: 'F0NONE', title: 'x' }] }))).toBe(
      'file_not_found',
    );
  });
});

describe('interactions', () => {
  test('a trigger opens one view, within three seconds; a response url answers five times', async () => {
    let nowMs = Date.now();
    const { slack, web } = await start({ nowMs: () => nowMs, requestUrl: 'http://127.0.0.1:9/', ackTimeoutMs: 500 });
    const heard: URLSearchParams[] = [];
    const app = await listenAsApp((body) => heard.push(new URLSearchParams(body)));
    slack.setRequestUrl(app.url);
    for (let time = 0; time < 2; time += 1) await slack.command({ user: 'dana', channel, text: '/tea' });
    const [first, second] = heard.map((form) => form.get('trigger_id') ?? '');
    expect(await ask(web.apiCall('views.open', { trigger_id: first, view: modal }))).toBe('ok');
    expect(await ask(web.apiCall('views.open', { trigger_id: first, view: modal }))).toBe('exchanged_trigger_id');
    nowMs += 3001;
    expect(await ask(web.apiCall('views.open', { trigger_id: second, view: modal }))).toBe('expired_trigger_id');

    const responseUrl = heard[0]?.get('response_url') ?? '';
    const answer = () => fetch(responseUrl, { method: 'POST', body: JSON.stringify({ text: 'hello' }) });
    const statuses = [];
    for (let time = 0; time < 6; time += 1) statuses.push((await answer()).status);
    expect(statuses).toEqual([200, 200, 200, 200, 200, 404]);
    nowMs += 31 * 60_000;
    expect((await fetch(heard[1]?.get('response_url') ?? '', { method: 'POST', body: '{"text":"x"}' })).status).toBe(
      404,
    );
  });

  test('a button that is no longer there cannot be pressed, nor one by a person who is not in the channel', async () => {
    const { slack, web } = await start();
    const { ts = '' } = await web.chat.postMessage({ channel, text: 'x', blocks: [section('a')] });
    await expect(slack.click({ user: 'dana', channel, ts, action_id: 'go' })).rejects.toThrow('action_not_found');
    await expect(slack.click({ user: 'gus', channel, ts, action_id: 'go' })).rejects.toThrow('channel_not_found');
    expect(await act(slack, 'click', { user: 'dana', channel, ts, action_id: 'go' })).toEqual({
      ok: false,
      error: 'action_not_found',
    });
    expect(slack.transcript().deliveries).toEqual([]);
  });
});

describe('limits', () => {
  test('one post a second and channel, with short bursts; 50 edits a minute in all', async () => {
    let nowMs = Date.now();
    const { slack, web } = await start({ limits: 'slack', nowMs: () => nowMs });
    const post = (to: string) => ask(web.chat.postMessage({ channel: to, text: 'x' }));
    const posts = [];
    for (let time = 0; time < 6; time += 1) posts.push(await post(channel));
    expect(posts).toEqual(['ok', 'ok', 'ok', 'ok', 'retry after 1', 'retry after 1']);
    expect(await post('U0VERA')).toBe('ok');
    nowMs += 1000;
    expect([await post(channel), await post(channel)]).toEqual(['ok', 'retry after 1']);

    const [story] = slack.transcript().messages;
    const edit = () => ask(web.chat.update({ channel, ts: story?.ts ?? '', text: 'y' }));
    const edits = [];
    for (let time = 0; time < 51; time += 1) {
      nowMs += 100;
      edits.push(await edit());
    }
    expect(edits.filter((answer) => answer === 'ok')).toHaveLength(50);
    expect(edits.at(-1)).toBe('retry after 55');
    nowMs += 55_000;
    expect(await edit()).toBe('ok');
  });
});

describe('faults', () => {
  test('each does what it says, and ends when it is told to', async () => {
    const { slack, web } = await start();
    const { ts = '' } = await web.chat.postMessage({ channel, text: 'x' });
    const post = () => ask(web.apiCall('chat.postMessage', { channel, text: 'x', blocks: aCard() }));
    const edit = () => ask(web.chat.update({ channel, ts, text: 'y' }));
    const answers: Record<string, string[]> = {};
    for (const fault of [
      'none',
      { kind: 'invalid_blocks', type: 'data_visualization' },
      'edit_window_closed',
      'not_in_channel',
      { kind: 'ratelimited', retryAfterSeconds: 7 },
      { kind: 'slow', delayMs: 5 },
      'disconnect',
      'down',
      { kind: 'down', how: '503' },
    ] as const) {
      expect(await act(slack, 'fault', { fault })).toMatchObject({ ok: true });
      answers[typeof fault === 'string' ? fault : `${fault.kind}…`] = [await post(), await edit()];
    }
    expect(answers).toEqual({
      none: ['ok', 'ok'],
      'invalid_blocks…': ['invalid_blocks', 'ok'],
      edit_window_closed: ['ok', 'edit_window_closed'],
      not_in_channel: ['not_in_channel', 'ok'],
      'ratelimited…': ['retry after 7', 'retry after 7'],
      'slow…': ['ok', 'ok'],
      disconnect: ['ok', 'ok'],
      down: ['WebAPIRequestError', 'WebAPIRequestError'],
      'down…': ['WebAPIHTTPError', 'WebAPIHTTPError'],
    });
    slack.setFault('none');
    expect(await edit()).toBe('ok');
    expect(await act(slack, 'fault', { fault: 'flood' })).toMatchObject({ ok: false });
  });
});

test('a SIGKILL loses nothing that was answered', async () => {
  const dataFolder = mkdtempSync(join(tmpdir(), 'slack-'));
  running.push({ stop: async () => rmSync(dataFolder, { recursive: true }) });
  const child = await startChild(dataFolder);
  const web = connect({ apiUrl: `${child.url}/api/` }, 'xoxb-sandbox-bot-token');
  const { ts = '' } = await web.chat.postMessage({ channel, text: 'one' });
  await web.chat.update({ channel, ts, text: 'two' });
  const { upload_url: url, file_id: id } = await web.files.getUploadURLExternal({
    filename: 'dot.png',
    length: png.length,
  });
  await fetch(url ?? '', { method: 'POST', body: new Uint8Array(png) });
  await web.files.completeUploadExternal({ files: [{ id: id ?? '', title: 'A dot' }] });
  const { channel: direct } = await web.conversations.open({ users: 'U0VERA' });
  child.process.kill('SIGKILL');
  await child.exited;

  const { slack, web: again } = await start({ dataFolder });
  expect(slack.transcript().messages.map((message) => message.versions.map((version) => version.text))).toEqual([
    ['one', 'two'],
  ]);
  expect(await ask(again.chat.update({ channel, ts, text: 'three' }))).toBe('ok');
  const next = await again.chat.postMessage({ channel: direct?.id ?? '', text: 'later' });
  expect(Number(next.ts)).toBeGreaterThan(Number(ts));
  const bytes = await fetch(`${slack.url}/_stand-in/files/${id}`);
  expect(Buffer.from(await bytes.arrayBuffer()).equals(png)).toBe(true);
});

function section(text: string) {
  return { type: 'section' as const, text: { type: 'mrkdwn' as const, text } };
}

const modal = { type: 'modal', title: { type: 'plain_text', text: 'Why?' }, blocks: [section('a')] };

async function act(slack: SlackApi, name: string, body: object): Promise<unknown> {
  const response = await fetch(`${slack.url}/_stand-in/${name}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
  return response.json();
}

/** An app that acknowledges everything and keeps what it heard. */
async function listenAsApp(onBody: (body: string) => void): Promise<{ url: string }> {
  const server = createServer((request, response) => {
    let body = '';
    request.on('data', (chunk) => {
      body += String(chunk);
    });
    request.on('end', () => {
      onBody(body);
      response.end();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  running.push({
    stop: async () => {
      server.closeAllConnections();
      server.close();
    },
  });
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no address');
  return { url: `http://127.0.0.1:${address.port}/` };
}

interface Child {
  readonly process: ChildProcess;
  readonly url: string;
  readonly exited: Promise<void>;
}

/** The stand-in in a process of its own. */
async function startChild(dataFolder: string): Promise<Child> {
  const door = join(import.meta.dirname, '../../../src/sandbox/slack-api/index.ts');
  const script = `
    import { createSlackApi } from ${JSON.stringify(door)};
    const slack = await createSlackApi({ dataFolder: ${JSON.stringify(dataFolder)}, fileProcessingMs: 0 });
    console.log(slack.url);
  `;
  const child = spawn(process.execPath, ['--input-type=module', '--eval', script], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const exited = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  const url = await new Promise<string>((resolve, reject) => {
    child.stdout.once('data', (data) => resolve(String(data).trim()));
    child.once('exit', () => reject(new Error('the stand-in did not start')));
  });
  return { process: child, url, exited };
}
