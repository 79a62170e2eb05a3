import type { DeliveryRecord, RecordEntry } from './delivery-record.ts';

// One object grows with each entry, and each append rewrites it whole: so a revision's record is a row of segments. A full one is
// sealed: `+` behind its head, in a write that tests the head. So whoever still holds it open cannot append behind the seal, and
// whoever reads it knows that there is a next.

const SEAL = '+';
const MOST_ENTRIES = 200;
const MOST_BYTES = 64 * 1024;

export function isSealed(segment: Pick<DeliveryRecord, 'head'>): boolean {
  return segment.head.endsWith(SEAL);
}

/** The hash of the last entry. */
export function headOf(segment: Pick<DeliveryRecord, 'head'>): string {
  return isSealed(segment) ? segment.head.slice(0, -SEAL.length) : segment.head;
}

export function sealOf(head: string): string {
  return `${head}${SEAL}`;
}

/** `checkout-1a2b3c-4`, its second segment `checkout-1a2b3c-4-2`; the rollout's name is cut so that it stays a name. */
export function nameSegment(
  rollout: { readonly name: string; readonly uid: string },
  revision: number,
  segment: number,
) {
  // A plain Deployment goes by `deploy/checkout`.
  const name = rollout.name
    .replace('/', '-')
    .slice(0, 200)
    .replace(/[-.]+$/, '');
  const first = `${name}-${rollout.uid.slice(0, 6)}-${revision}`;
  return segment === 1 ? first : `${first}-${segment}`;
}

/** Which segment a record ends with, from 1; and the first entry in it. */
export function lastSegmentOf(record: DeliveryRecord): { readonly number: number; readonly firstSeq: number } {
  const { segment, firstSeq } = record.spec;
  return {
    number: typeof segment === 'number' ? segment : 1,
    firstSeq: typeof firstSeq === 'number' ? firstSeq : 1,
  };
}

/** Whether the last segment can take these entries too. */
export function hasRoomFor(record: DeliveryRecord, entries: readonly RecordEntry[]): boolean {
  const { firstSeq } = lastSegmentOf(record);
  const own = record.entries.filter(({ seq }) => seq >= firstSeq);
  const ledger = Object.entries(record.ledger).filter(([key]) => !(Number(key) < firstSeq));
  const sizeBytes = Buffer.byteLength(JSON.stringify([own, ledger, record.seen, entries]));
  return own.length + entries.length <= MOST_ENTRIES && (sizeBytes <= MOST_BYTES || own.length === 0);
}

/** One record of all segments, as everyone reads it: where it ends is its last segment. */
export function joinSegments(segments: readonly DeliveryRecord[]): DeliveryRecord | undefined {
  const last = segments.at(-1);
  if (last === undefined) return undefined;
  return {
    ...last,
    entries: segments.flatMap(({ entries }) => entries),
    ledger: Object.assign({}, ...segments.map(({ ledger }) => ledger)),
  };
}
