import { afterEach, describe, expect, it } from 'vitest';
import type { ServiceProcess } from '../../src/sandbox/service-process.ts';
import { hasRedisServer, startRedisServer } from '../support/redis-server.ts';
import { asTold, buildStreet, readKeeper, seenOf } from '../support/shops.ts';

const together = ['north', 'east', 'south', 'west'];
const shops = [...together, 'orphaned', 'inherited'];

const stops: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const stop of stops.splice(0).reverse()) await stop();
});

describe.skipIf(!hasRedisServer())('two replicas on one Redis', () => {
  it('each take their part, say and do nothing twice, and go on for each other when one is killed', async () => {
    const { street, replicas, portOf } = await startPair();
    for (const shop of together) await street.release(shop, 'shop:2');
    for (const shop of together) await street.untilLive(shop);
    const turns = await Promise.all(['one', 'two'].map((name) => readTurns(portOf(name))));
    const total = turns.reduce((sum, count) => sum + count, 0);
    expect(
      turns.map((count) => count / total >= 0.3),
      `turns taken: ${turns.join(' and ')}`,
    ).toEqual([true, true]);

    for (const [shop, isKeeper] of [
      ['orphaned', true],
      ['inherited', false],
    ] as const) {
      await street.release(shop, 'shop:2');
      await street.untilWeight(shop, 10);
      const keeper = await readKeeper(street);
      const victim = [...replicas.keys()].find((name) => (name === keeper) === isKeeper) ?? '';
      replicas.get(victim)?.kill(0);
      const killedAtMs = performance.now();
      await street.untilWeight(shop, 25);
      const tookSeconds = (performance.now() - killedAtMs) / 1000;
      process.stdout.write(
        `killed ${isKeeper ? 'the keeper' : 'the other'}: next weight after ${tookSeconds.toFixed(1)} s\n`,
      );
      await street.untilLive(shop);
    }
    expect(shops.map((shop) => seenOf(street, shop))).toEqual(shops.map((shop) => asTold(shop, 'live')));
  });
});

async function startPair() {
  const redis = await startRedisServer('port');
  stops.push(() => redis.stop());
  const street = await buildStreet(shops);
  stops.push(() => street.stop());
  const replicas = new Map<string, ServiceProcess>();
  for (const name of ['one', 'two']) {
    const settings = { ...street.settings, REDIS_URL: redis.url, POD_NAME: name };
    replicas.set(name, street.sandbox.startService(settings));
  }
  const portOf = (name: string) =>
    street.sandbox.logs().find(({ msg, pod }) => msg === 'started' && pod === name)?.port;
  await street.sandbox.eventually('both have started', () => (portOf('one') && portOf('two')) || undefined, 60_000);
  await street.untilOpen();
  return { street, replicas, portOf };
}

/** All turns that a replica took, of every kind. */
async function readTurns(port: unknown): Promise<number> {
  const response = await fetch(`http://127.0.0.1:${port}/metrics`);
  const counts = (await response.text()).matchAll(/^stepwise_turn_seconds_count\{.*\} (\d+)$/gm);
  let total = 0;
  for (const [, count] of counts) total += Number(count);
  return total;
}
