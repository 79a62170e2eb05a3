import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, describe, expect, it } from 'vitest';
import { type BreakableLine, kubeconfigThrough, startBreakableLine } from '../support/breakable-line.ts';
import { hasRedisServer, startRedisServer } from '../support/redis-server.ts';
import { buildStreet, paths, readKeeper, type Street } from '../support/shops.ts';

const shops = ['early', 'late'];
const gates = [{ setWeight: 25 }, { pause: {} }, { setWeight: 75 }, { pause: {} }];

const stops: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const stop of stops.splice(0).reverse()) await stop();
});

describe.skipIf(!hasRedisServer())('a replica whose watches are frozen', () => {
  it('raises no weight after an abort is stored, and does not hold the abort up, be it the keeper or not', async () => {
    const { street, lines } = await startPair();
    const writes = noteWrites(street);
    for (const shop of shops) await street.release(shop, 'shop:2');
    for (const shop of shops) await street.untilWeight(shop, 25);

    const keeper = await readKeeper(street);
    const other = keeper === 'one' ? 'two' : 'one';
    for (const [shop, frozen] of [
      ['early', other],
      ['late', keeper],
    ] as const) {
      lines.get(frozen)?.freezeWatches();
      const disturbance = keepTouching(street, shop);
      await sleep(500);
      await abort(street, shop);
      const abortedAtMs = performance.now();
      await street.untilWeight(shop, 0, 20_000);
      const tookMs = performance.now() - abortedAtMs;
      process.stdout.write(`${frozen === keeper ? 'the keeper' : 'another'} frozen: 0 after ${tookMs.toFixed()} ms\n`);
      // Turns go on, on both replicas: one of them still believes in the rollout from before the abort.
      await sleep(2000);
      await disturbance.stop();
      lines.get(frozen)?.thawWatches();
    }
    for (const shop of shops) {
      const ofShop = writes.filter((write) => write.shop === shop).map(({ what }) => what);
      expect(ofShop.slice(ofShop.indexOf('abort')), shop).toEqual(['abort', '0']);
      expect(street.watcher.weightsOf(shop), shop).toEqual([25, 0]);
    }
  });
});

async function startPair() {
  const redis = await startRedisServer('port');
  stops.push(() => redis.stop());
  const street = await buildStreet(shops, gates);
  stops.push(() => street.stop());
  const lines = new Map<string, BreakableLine>();
  const { kubernetes, environment } = street.sandbox.standIns;
  for (const name of ['one', 'two']) {
    const line = await startBreakableLine(kubernetes?.url ?? '');
    stops.push(() => line.stop());
    lines.set(name, line);
    street.sandbox.startService({
      ...street.settings,
      KUBECONFIG: kubeconfigThrough(line, environment.KUBECONFIG ?? ''),
      REDIS_URL: redis.url,
      POD_NAME: name,
    });
  }
  const isStarted = (name: string) => street.sandbox.logs().some(({ msg, pod }) => msg === 'started' && pod === name);
  await street.sandbox.eventually(
    'both have started',
    () => (isStarted('one') && isStarted('two')) || undefined,
    60_000,
  );
  await street.untilOpen();
  return { street, lines };
}

/** Each abort and each weight in the order in which the API stored them. */
function noteWrites({ sandbox }: Street): { readonly shop: string; readonly what: string }[] {
  const writes: { readonly shop: string; readonly what: string }[] = [];
  sandbox.standIns.kubernetes?.onWrite(({ resource, name, summary, status }) => {
    if (status >= 300) return;
    const weight = / canary-weight=(\d+)/.exec(summary)?.[1];
    if (resource === 'ingresses' && weight !== undefined) writes.push({ shop: name.split('-')[0] ?? '', what: weight });
    if (resource === 'rollouts' && / abort=true/.test(summary)) writes.push({ shop: name, what: 'abort' });
  });
  return writes;
}

/** As `kubectl argo rollouts abort` does it. */
async function abort({ sandbox }: Street, shop: string): Promise<void> {
  const path = `${paths.argo}/rollouts/${shop}/status`;
  await sandbox.request('PATCH', path, { status: { abort: true } }, 'application/merge-patch+json');
}

/** Somebody annotates the Rollout all the time: each change is a turn, and each turn may be the frozen replica's. */
function keepTouching({ sandbox }: Street, shop: string): { stop(): Promise<void> } {
  const ending = new AbortController();
  async function touch(): Promise<void> {
    for (let count = 0; !ending.signal.aborted; count++) {
      const change = { metadata: { annotations: { touched: `${count}` } } };
      await sandbox.request('PATCH', `${paths.argo}/rollouts/${shop}`, change, 'application/merge-patch+json');
      await sleep(50);
    }
  }
  // Where the test ends before this does, the API is gone.
  const touching = touch().catch(() => undefined);
  return {
    async stop() {
      ending.abort();
      await touching;
    },
  };
}
