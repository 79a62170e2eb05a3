import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { z } from 'zod';
import { readAppManifest } from '../../src/sandbox/app-manifest.ts';
import { channelOf, type FrontDesk, isAtGate, isLive, openFrontDesk } from '../support/front-desk.ts';
import { cardWords, imageOf as imageIn, openDeployments, readDeployment } from '../support/rolling-shops.ts';

// From CI's curl line to a release that a person started from the message, from the form and from the Home tab. The workspace gives the
// app what its manifest asks for, and nothing else.

const secret = 'a secret that CI holds too';
const run = promisify(execFile);
const shops = ['ours', 'formed'];
/** Templates that stand in a Deployment: of a Rollout that names it, and of one that is guarded itself. */
const elsewhere = ['follower', 'rolled'];
let desk: FrontDesk;
let hookUrl = '';

beforeAll(async () => {
  const port = await freePort();
  hookUrl = `http://127.0.0.1:${port}`;
  desk = await openFrontDesk({
    environment: { IMAGE_HOOK_SECRET: secret, HTTP_PORT: String(port) },
    slack: {
      ...readAppManifest('manifests/install/slack-app.yaml'),
      channels: [...shops, ...elsewhere].map((name) => ({
        id: channelOf(name),
        name,
        memberIds: ['U0DANA', 'U0VERA', 'U0APPBOT'],
      })),
    },
    // Slack takes one message a second in each.
    ownChannels: [...shops, ...elsewhere],
  });
  const steps = [{ setWeight: 50 }, { pause: {} }];
  await Promise.all(shops.map((name) => desk.open({ name, replicas: 1, steps })));
  await openDeployments(desk, [{ name: 'rolled', analysis: 'none', soak: '0s' }]);
  await openFollower('follower', steps);
  await Promise.all([...shops, 'follower'].map((name) => desk.until(name, 'is live', isLive)));
  await cardWords(desk, 'rolled', 1, /is live/);
});
afterAll(() => desk.stop());

/** A Rollout that takes its template from a Deployment of its name, which has no pods. */
async function openFollower(name: string, steps: readonly object[]): Promise<void> {
  const labels = { app: name };
  const containers = [{ name: 'shop', image: 'shop:1', ports: [{ name: 'http', containerPort: 8080 }] }];
  const template = { metadata: { labels }, spec: { containers } };
  await desk.sandbox.request('POST', '/apis/apps/v1/namespaces/shop/deployments', {
    ...{ apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name, namespace: 'shop' } },
    spec: { replicas: 0, selector: { matchLabels: labels }, template },
  });
  const annotations = { 'stepwise.dev/channel': channelOf(name) };
  await desk.sandbox.request('POST', '/apis/argoproj.io/v1alpha1/namespaces/shop/rollouts', {
    ...{ apiVersion: 'argoproj.io/v1alpha1', kind: 'Rollout', metadata: { name, namespace: 'shop', annotations } },
    spec: {
      replicas: 1,
      selector: { matchLabels: labels },
      workloadRef: { apiVersion: 'apps/v1', kind: 'Deployment', name },
      strategy: { canary: { steps } },
    },
  });
}

/** Takes a port and gives it back: the service must be told one. */
async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = z.object({ port: z.number() }).parse(server.address());
  await new Promise((resolve) => server.close(resolve));
  return port;
}

