/**
 * queue-stores: keeps wake-ups, never anything that matters. One contract (queue-store.ts), one file per store.
 */
export type { QueueStore, TakeTurn, TurnKey } from './queue-store.ts';
