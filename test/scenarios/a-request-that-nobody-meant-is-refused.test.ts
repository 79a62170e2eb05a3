import { createHmac } from 'node:crypto';
import { createServer, type IncomingHttpHeaders, type IncomingMessage, type Server } from 'node:http';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { z } from 'zod';
import { type ButtonPayload, createSigner } from '../../src/slack/actions/signed-value.ts';
import { type FrontDesk, isAtGate, isLive, openFrontDesk, type Told } from '../support/front-desk.ts';

/** A request as it passed between Slack and the service. */
interface Passed {
  readonly body: string;
  readonly headers: IncomingHttpHeaders;
}

let desk: FrontDesk;
let wire: Server;
let serviceUrl = '';
let card: Told;
const passed: Passed[] = [];

beforeAll(async () => {
  const port = await freePort();
  serviceUrl = `http://127.0.0.1:${port}/slack/events`;
  const slackSecret = 'the signing secret of this workspace';
  desk = await openFrontDesk({
    environment: {
      SLACK_MODE: 'http',
      SLACK_PORT: String(port),
      SLACK_SIGNING_SECRET: slackSecret,
      SLACK_APP_TOKEN: '',
    },
    slack: { signingSecret: slackSecret },
  });
  const wireUrl = await startWire();
  desk.slack.setRequestUrl(wireUrl);
  await desk.open({ name: 'gated', replicas: 1, steps: [{ setWeight: 50 }, { pause: {} }] });
  await desk.until('gated', 'is live', isLive);
  await desk.setImage('gated', 'shop:2');
  await desk.until('gated', 'waits at its gate', isAtGate);
  card = await desk.card('gated', 2, /waits for you/);
});
afterAll(async () => {
  await new Promise((resolve) => wire.close(resolve));
  await desk.stop();
});

/** Takes a port and gives it back: the service must be told one. */
async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = z.object({ port: z.number() }).parse(server.address());
  await new Promise((resolve) => server.close(resolve));
  return address.port;
}

/** Passes everything on, and keeps it: what somebody who reads along could send again. */
async function startWire(): Promise<string> {
  wire = createServer((request, response) => {
    passOn(request).then(
      ({ status, text }) => response.writeHead(status, { 'content-type': 'application/json' }).end(text),
      (error: unknown) => response.writeHead(502).end(String(error)),
    );
  });
  await new Promise<void>((resolve) => wire.listen(0, '127.0.0.1', resolve));
  return `http://127.0.0.1:${z.object({ port: z.number() }).parse(wire.address()).port}/slack/events`;
}

async function passOn(request: IncomingMessage): Promise<{ readonly status: number; readonly text: string }> {
  const parts: Uint8Array[] = [];
  for await (const part of request) parts.push(part);
  const one: Passed = { body: Buffer.concat(parts).toString(), headers: request.headers };
  passed.push(one);
  return send(one);
}

async function send({ body, headers }: Passed): Promise<{ readonly status: number; readonly text: string }> {
  const kept = ['content-type', 'x-slack-request-timestamp', 'x-slack-signature'] as const;
  const answer = await fetch(serviceUrl, {
    method: 'POST',
    body,
    headers: Object.fromEntries(kept.map((name) => [name, String(headers[name])])),
  });
  return { status: answer.status, text: await answer.text() };
}

function signed(body: string, { ageSeconds = 0, secret = desk.slack.signingSecret } = {}): Passed {
  const sentAt = String(Math.floor(Date.now() / 1000) - ageSeconds);
  const signature = createHmac('sha256', secret).update(`v0:${sentAt}:${body}`).digest('hex');
  const headers = {
    'content-type': 'application/x-www-form-urlencoded',
    'x-slack-request-timestamp': sentAt,
    'x-slack-signature': `v0=${signature}`,
  };
  return { body, headers };
}

const Interaction = z.looseObject({ actions: z.array(z.looseObject({ action_id: z.string(), value: z.string() })) });

/** A click as Slack would send it, with another action or value inside. */
function clickWith(change: { readonly actionId?: string; readonly value: string }): string {
  const recorded = passed.findLast(({ body }) => body.startsWith('payload='));
  const payload = Interaction.parse(JSON.parse(new URLSearchParams(recorded?.body).get('payload') ?? ''));
  const [action] = payload.actions;
  const actions = [{ ...action, action_id: change.actionId ?? action?.action_id, value: change.value }];
  return new URLSearchParams({ payload: JSON.stringify({ ...payload, actions }) }).toString();
}

function commandBody(text: string): string {
  const recorded = passed.findLast(({ body }) => body.includes('command='));
  const form = new URLSearchParams(recorded?.body);
  form.set('text', text);
  return form.toString();
}

const versionNow = async () => (await desk.rollout('gated')).metadata.resourceVersion;

/** What comes behind it has been served, so it was too. */
async function sentinel(): Promise<void> {
  await desk.type('dana', '/rollout whoami');
}

