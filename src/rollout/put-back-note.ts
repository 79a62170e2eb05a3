import { z } from 'zod';
import { JsonText } from './json-text.ts';
import { putBackAnnotation } from './names.ts';
import type { Rollout } from './rollout.ts';

/**
 * That somebody puts back what the engine writes into other objects (a Service's selector, a route's weight), noted on the Rollout: the
 * next turn, on whatever replica, must not fight. Belongs to one pod hash.
 */
const PutBackNote = z.object({
  podHash: z.string(),
  /** How often it was put back after we had written it again: each time the next try waits longer. Begins with 1. */
  count: z.number(),
  manager: z.string(),
  /** The API server's time of the last time, Unix milliseconds. */
  atMs: z.number(),
  /** `HTTPRoute checkout: weight 50 → 0, Service checkout-canary: selector without pod hash` */
  what: z.string(),
});
export type PutBackNote = z.infer<typeof PutBackNote>;

const firstWaitMs = 10_000;
const longestWaitMs = 300_000;
/** Argo CD heals after 5 s: what stands longer than this may be believed to stand. */
const settleMs = 15_000;

/** The note about this pod hash; what was put back from another revision says nothing of this one. */
export function readPutBackNote({ metadata }: Pick<Rollout, 'metadata'>, podHash: string): PutBackNote | undefined {
  const note = readAnyPutBackNote({ metadata });
  return note?.podHash === podHash ? note : undefined;
}

export function readAnyPutBackNote({ metadata }: Pick<Rollout, 'metadata'>): PutBackNote | undefined {
  const text = metadata.annotations[putBackAnnotation];
  return text === undefined ? undefined : JsonText.pipe(PutBackNote).safeParse(text).data;
}

/** When it is written again: once it was left alone for 10 s, and for twice as long after each try that failed; at most 5 min. */
export function retryAtMs({ count, atMs }: PutBackNote): number {
  return atMs + Math.min(longestWaitMs, firstWaitMs * 2 ** Math.min(count - 1, 10));
}

/** When it has stood long enough for the plan to go on. */
export function settledAtMs(note: PutBackNote): number {
  return retryAtMs(note) + settleMs;
}
