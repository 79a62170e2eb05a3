import { pino } from 'pino';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import {
  createFailoverStore,
  createRedisStore,
  type QueueStore,
  type TurnKey,
} from '../../../src/queue-stores/index.ts';
import { hasRedisServer, type RedisServer, startRedisServer } from '../../support/redis-server.ts';

const log = pino({ enabled: false });

describe.skipIf(!hasRedisServer())('while Redis is gone', () => {
  let server: RedisServer;
  let began: string[];
  let losses: string[];
  let running: QueueStore[];
  beforeEach(async () => {
    server = await startRedisServer();
    began = [];
    losses = [];
    running = [];
  });
  afterEach(async () => {
    await Promise.all(running.map((store) => store.stop()));
    await server.stop();
  });

  async function start(
    isKeeper: () => boolean,
    act: (key: TurnKey, store: QueueStore) => Promise<void> = async () => undefined,
  ) {
    const store = createFailoverStore({
      createPrimary: (onHealth) => createRedisStore({ url: server.url, log, onHealth }),
      isKeeper,
      log,
      patienceMs: 300,
    });
    running.push(store);
    store.onLoss((why) => losses.push(why));
    await store.start(async (key) => {
      began.push(key.name);
      await act(key, store);
    });
    return store;
  }

  const key = (name: string): TurnKey => ({ kind: 'rollout', namespace: 'shop', name });

  test('the keeper takes turns, plans wakes, and tells that everything should be looked at', async () => {
    const store = await start(
      () => true,
      async (one) => {
        if (one.name === 'analysis') await store.wake(one, 250);
      },
    );
    await server.kill();
    await store.nudge(key('analysis'));
    await store.nudge(key('abort'), { urgent: true });
    await until(() => began.includes('abort') && count('analysis') >= 3);
    expect(losses).toContain('redis does not answer: turns are taken in process');
  });

  test('a hanging Redis is gone, too', async () => {
    const store = await start(() => true);
    process.kill(server.pid, 'SIGSTOP');
    await store.nudge(key('a'));
    await until(() => began.includes('a'));
    process.kill(server.pid, 'SIGCONT');
    await until(() => store.isHealthy() && losses.includes('redis answers again'));
  });

  test('when it is back, empty, the loss is told, and the wakes planned meanwhile come from Redis', async () => {
    let acts = 0;
    const store = await start(
      () => true,
      async (one) => {
        acts += 1;
        await store.wake(one, acts === 1 ? 1_500 : 600_000);
      },
    );
    await server.kill();
    await store.nudge(key('a'));
    await until(() => count('a') === 1);
    await server.restart();
    await until(() => losses.includes('redis answers again'));
    await until(() => count('a') === 2);
    expect(await store.counts()).toMatchObject({ planned: 1 });
  });

  test('a replica that is not the keeper takes no turn, and hands over its keys when Redis is back', async () => {
    const store = await start(() => false);
    await server.kill();
    await until(() => !store.isHealthy());
    await store.nudge(key('a'));
    await store.wake(key('b'), 250);
    await new Promise((resolve) => setTimeout(resolve, 1_000));
    expect(began).toEqual([]);
    await server.restart();
    await until(() => count('a') > 0 && count('b') > 0);
  });

  test('a replica that becomes the keeper begins to take turns, and one that no longer is stops', async () => {
    let keeper = false;
    let asked = 0;
    const store = await start(() => {
      asked += 1;
      return keeper;
    });
    await server.kill();
    await until(() => !store.isHealthy());
    await store.nudge(key('a'));
    keeper = true;
    await until(() => began.includes('a'));
    keeper = false;
    const askedBefore = asked;
    // What the first answer leads to is done by the second.
    await until(() => asked >= askedBefore + 2);
    await store.nudge(key('b'));
    await new Promise((resolve) => setTimeout(resolve, 500));
    expect(began).not.toContain('b');
  });

  test('a service that starts without Redis takes turns, and uses Redis once it is there', async () => {
    await server.kill();
    const store = await start(() => true);
    await store.nudge(key('before'));
    await until(() => began.includes('before'));
    await server.restart();
    await until(() => store.isHealthy());
    await store.nudge(key('after'));
    await until(() => began.includes('after'));
  });

  test('a turn under way when Redis dies is not overlapped by the keeper’s own turn of the same key', async () => {
    let inside = 0;
    let most = 0;
    const store = await start(
      () => true,
      async () => {
        inside += 1;
        most = Math.max(most, inside);
        await new Promise((resolve) => setTimeout(resolve, 1_500));
        inside -= 1;
      },
    );
    await store.nudge(key('a'));
    await until(() => count('a') === 1);
    await server.kill();
    await store.nudge(key('a'));
    await until(() => count('a') === 2);
    await until(() => inside === 0);
    expect(most).toBe(1);
  });

  test('stops soon though Redis is gone', async () => {
    const store = await start(() => true);
    await server.kill();
    await until(() => !store.isHealthy());
    await store.stop();
  });

  function count(name: string): number {
    return began.filter((one) => one === name).length;
  }
});

async function until(isSo: () => boolean): Promise<void> {
  while (!isSo()) await new Promise((resolve) => setTimeout(resolve, 10));
}
