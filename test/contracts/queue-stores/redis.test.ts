import { randomUUID } from 'node:crypto';
import { Redis } from 'ioredis';
import { pino } from 'pino';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createQueueStore, createRedisStore } from '../../../src/queue-stores/index.ts';
import { hasRedisServer, type RedisServer, sayWithoutRedis, startRedisServer } from '../../support/redis-server.ts';
import { describeQueueStore, until } from './describe-queue-store.ts';

sayWithoutRedis();

describe.skipIf(!hasRedisServer())('with a real Redis', () => {
  let server: RedisServer;
  beforeAll(async () => {
    server = await startRedisServer();
  });
  afterAll(() => server.stop());

  function open(prefix: string = randomUUID()) {
    return createRedisStore({ url: server.url, prefix, log: pino({ enabled: false }) });
  }

  describeQueueStore('redis', async () =>
    createQueueStore({
      kind: 'redis',
      url: server.url,
      prefix: randomUUID(),
      isKeeper: () => true,
      log: pino({ enabled: false }),
    }),
  );

  test('two processes on one store share the turns; two prefixes never meet', async () => {
    const took = { one: 0, two: 0, other: 0 };
    const stores = { one: open('shared'), two: open('shared'), other: open('apart') };
    for (const name of ['one', 'two', 'other'] as const) {
      await stores[name].start(async () => {
        took[name] += 1;
        await new Promise((resolve) => setTimeout(resolve, 10));
      });
    }
    for (let n = 0; n < 200; n++) await stores.one.nudge({ kind: 'card', namespace: 'x', name: `${n}` });
    await until(() => took.one + took.two === 200);
    await Promise.all(Object.values(stores).map((store) => store.stop()));
    expect(took.other).toBe(0);
    expect(Math.min(took.one, took.two)).toBeGreaterThan(20);
  });

  test('it says how its Redis is set up, asked now', async () => {
    const store = open('reported');
    const admin = new Redis(server.url);
    await store.start(async () => undefined);
    await until(() => store.isHealthy());
    await admin.config('SET', 'maxmemory-policy', 'allkeys-lru');
    await admin.config('SET', 'appendonly', 'no');
    const before = await store.report();
    await admin.config('SET', 'maxmemory-policy', 'noeviction');
    await admin.config('SET', 'appendonly', 'yes');
    const after = await store.report();
    await admin.config('SET', 'appendonly', 'no');
    admin.disconnect();
    await store.stop();
    expect(before).toMatchObject({ kind: 'redis', isHealthy: true, policy: 'allkeys-lru', isAppendOnly: false });
    expect(after).toMatchObject({ policy: 'noeviction', isAppendOnly: true, version: expect.stringMatching(/^\d+\./) });
  });

  test('after FLUSHALL every process on the store is told that keys are lost', async () => {
    const stores = [open('flushed'), open('flushed')];
    const told: string[][] = [];
    const took: string[] = [];
    for (const store of stores) {
      const whys: string[] = [];
      told.push(whys);
      await store.start(async (key) => {
        took.push(key.name);
      });
      store.onLoss((why) => whys.push(why));
    }
    const admin = new Redis(server.url);
    await until(async () => (await admin.exists('flushed:marker')) === 1);
    await admin.flushall();
    admin.disconnect();
    await until(() => told.every((whys) => whys.length > 0));
    // And it goes on: with nudges, wakes and resyncs.
    await stores[0]?.nudge({ kind: 'card', namespace: 'x', name: 'nudged' });
    await stores[1]?.wake({ kind: 'card', namespace: 'x', name: 'woken' }, 250);
    await stores[1]?.resync({ kind: 'card', namespace: 'x', name: 'resynced' }, 250);
    await until(() => took.length === 3);
    await Promise.all(stores.map((store) => store.stop()));
    expect(told.flat()).toContain('the content of the queue is gone');
  });

  test('says soon that a hanging Redis does not answer, and that it answers again', async () => {
    const own = await startRedisServer();
    const store = createRedisStore({ url: own.url, log: pino({ enabled: false }) });
    await store.start(async () => undefined);
    await until(() => store.isHealthy());
    process.kill(own.pid, 'SIGSTOP');
    await until(() => !store.isHealthy());
    await expect(store.nudge({ kind: 'card', namespace: 'x', name: 'a' })).rejects.toThrow();
    process.kill(own.pid, 'SIGCONT');
    await until(() => store.isHealthy());
    await store.stop();
    await own.stop();
  });

  test('a Redis that was killed and came back empty is used again, and the loss is told', async () => {
    const own = await startRedisServer();
    const store = createRedisStore({ url: own.url, log: pino({ enabled: false }) });
    const took: string[] = [];
    const whys: string[] = [];
    await store.start(async (key) => {
      took.push(key.name);
    });
    store.onLoss((why) => whys.push(why));
    await own.kill();
    await until(() => !store.isHealthy());
    await own.restart();
    await until(() => store.isHealthy() && whys.length > 0);
    await store.nudge({ kind: 'card', namespace: 'x', name: 'after' });
    await until(() => took.includes('after'));
    await store.stop();
    await own.stop();
  });
});