/** The README's own lines, with another image. */
async function curl(image: string): Promise<string> {
  const readme = readFileSync('README.md', 'utf8');
  const lines = readme.match(/^ {4}body='[\s\S]*?-d "\$body"$/m)?.[0].replaceAll(/^ {4}/gm, '') ?? '';
  const script = lines.replace(/"image":"[^"]+"/, `"image":"${image}"`);
  const env = { PATH: process.env.PATH, IMAGE_HOOK_SECRET: secret, STEPWISE_URL: hookUrl };
  const { stdout } = await run('bash', ['-ceu', script], { env });
  return stdout;
}

const offers = () =>
  desk.slack
    .transcript()
    .messages.filter(({ versions }) => versions[0]?.text.endsWith('is built') === true)
    .map(({ channel, ts, versions }) => ({ channel, ts, text: versions[0]?.text ?? '' }));

async function offer(text: string) {
  return desk.sandbox.eventually(`"${text}" is told`, () => offers().find((one) => one.text === text), 60_000);
}

const State = z.looseObject({
  views: z.array(z.looseObject({ userId: z.string(), view: z.looseObject({ id: z.string(), blocks: z.unknown() }) })),
  homes: z.array(z.looseObject({ userId: z.string(), view: z.looseObject({ id: z.string(), blocks: z.unknown() }) })),
});

/** The form or the Home of Dana, once it says this. */
async function shown(which: 'views' | 'homes', words: RegExp) {
  return desk.sandbox.eventually(
    `her ${which} say ${words}`,
    async () => {
      const state = State.parse(await (await fetch(`${desk.slack.url}/_stand-in/state`)).json());
      const view = state[which].find(({ userId }) => userId === 'U0DANA')?.view;
      const text = JSON.stringify(view?.blocks ?? '');
      return view !== undefined && words.test(text) ? { id: view.id, text } : undefined;
    },
    60_000,
  );
}

const imageOf = async (name: string) => (await desk.rollout(name)).spec.template.spec.containers[0]?.image;

it('a build is told once in the channel, whoever tells it again; the wrong secret is told why', async () => {
  const all = 'shop/deploy/rolled, shop/follower, shop/formed, shop/ours';
  expect(await curl('shop:7')).toBe(`heard of shop:7, for ${all}\n`);
  await offer('ours 7 is built');
  await offer('follower 7 is built');
  await offer('deploy/rolled 7 is built');
  await offer('formed 7 is built');
  expect(await curl('shop:7')).toBe(`heard of shop:7 already, for ${all}\n`);
  expect(await curl('elsewhere/app:1')).toMatch(/^no rollout runs the repository of elsewhere\/app:1/);
  const forged = await fetch(`${hookUrl}/hooks/image`, { method: 'POST', body: '{"image":"shop:8"}' });
  expect(forged.status).toBe(401);
  // What comes behind it has been told, so it would have been too.
  await curl('shop:6');
  await offer('ours 6 is built');
  expect(offers().filter(({ text }) => / 7 is built/.test(text))).toHaveLength(4);
  for (const { channel, text } of offers())
    expect(channel).toBe(channelOf(text.split(' ')[0]?.replace('deploy/', '') ?? ''));
  expect(desk.publicWords()).not.toContain('shop:8');
});

it('Ship asks for the rights of whoever clicks, and for the image where something newer was built since', async () => {
  const seven = await offer('ours 7 is built');
  const refused = await desk.press('vera', seven, 'ship');
  expect(refused.words).toMatch(/does not allow .*start/);
  expect(await imageOf('ours')).toBe('shop:1');
  await desk.slack.click({ user: 'dana', channel: seven.channel, ts: seven.ts, action_id: 'ship' });
  const form = await shown('views', /built .* ago, 3 commits/);
  // Both were heard of; what the button offered is chosen.
  expect(form.text).toMatch(/"text":"6"/);
  expect(form.text).toMatch(/"initial_option":\{"text":\{[^}]*"text":"7"/);
  await desk.slack.close({ user: 'dana', view_id: form.id });

  const six = await offer('ours 6 is built');
  expect((await desk.press('dana', six, 'ship')).words).toMatch(/Asked: start shop\/ours/);
  expect(await imageOf('ours')).toBe('shop:6');
  expect((await desk.press('dana', six, 'line-1')).words).toMatch(/Plan of shop\/ours/);
});

it('ships what takes its template from elsewhere, by the button and by the form', async () => {
  const seven = await offer('follower 7 is built');
  await offer('follower 6 is built');
  await desk.slack.click({ user: 'dana', channel: seven.channel, ts: seven.ts, action_id: 'ship' });
  const form = await shown('views', /follower.*built .* ago, 3 commits/s);
  await desk.slack.submit({ user: 'dana', view_id: form.id });
  const isSeven = async () => imageIn(await readDeployment(desk, 'follower')) === 'shop:7' || undefined;
  await desk.sandbox.eventually('the Deployment asks for it', isSeven);
  await desk.until('follower', 'waits at its gate', isAtGate);

  const six = await offer('deploy/rolled 6 is built');
  expect((await desk.press('dana', six, 'ship')).words).toMatch(/Asked: start shop\/deploy\/rolled/);
  expect(imageIn(await readDeployment(desk, 'rolled'))).toBe('shop:6');
  await cardWords(desk, 'rolled', 2, /is live/);
  // What ran before, and what was built since.
  await desk.slack.command({ user: 'dana', channel: channelOf('rolled'), text: '/rollout start deploy/rolled' });
  const again = await shown('views', /ran .*as revision 1/);
  expect(again.text).toMatch(/"text":"7"/);
  await desk.slack.close({ user: 'dana', view_id: again.id });
});

it('a form sent twice starts once; one that is older than the facts says what changed', async () => {
  await desk.slack.command({ user: 'dana', channel: channelOf('formed'), text: '/rollout start formed' });
  const form = await shown('views', /Reason/);
  const first = await desk.rollout('formed');
  await desk.setImage('formed', 'shop:9');
  await desk.slack.submit({ user: 'dana', view_id: form.id });
  const again = await shown('views', /Nothing was started/);
  expect(await imageOf('formed')).toBe('shop:9');

  const twice = [0, 1].map(() => desk.slack.submit({ user: 'dana', view_id: again.id }));
  const answers = await Promise.allSettled(twice);
  expect(answers.some(({ status }) => status === 'fulfilled')).toBe(true);
  expect(await imageOf('formed')).toBe('shop:6');
  await desk.until('formed', 'waits at its gate', isAtGate);
  const revisions = (one: typeof first) => Number(one.metadata.annotations['rollout.argoproj.io/revision']);
  // One for kubectl's image, if the engine came to see it, and one for the form.
  const made = revisions(await desk.rollout('formed')) - revisions(first);
  expect([1, 2]).toContain(made);
  const asked = desk.sandbox.logs().filter((line) => line.msg === 'act done' && line.name === 'formed');
  expect(asked).toHaveLength(1);
});

it('the Home tab promotes what waits there', async () => {
  await desk.slack.shortcut({ user: 'dana', callback_id: 'start' });
  const list = await shown('views', /Service/);
  await desk.slack.close({ user: 'dana', view_id: list.id });

  await desk.until('formed', 'waits at its gate', isAtGate);
  await desk.slack.openHome({ user: 'dana' });
  const home = await shown('homes', /formed 6 at 50 %, waits for you/);
  const blocks = z
    .array(
      z.looseObject({
        block_id: z.string(),
        elements: z
          .array(z.looseObject({ action_id: z.string().optional(), accessibility_label: z.string().optional() }))
          .optional(),
      }),
    )
    .parse(JSON.parse(home.text));
  const row = blocks.find(({ elements }) =>
    elements?.some((one) => one.action_id === 'promote' && /formed/.test(one.accessibility_label ?? '')),
  );
  await desk.slack.clickInView({ user: 'dana', view_id: home.id, action_id: 'promote', block_id: row?.block_id });
  await shown('homes', /Asked: promote shop\/formed/);
  await desk.until('formed', 'is live', isLive);
});
