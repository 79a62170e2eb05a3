import { createHash } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { takeBuildsTurn } from '../../../src/engine/builds.ts';
import { resources } from '../../../src/kubernetes/index.ts';
import { NotNowError } from '../../../src/lib/index.ts';
import { createHeardImages, type HeardImages } from '../../../src/records/index.ts';
import { silentLog } from '../../support/silent-log.ts';
import { startTestCluster, type TestCluster } from '../../support/test-cluster.ts';

// What two replicas, a Slack that says "not now" and a kill make of builds: kept in a real ConfigMap.

const repository = 'ghcr.io/acme/checkout';
const image = (tag: string) => `${repository}:${tag}`;
const digest = (letter: string) => `sha256:${letter.repeat(64)}`;

let world: TestCluster;
let namespace: string;
let heard: HeardImages;
let messages: string[];
let sayNo: Error | undefined;
/** The replicas' clock. */
let laterMs = 0;

beforeAll(async () => {
  world = await startTestCluster();
});
afterAll(() => world.stop());
beforeEach(async () => {
  namespace = await world.namespace();
  heard = open();
  messages = [];
  sayNo = undefined;
  laterMs = 0;
});

function open(): HeardImages {
  return createHeardImages({ cluster: world.cluster, namespace, log: silentLog });
}

function takeTurn(store: HeardImages = open(), rollouts = ['checkout']) {
  const tools = {
    heard: store,
    noticesOf: async (build: { readonly image: string }) =>
      rollouts.map((name) => ({
        channel: `C0${name}`,
        notice: {
          namespace: 'shop',
          name,
          image: build.image,
          images: [],
          commits: undefined,
          link: undefined,
          by: undefined,
        },
      })),
    notifier: {
      async tellBuild(notice: { readonly name: string; readonly image: string }, { channel }: { channel: string }) {
        if (sayNo !== undefined) throw sayNo;
        messages.push(`${notice.name} ${notice.image.split(':')[1]}`);
        return { channel, ts: String(messages.length) };
      },
    },
    nowMs: () => world.cluster.nowMs() + laterMs,
    log: silentLog,
  };
  return takeBuildsTurn(tools, world.signal);
}

it('tells a build once, however often it is told of, by whichever replica, after any restart', async () => {
  expect(await heard.hear(repository, { image: image('2.0.1') }, world.signal)).toEqual({ isKnown: false });
  expect(await open().hear(repository, { image: image('2.0.1') }, world.signal)).toEqual({ isKnown: true });
  expect(await takeTurn()).toEqual({});
  expect(await takeTurn()).toEqual({});
  expect(messages).toEqual(['checkout 2.0.1']);
});

it('tells a tag again that was built again, by its digest', async () => {
  for (const letter of ['a', 'a', 'b']) {
    await heard.hear(repository, { image: image('main'), digest: digest(letter) }, world.signal);
    await takeTurn();
  }
  expect(messages).toEqual(['checkout main', 'checkout main']);
});

it('two replicas that take the same turn tell it once', async () => {
  await heard.hear(repository, { image: image('2.0.1') }, world.signal);
  const outcomes = await Promise.all([takeTurn(), takeTurn(), takeTurn()]);
  expect(messages).toEqual(['checkout 2.0.1']);
  // Whoever came second comes back, and finds it told.
  for (const { wakeAfterMs } of outcomes) if (wakeAfterMs !== undefined) expect(wakeAfterMs).toBeGreaterThan(0);
  laterMs = 20_000;
  expect(await takeTurn()).toEqual({});
  expect(messages).toHaveLength(1);
});

it('comes back when Slack says "not now", and one channel that is closed holds up no other', async () => {
  await heard.hear(repository, { image: image('2.0.1') }, world.signal);
  sayNo = new NotNowError('one message a second', 1500);
  expect(await takeTurn()).toEqual({ wakeAfterMs: 1500 });
  sayNo = undefined;
  expect(await takeTurn(open(), ['checkout', 'cart'])).toEqual({});
  expect(messages).toEqual(['checkout 2.0.1', 'cart 2.0.1']);
});

