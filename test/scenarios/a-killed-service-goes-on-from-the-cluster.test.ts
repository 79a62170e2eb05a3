import { Redis } from 'ioredis';
import { afterEach, expect, it } from 'vitest';
import { z } from 'zod';
import { kubeconfigThrough, type LineHooks, type Passing, startBreakableLine } from '../support/breakable-line.ts';
import { hasRedisServer, startRedisServer } from '../support/redis-server.ts';
import { asTold, buildStreet, channelOf, type Street, seenOf, toldOf } from '../support/shops.ts';

const good = ['good1', 'good2', 'good3', 'good4'];
const bad = ['bad1', 'bad2', 'bad3', 'bad4', 'bad5'];
const shops = [...good, ...bad];
const seed = 20_261_120;

/** One kill: at the moment the API (or Slack) has done the `nth` thing for this shop, before the service knows. */
interface Point {
  readonly shop: string;
  readonly nth: number;
  before?: string;
  after?: string;
}

const stops: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const stop of stops.splice(0).reverse()) await stop();
});

it('at 30 points, with every weight in its order, one ReplicaSet, one card and one end for each revision', async () => {
  const street = await buildStreet(shops);
  stops.push(() => street.stop());
  const killing = await startKilling(street, await startQueue());
  await street.untilOpen(200_000);
  // What is killed is the second release: the first one has been told.
  const hasCard = (shop: string) => toldOf(street.slack, shop, 1).cards.length > 0;
  await street.sandbox.eventually('every first card', () => shops.every(hasCard) || undefined, 120_000);

  killing.begin(choosePoints());
  for (const shop of good) await street.release(shop, 'shop:2');
  for (const shop of bad) await street.release(shop, 'shop:bad');
  for (const shop of good) await street.untilLive(shop, 400_000);
  for (const shop of bad) await street.untilBack(shop, 400_000);

  const table = killing.points().map(({ shop, nth, before, after }) => `${shop} #${nth}: ${before} | ${after}`);
  expect(
    table.filter((line) => line.includes('undefined')),
    'points that were not reached',
  ).toEqual([]);
  const told = [...good.map((shop) => asTold(shop, 'live')), ...bad.map((shop) => asTold(shop, 'back'))];
  expect(
    shops.map((shop) => seenOf(street, shop)),
    table.join('\n'),
  ).toEqual(told);
}, 600_000);

/** Five points for each good release, two for each bad one: each somewhere in its own part of the way. */
function choosePoints(): Point[] {
  const random = mulberry32(seed);
  const within = (from: number, to: number) => from + Math.floor(random() * (to - from));
  return [
    ...good.flatMap((shop) =>
      [0, 14, 28, 42, 56].map((from) => within(from + 1, from + 15)).map((nth) => ({ shop, nth })),
    ),
    ...bad.flatMap((shop) => [0, 20].map((from) => within(from + 1, from + 21)).map((nth) => ({ shop, nth }))),
  ];
}

function mulberry32(start: number): () => number {
  let state = start;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/**
 * Two replicas with a queue of their own each, behind lines of their own. Only the keeper's queue is fed: so the other one stands by,
 * booted, and what it takes over is what the cluster remembers and nothing else.
 */
async function startKilling({ sandbox, slack, settings }: Street, queue: Queue) {
  let open: readonly Point[] | undefined;
  const counts = new Map<string, number>();
  const summaries = new Map<string, string>();
  sandbox.standIns.kubernetes?.onWrite(({ verb, name, summary }) => summaries.set(`${verb} ${name}`, summary));

  /** Names one effect on a shop; undefined: something else. */
  function effectOf(request: Passing, body: string): { readonly shop: string; readonly effect: string } | undefined {
    if (request.method === 'GET') return undefined;
    if (request.path.startsWith('/api/chat.')) {
      const channel = new URLSearchParams(request.body).get('channel');
      const shop = shops.find((candidate) => channelOf(candidate) === channel);
      return shop === undefined ? undefined : { shop, effect: request.path.slice('/api/'.length) };
    }
    const written = Written.safeParse(parseJson(body));
    const shop = /^(good|bad)\d+/.exec(written.data?.metadata.name ?? '')?.[0];
    const key = `${request.method} ${written.data?.metadata.name}`;
    return shop === undefined ? undefined : { shop, effect: summaries.get(key) ?? key };
  }

  async function startReplica(name: string): Promise<void> {
    let dying: number | undefined;
    const onDone: LineHooks['onDone'] = (request, { status, body }) => {
      const isDead = dying !== undefined && dying === service.pid();
      const named = status < 300 && open !== undefined ? effectOf(request, body) : undefined;
      if (named === undefined || open === undefined) return isDead ? 'drop' : 'pass';
      const { shop, effect } = named;
      const nth = (counts.get(shop) ?? 0) + 1;
      counts.set(shop, nth);
      for (const point of open) if (point.shop === shop && point.before !== undefined) point.after ??= effect;
      const point = open.find(
        (candidate) => candidate.shop === shop && candidate.nth <= nth && candidate.before === undefined,
      );
      if (isDead) return 'drop';
      if (point === undefined) return 'pass';
      point.before = effect;
      dying = service.pid();
      service.kill(0);
      queue.empty();
      return 'drop';
    };
    const api = await startBreakableLine(sandbox.standIns.kubernetes?.url ?? '', { onDone });
    const toSlack = await startBreakableLine(slack.url, { onDone });
    const service = sandbox.startService({
      ...settings,
      SLACK_API_URL: `${toSlack.url}/api/`,
      KUBECONFIG: kubeconfigThrough(api, sandbox.standIns.environment.KUBECONFIG ?? ''),
      ...queue.settings(name),
      DATA_DIR: `${sandbox.standIns.environment.DATA_DIR}-${name}`,
      LEASE_SECONDS: '2',
      POD_NAME: name,
    });
    stops.push(async () => {
      await service.stop();
      await Promise.all([api.stop(), toSlack.stop()]);
    });
  }
  await startReplica('one');
  await startReplica('two');
  return {
    begin(points: readonly Point[]) {
      open = points;
    },
    points: () => open ?? [],
  };
}

interface Queue {
  settings(replica: string): Record<string, string>;
  /** The killed replica's queue is lost with it. */
  empty(): void;
}

/** In Redis where there is one: the embedded queue, which empties itself at each start, needs a second more to open. */
async function startQueue(): Promise<Queue> {
  if (!hasRedisServer()) return { settings: () => ({}), empty: () => undefined };
  const server = await startRedisServer('port');
  const redis = new Redis(server.url);
  stops.push(async () => {
    redis.disconnect();
    await server.stop();
  });
  return {
    settings: (replica) => ({ REDIS_URL: server.url, QUEUE_PREFIX: replica }),
    empty: () => void redis.flushall(),
  };
}

const Written = z.looseObject({ metadata: z.looseObject({ name: z.string() }) });

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
