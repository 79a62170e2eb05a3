import { createHash } from 'node:crypto';
import { z } from 'zod';
import { assertNever } from '../lib/index.ts';
import type { TurnKey } from './queue-store.ts';

/** A key as a job carries it. Jobs of another version of Stepwise may lie in the same store: they are parsed, never trusted. */
export const StoredTurnKey = z.object({
  kind: z.enum(['rollout', 'experiment', 'deployment', 'analysis-run', 'step-plugin', 'card', 'builds']),
  namespace: z.string(),
  name: z.string(),
}) satisfies z.ZodType<TurnKey>;

/** Names a key in one string; a kind and a namespace hold no slash. */
export function keyId(key: TurnKey): string {
  return `${key.kind}/${key.namespace}/${key.name}`;
}

/** The deduplication id: BullMQ refuses `:` in ids, so it is a digest. */
export function deduplicationId(key: TurnKey): string {
  return createHash('sha256').update(keyId(key)).digest('hex');
}

/** Longest delay a Node timer can hold; waking early does no harm, a timer that overflows fires at once and for ever. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;

/** Whole milliseconds, at least 250 (the Postgres backend refuses fractions; a shorter wait is a busy loop). */
export function wholeDelayMs(delayMs: number): number {
  if (Number.isNaN(delayMs)) throw new RangeError('the delay of a wake is not a number');
  return Math.min(LONGEST_TIMER_MS, Math.max(250, Math.round(delayMs)));
}

/** Which line a key stands in. */
export type Lane = 'turns' | 'measurements' | 'cards';

export const allLanes: readonly Lane[] = ['turns', 'measurements', 'cards'];

/**
 * Rollouts and Experiments speak to the API server only and take milliseconds; a measurement takes as long as Prometheus does, a card as long as Slack.
 * In one line twenty measurements that hang would hold up an abort exactly when it matters, and a slow Slack every measurement.
 */
export function laneOf({ kind }: TurnKey): Lane {
  switch (kind) {
    case 'rollout':
    case 'experiment':
    case 'deployment':
      return 'turns';
    case 'analysis-run':
    case 'step-plugin':
      return 'measurements';
    case 'card':
    case 'builds':
      return 'cards';
    default:
      return assertNever(kind);
  }
}

/**
 * Turns at the same time, in one process. Few cards: Slack takes about one message a second, and each that is drawn meanwhile takes its
 * processor time from turns that move traffic.
 */
export const atOnce: Readonly<Record<Lane, number>> = { turns: 20, measurements: 40, cards: 8 };
