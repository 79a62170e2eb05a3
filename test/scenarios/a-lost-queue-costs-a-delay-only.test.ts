import { Redis } from 'ioredis';
import { afterEach, describe, expect, it } from 'vitest';
import { hasRedisServer, type RedisServer, startRedisServer } from '../support/redis-server.ts';
import { asTold, buildStreet, type Street, seenOf } from '../support/shops.ts';

const shops = ['left', 'right'];

const stops: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const stop of stops.splice(0).reverse()) await stop();
});

describe.skipIf(!hasRedisServer())('a rollout', () => {
  it('goes on when Redis is emptied, at every weight', async () => {
    const { street, redis } = await startOnRedis();
    const client = new Redis(redis.url);
    stops.push(async () => client.disconnect());
    for (const shop of shops) await street.release(shop, 'shop:2');
    for (const weight of [10, 25, 75]) {
      await street.untilWeight('left', weight);
      await client.flushall();
    }
    for (const shop of shops) await street.untilLive(shop);
    expect(shops.map((shop) => seenOf(street, shop))).toEqual(shops.map((shop) => asTold(shop, 'live')));
  });

  it.each([
    ['killed', (redis: RedisServer) => redis.kill(), (redis: RedisServer) => redis.restart()],
    [
      'stopped',
      async (redis: RedisServer) => void process.kill(redis.pid, 'SIGSTOP'),
      async (redis: RedisServer) => void process.kill(redis.pid, 'SIGCONT'),
    ],
  ])(
    'goes back while Redis is %s, and the next one goes its way when it is back',
    async (_how, takeAway, bringBack) => {
      const { street, redis } = await startOnRedis();
      await street.release('left', 'shop:bad');
      await street.untilWeight('left', 10);
      await takeAway(redis);
      const goneAtMs = performance.now();
      await street.untilWeight('left', 0);
      process.stdout.write(`without Redis: back at 0 after ${((performance.now() - goneAtMs) / 1000).toFixed(1)} s\n`);
      await street.untilBack('left');
      await bringBack(redis);
      await street.release('right', 'shop:2');
      await street.untilLive('right');
      expect(shops.map((shop) => seenOf(street, shop))).toEqual([asTold('left', 'back'), asTold('right', 'live')]);
    },
  );
});

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
