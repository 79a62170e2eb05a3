import { z } from 'zod';
import { ObjectMeta } from '../lib/index.ts';

/** One line of a record: a transition, a verdict, a person's act. Chained: `hash` covers the entry and the hash before it. */
export const RecordEntry = z.looseObject({
  /** Counts from 1 within the rollout revision, over all segments. */
  seq: z.number(),
  at: z.string(),
  /** A NoticeEvent, or `asked:<verb>` / `denied:<verb>` for a person's act. */
  event: z.string(),
  by: z.string().optional(),
  text: z.string().default(''),
  facts: z.record(z.string(), z.string()).default({}),
  hash: z.string(),
});
export type RecordEntry = z.infer<typeof RecordEntry>;

/** Where one thing was said: an entry's notice, or the card itself (key `card`). */
export const LedgerLine = z.looseObject({
  /** `claimed`: being posted; `told`: posted at channel/ts. */
  state: z.enum(['claimed', 'told']),
  channel: z.string(),
  ts: z.string().optional(),
  digest: z.string().optional(),
  claimedAt: z.string().optional(),
});
export type LedgerLine = z.infer<typeof LedgerLine>;

/** `DeliveryRecord` (stepwise.dev/v1alpha1): what is remembered of one rollout revision, in the rollout's namespace. */
export const DeliveryRecord = z.looseObject({
  metadata: ObjectMeta,
  spec: z.looseObject({ rollout: z.object({ name: z.string(), uid: z.string(), revision: z.number() }) }),
  /** Hash of the last entry: compare-and-append tests it. */
  head: z.string().default(''),
  entries: z.array(RecordEntry).default([]),
  ledger: z.record(z.string(), LedgerLine).default({}),
  /** What the last look at the Rollout saw: the next look derives what happened since. */
  seen: z.record(z.string(), z.string()).default({}),
});
export type DeliveryRecord = z.infer<typeof DeliveryRecord>;
