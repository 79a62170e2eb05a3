/**
 * queue-stores: keeps wake-ups, never anything that matters. One contract (queue-store.ts), one file per store.
 */
export { createInProcessStore, type InProcessSettings } from './in-process.ts';
export type { QueueStore, TakeTurn, TurnKey } from './queue-store.ts';
export { createRedisStore, type RedisSettings } from './redis.ts';
