import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { createRedisBackend } from 'bullmq';
import { Redis, type RedisOptions } from 'ioredis';
import type { Logger } from 'pino';
import { createLossListeners } from './loss-listeners.ts';
import { startPulse } from './pulse.ts';
import type { QueueReport, QueueStore } from './queue-store.ts';
import { createRecipe } from './recipe.ts';

export interface RedisSettings {
  /** `redis://…`, `rediss://…`, or the path of a unix socket. */
  readonly url: string;
  /** Starts every key: two installations (or tests) on one Redis do not meet. Default `stepwise`. */
  readonly prefix?: string;
  readonly log: Logger;
  /** Called whenever the answer of `isHealthy` changes; the failover listens. */
  readonly onHealth?: (isHealthy: boolean) => void;
}

const MARKER_INTERVAL_MS = 5_000;
const COMMAND_TIMEOUT_MS = 1_000;

/**
 * Creates the store of production: Redis 6.2 or newer, `maxmemory-policy noeviction`. Its calls throw within a second while Redis is
 * gone; failover.ts keeps the promises then.
 */
export function createRedisStore(settings: RedisSettings): QueueStore {
  const { log } = settings;
  const prefix = settings.prefix ?? 'stepwise';
  const losses = createLossListeners();
  const stopped = new AbortController();
  const producer = new Redis(settings.url, {
    ...connectionOptions('producer'),
    enableOfflineQueue: false,
    maxRetriesPerRequest: 0,
    commandTimeout: COMMAND_TIMEOUT_MS,
  });
  const consumer = new Consumer(settings.url, { ...connectionOptions('consumer'), maxRetriesPerRequest: null });
  for (const client of [producer, consumer]) client.on('error', (error) => log.debug({ err: error }, 'redis failed'));
  const recipe = createRecipe({
    backendFactory: createRedisBackend,
    producer,
    consumer,
    prefix,
    log,
    onLoss: losses.tell,
  });
  const pulse = startPulse({
    ping: () => producer.ping(),
    onChange(isHealthy) {
      log[isHealthy ? 'info' : 'error'](isHealthy ? 'redis answers' : 'redis does not answer');
      settings.onHealth?.(isHealthy);
    },
  });
  producer.on('close', () => pulse.lose());
  let watching: Promise<void> = Promise.resolve();

  /**
   * The marker names the life of the store's content. Every process remembers the name it saw: after a FLUSHALL, or a restart
   * without persistence, each of them notices, also those that find the marker already set again by another.
   */
  async function watchMarker(): Promise<void> {
    let seen: string | undefined;
    const key = `${prefix}:marker`;
    while (!stopped.signal.aborted) {
      try {
        await producer.set(key, randomUUID(), 'NX');
        const marker = (await producer.get(key)) ?? undefined;
        if (seen !== undefined && marker !== seen) losses.tell('the content of the queue is gone');
        seen = marker;
      } catch (error) {
        log.debug({ err: error }, 'marker not read');
      }
      await sleep(MARKER_INTERVAL_MS, undefined, { signal: stopped.signal }).catch(() => undefined);
    }
  }

  return {
    kind: 'redis',
    nudge: (key, options) => recipe.nudge(key, options?.urgent === true),
    wake: recipe.wake,
    resync: recipe.resync,
    async start(takeTurn) {
      await warnOfEviction(consumer, log);
      await recipe.start(takeTurn);
      watching = watchMarker();
      // The first connection is no loss; each one after it may have been to an emptied Redis.
      producer.on('ready', () => losses.tell('redis was connected again'));
    },
    async stop() {
      stopped.abort();
      await Promise.all([recipe.stop(pulse.isHealthy()), pulse.stop(), watching]);
      producer.disconnect();
      consumer.disconnectAll();
    },
    onLoss: losses.add,
    isHealthy: pulse.isHealthy,
    report: () => (pulse.isHealthy() ? readReport(producer) : Promise.resolve({ kind: 'redis', isHealthy: false })),
    counts: recipe.counts,
  };
}

/** INFO, not CONFIG: hosted ones refuse the latter. */
async function readReport(redis: Redis): Promise<QueueReport> {
  const beganAtMs = performance.now();
  await redis.ping();
  const roundTripMs = performance.now() - beganAtMs;
  const [server, memory, persistence] = await Promise.all(
    ['server', 'memory', 'persistence'].map((part) => redis.call('INFO', part).then(String)),
  );
  return {
    kind: 'redis',
    isHealthy: true,
    version: /redis_version:(\S+)/.exec(server ?? '')?.[1] ?? '(unknown)',
    policy: /maxmemory_policy:(\S+)/.exec(memory ?? '')?.[1] ?? '(unknown)',
    isAppendOnly: /aof_enabled:1/.test(persistence ?? ''),
    roundTripMs,
  };
}

/** BullMQ copies a worker's connection for its blocking reads, and closes the copy only with Redis' help. */
class Consumer extends Redis {
  readonly #copies: Redis[] = [];

  override duplicate(options?: Partial<RedisOptions>): Redis {
    const copy = super.duplicate(options);
    this.#copies.push(copy);
    return copy;
  }

  disconnectAll(): void {
    this.disconnect();
    for (const copy of this.#copies) copy.disconnect();
  }
}

function connectionOptions(role: string) {
  return {
    connectionName: `stepwise-${role}`,
    connectTimeout: 2_000,
    // Soon, and for ever: ioredis gives up nothing, and a Redis that is back should be used within a second.
    retryStrategy: (times: number) => Math.min(1_000, times * 100),
  };
}

/** Any other policy lets Redis throw away keys of the queue when memory is short. */
async function warnOfEviction(redis: Redis, log: Logger): Promise<void> {
  const policy = /maxmemory_policy:(\S+)/.exec(await redis.info('memory'))?.[1];
  if (policy !== undefined && policy !== 'noeviction') {
    log.error({ policy, wanted: 'noeviction' }, 'redis may throw away waiting turns');
  }
}
