import { createHmac } from 'node:crypto';
import type { DeliveryRecord, RecordEntry } from './delivery-record.ts';
import type { NewEntry } from './records.ts';
import { headOf } from './segments.ts';

/** Which record an entry belongs to; it is part of every hash, so that no entry can be moved to another record. */
export type ChainIdentity = DeliveryRecord['spec']['rollout'];

/** Links entries to the chain that ends in `head`, counting on from `lastSeq`. */
export function linkEntries(
  entries: readonly NewEntry[],
  chain: { readonly key: string; readonly of: ChainIdentity; readonly head: string; readonly lastSeq: number },
): RecordEntry[] {
  let { head, lastSeq } = chain;
  return entries.map((entry) => {
    lastSeq += 1;
    const linked = { ...entry, facts: { ...entry.facts }, seq: lastSeq };
    head = hashEntry(linked, { ...chain, head });
    return { ...linked, hash: head };
  });
}

/** Whether nobody changed, removed or added anything since it was written; else what is wrong first, in words. */
export function verifyChain(
  record: Pick<DeliveryRecord, 'spec' | 'entries' | 'head'>,
  key: string,
): { readonly isWhole: true } | { readonly isWhole: false; readonly problem: string } {
  let head = '';
  let lastSeq = 0;
  for (const entry of record.entries) {
    const { hash, ...unlinked } = entry;
    if (entry.seq !== lastSeq + 1) {
      return { isWhole: false, problem: `entry ${entry.seq} follows entry ${lastSeq}` };
    }
    head = hashEntry(unlinked, { key, of: record.spec.rollout, head });
    lastSeq = entry.seq;
    if (hash !== head) return { isWhole: false, problem: `entry ${entry.seq} is not as it was written` };
  }
  if (headOf(record) !== head) return { isWhole: false, problem: `entries are missing after entry ${lastSeq}` };
  return { isWhole: true };
}

function hashEntry(
  entry: Omit<RecordEntry, 'hash'>,
  chain: { readonly key: string; readonly of: ChainIdentity; readonly head: string },
): string {
  // A key of its own, so that nothing signed for another purpose can stand here.
  const key = createHmac('sha256', chain.key).update('delivery-record-chain').digest();
  const { name, uid, revision } = chain.of;
  return createHmac('sha256', key)
    .update(JSON.stringify([name, uid, revision, chain.head, sorted(entry)]))
    .digest('hex');
}

/** The same text however the API server orders the keys. */
function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== 'object' || value === null) return value;
  const pairs = Object.entries(value).filter(([, inner]) => inner !== undefined);
  pairs.sort(([a], [b]) => (a < b ? -1 : 1));
  return pairs.map(([key, inner]) => [key, sorted(inner)]);
}
