import { Redis } from 'ioredis';
import { afterEach, describe, expect, it } from 'vitest';
import { hasRedisServer, type RedisServer, startRedisServer } from '../support/redis-server.ts';
import { asTold, buildStreet, type Street, seenOf } from '../support/shops.ts';

const good = ['flushed', 'after'];
const bad = ['killed', 'stopped'];
const shops = [...good, ...bad];

const stops: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const stop of stops.splice(0).reverse()) await stop();
});

describe.skipIf(!hasRedisServer())('a rollout', () => {
  it('goes on when Redis is emptied at every weight, goes back while it is away, and goes its way when it is back', async () => {
    const { street, redis } = await startOnRedis();
    const client = new Redis(redis.url);
    client.on('error', () => undefined);
    stops.push(async () => client.disconnect());
    await street.release('flushed', 'shop:2');
    for (const weight of [10, 25, 75]) {
      await street.untilWeight('flushed', weight);
      await client.flushall();
    }
    await street.untilLive('flushed');

    await backWithout(street, 'killed', () => redis.kill());
    await redis.restart();
    await backWithout(street, 'stopped', async () => void process.kill(redis.pid, 'SIGSTOP'));
    process.kill(redis.pid, 'SIGCONT');
    await street.release('after', 'shop:2');
    await street.untilLive('after');
    const told = [...good.map((shop) => asTold(shop, 'live')), ...bad.map((shop) => asTold(shop, 'back'))];
    expect(shops.map((shop) => seenOf(street, shop))).toEqual(told);
  });
});

/** Takes Redis away in the middle of a bad release. */
async function backWithout(street: Street, shop: string, takeAway: () => Promise<void>): Promise<void> {
  await street.release(shop, 'shop:bad');
  await street.untilWeight(shop, 10);
  await takeAway();
  const goneAtMs = performance.now();
  await street.untilWeight(shop, 0);
  process.stdout.write(`Redis ${shop}: back at 0 after ${((performance.now() - goneAtMs) / 1000).toFixed(1)} s\n`);
  await street.untilBack(shop);
}

async function startOnRedis(): Promise<{ readonly street: Street; readonly redis: RedisServer }> {
  const redis = await startRedisServer('port');
  stops.push(() => redis.stop());
  const street = await buildStreet(shops);
  stops.push(() => street.stop());
  for (const name of ['one', 'two']) {
    street.sandbox.startService({ ...street.settings, REDIS_URL: redis.url, POD_NAME: name });
  }
  await street.untilOpen();
  return { street, redis };
}
