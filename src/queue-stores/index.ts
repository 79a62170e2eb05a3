/**
 * queue-stores: keeps wake-ups, never anything that matters. One contract (queue-store.ts), one file per store.
 * Never knows what a turn does. Begin reading at queue-store.ts, then recipe.ts: how BullMQ is made to lose nothing.
 */
export { createQueueStore, type QueueStoreSettings } from './create-queue-store.ts';
export { createEmbeddedStore, type EmbeddedSettings } from './embedded.ts';
export { createFailoverStore, type FailoverSettings } from './failover.ts';
export { lockFolder } from './folder-lock.ts';
export { createInProcessStore, type InProcessSettings } from './in-process.ts';
export type { QueueReport, QueueStore, TakeTurn, TurnKey } from './queue-store.ts';
export { createRedisStore, type RedisSettings } from './redis.ts';