it('words and clicks are served over HTTP', async () => {
  expect((await desk.type('dana', '/rollout why gated')).words).toContain('gated');
  expect((await desk.press('vera', card, 'promote')).words).toContain('does not allow slack:U0VERA');
});

it.each([
  ['signed with another secret', { secret: 'guessed' }, 401],
  ['six minutes old', { ageSeconds: 360 }, 401],
  ['an hour from the future', { ageSeconds: -3600 }, 200],
])('a command that is %s does nothing', async (_, how, status) => {
  const before = await versionNow();
  const answers = desk.answersTo('dana').length;
  const answer = await send(signed(commandBody('abort gated'), how));
  expect(answer.status).toBe(status);
  if (status === 200) expect(answer.text).toContain('its time is wrong: nothing was done');
  await sentinel();
  expect(desk.answersTo('dana')).toHaveLength(answers + 1);
  expect(await versionNow()).toBe(before);
});

it('the same request twice acts once: the second is told that it was seen', async () => {
  const request = signed(commandBody('pause gated'));
  expect((await send(request)).text).not.toContain('seen before');
  await desk.until('gated', 'is paused', ({ spec }) => spec.paused === true);
  // Its answer comes behind it, and must not be taken for that of the next words.
  await desk.sandbox.eventually('the answer to the pause', () =>
    desk.answersTo('dana').some(({ words }) => words.includes('Asked: pause')) ? true : undefined,
  );
  expect((await desk.type('dana', '/rollout resume gated')).words).toContain('Asked: resume');
  expect((await send(request)).text).toContain('This request was seen before');
  await sentinel();
  expect((await desk.rollout('gated')).spec.paused).not.toBe(true);
  await desk.until('gated', 'waits at its gate', isAtGate);
});

const Fields = z.array(z.unknown());

function edited(value: string, change: (fields: unknown[]) => unknown[]): string {
  const [version, id, body = '', mac] = value.split('.');
  const fields = change(Fields.parse(JSON.parse(Buffer.from(body, 'base64url').toString())));
  return [version, id, Buffer.from(JSON.stringify(fields)).toString('base64url'), mac].join('.');
}

/** The signed value of the Abort on the card as it is now. */
async function abortValue(): Promise<string> {
  const { buttons } = await desk.card('gated', 2, /waits for you/);
  return buttons.find(({ id }) => id === 'abort')?.value ?? '';
}

function ownSigner() {
  return createSigner([desk.sandbox.standIns.environment.SIGNING_KEY ?? '']);
}

const asAct = (payload: ButtonPayload | undefined) => {
  if (payload?.kind !== 'act') throw new Error('not a button of a card');
  return payload;
};

it.each<[string, (value: string) => { readonly actionId?: string; readonly value: string }, RegExp]>([
  [
    'an edited payload',
    (value) => ({ value: edited(value, ([, ...rest]) => ['promote', ...rest]), actionId: 'promote' }),
    /not signed by me/,
  ],
  [
    'another name inside',
    (value) => ({ value: edited(value, (fields) => fields.map((field) => (field === 'gated' ? 'checkout' : field))) }),
    /not signed by me/,
  ],
  [
    'a signature of another key',
    (value) => ({ value: createSigner(['another key']).sign(asAct(ownSigner().verify(value))) }),
    /not signed by me/,
  ],
  ['the value of another button', (value) => ({ value, actionId: 'promote' }), /not signed by me/],
  ['nothing', () => ({ value: '' }), /not signed by me/],
  ['garbage', () => ({ value: '1.abc.{}.x' }), /not signed by me/],
  [
    'another cluster',
    (value) => ({ value: ownSigner().sign({ ...asAct(ownSigner().verify(value)), clusterUid: 'elsewhere' }) }),
    /belongs to another cluster/,
  ],
  [
    'a rollout of the same name that was there before',
    (value) => {
      const payload = asAct(ownSigner().verify(value));
      return { value: ownSigner().sign({ ...payload, binding: { ...payload.binding, uid: 'gone' } }) };
    },
    /no longer so/,
  ],
])('a button with %s does nothing', async (_, forge, words) => {
  // A click that Kubernetes refuses, so that there is one to forge: Omar may abort, not promote.
  await desk.press('omar', card, 'promote');
  const before = await versionNow();
  const answers = desk.answersTo('omar').length;
  expect((await send(signed(clickWith({ actionId: 'abort', ...forge(await abortValue()) })))).status).toBe(200);
  const answer = await desk.sandbox.eventually('an answer', () => desk.answersTo('omar')[answers]);
  expect(answer.words).toMatch(words);
  expect(await versionNow()).toBe(before);
});

it('the button as it was signed acts', async () => {
  expect((await desk.press('omar', card, 'abort')).words).toContain('Asked: abort shop/gated');
  await desk.until('gated', 'is aborted', ({ status }) => status.phase === 'Degraded');
});