it('a post whose answer was lost is left alone until its claim is stale', async () => {
  await heard.hear(repository, { image: image('2.0.1') }, world.signal);
  sayNo = new NotNowError('no answer', 3000, { cause: new Error('timeout') });
  const { wakeAfterMs = 0 } = await takeTurn();
  expect(wakeAfterMs).toBeGreaterThanOrEqual(12_000);
  sayNo = undefined;
  const again = await takeTurn();
  expect(again.wakeAfterMs).toBeLessThanOrEqual(12_000);
  expect(messages).toEqual([]);
  laterMs = 13_000;
  await takeTurn();
  expect(messages).toEqual(['checkout 2.0.1']);
});

it('what could not be told within an hour is no news', async () => {
  await heard.hear(repository, { image: image('2.0.1') }, world.signal);
  laterMs = 61 * 60_000;
  expect(await takeTurn()).toEqual({});
  expect(messages).toEqual([]);
});

it('remembers the newest ten of each repository, and what many hear at once', async () => {
  const tags = Array.from({ length: 14 }, (_, index) => `2.0.${index}`);
  for (const tag of tags) await heard.hear(repository, { image: image(tag), commits: 3 }, world.signal);
  await Promise.all(
    ['cart', 'web', 'search', 'pay'].map((name) =>
      open().hear(`ghcr.io/acme/${name}`, { image: `ghcr.io/acme/${name}:1` }, world.signal),
    ),
  );
  const own = await heard.list([repository], world.signal);
  expect(own.map((one) => one.image)).toEqual(tags.toReversed().slice(0, 10).map(image));
  expect(await heard.list(undefined, world.signal)).toHaveLength(14);
});

it('keeps within what one ConfigMap holds: the repositories of longest ago go first', async () => {
  const link = `https://example.com/${'x'.repeat(480)}`;
  const told = Object.fromEntries(
    Array.from({ length: 150 }, (_, index) => [
      `namespace-${index}/rollout-${index}`,
      { state: 'told', channel: 'C0123456789', ts: '1700000000.000000' },
    ]),
  );
  const data: Record<string, string> = {};
  for (let index = 0; index < 60; index++) {
    const name = `ghcr.io/acme/old-${index}`;
    const heardAt = new Date(Date.UTC(2026, 0, 1, 0, index)).toISOString();
    const images = [{ image: `${name}:1`, heardAt, link, told }];
    data[createHash('sha256').update(name).digest('hex').slice(0, 32)] = JSON.stringify({ repository: name, images });
  }
  await world.cluster.create(
    resources.configMaps,
    { metadata: { namespace, name: 'stepwise-heard-images' }, data },
    { signal: world.signal },
  );
  await heard.hear(repository, { image: image('2.0.1') }, world.signal);
  const all = await heard.list(undefined, world.signal);
  expect(all.some((one) => one.image === image('2.0.1'))).toBe(true);
  expect(all.some((one) => one.image === 'ghcr.io/acme/old-59:1')).toBe(true);
  expect(all.some((one) => one.image === 'ghcr.io/acme/old-0:1')).toBe(false);
  expect(Buffer.byteLength(JSON.stringify(all))).toBeLessThan(720 * 1024);
});

it('leaves alone what it cannot read', async () => {
  const metadata = { namespace, name: 'stepwise-heard-images' };
  const data = { broken: '{', other: '{"repository":3}' };
  await world.cluster.create(resources.configMaps, { metadata, data }, { signal: world.signal });
  await heard.hear(repository, { image: image('2.0.1') }, world.signal);
  expect(await heard.list(undefined, world.signal)).toHaveLength(1);
  const object = await world.cluster.get(resources.configMaps, metadata, world.signal);
  expect(object?.data).toMatchObject(data);
});
