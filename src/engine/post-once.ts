import { NotNowError } from '../lib/index.ts';
import type { MessagePlace } from '../notifications/index.ts';
import type { DeliveryRecord, LedgerLine, Records } from '../records/index.ts';

export interface PostTools {
  readonly records: Records;
  /**
   * Claims of this process whose message surely was not sent, and when they were made: Slack said "not now". They may be used again
   * at once, as long as nobody else took them over.
   */
  readonly unsent: Map<string, string>;
  /** What this process has posted and could not write down yet, by claim: it is not posted again. */
  readonly posted: Map<string, Posted>;
  readonly nowMs: () => number;
}

/** A claim older than this was left by a process that died: longer than any call to Slack may take. */
const staleClaimMs = 12_000;
/** Where a message is, and what it showed. */
export interface Posted {
  readonly place: MessagePlace;
  readonly digest: string | undefined;
}

interface ToPost {
  readonly channel: string;
  readonly digest?: string;
  readonly post: (mayBeThereSinceMs: number | undefined) => Promise<MessagePlace>;
}

/** Claims, posts, writes down where it is. Danger: between the last two the API may be gone; this process then still knows. */
export async function postOnce(
  record: DeliveryRecord,
  key: string,
  { channel, digest, post }: ToPost,
  tools: PostTools,
  signal: AbortSignal,
): Promise<{ readonly record: DeliveryRecord; readonly place: MessagePlace }> {
  const id = claimId(record, key);
  let claimed = record;
  let posted = tools.posted.get(id);
  if (posted === undefined) {
    const taken = await claim(record, key, channel, tools, signal);
    claimed = taken.record;
    posted = { place: await sending(claimed, key, tools, () => post(taken.mayBeThereSinceMs)), digest };
    tools.posted.set(id, posted);
  }
  const { channel: itsChannel, ts } = posted.place;
  const told = {
    state: 'told',
    channel: itsChannel,
    ts,
    ...(posted.digest === undefined ? {} : { digest: posted.digest }),
  } as const;
  const written = await tools.records.setLedger(claimed, key, told, signal);
  tools.posted.delete(id);
  return { record: written, place: posted.place };
}

interface Claimed {
  readonly record: DeliveryRecord;
  /** Set when a claim was taken over from somebody who died over it: the message may be there since. */
  readonly mayBeThereSinceMs: number | undefined;
}

/**
 * Takes the right to post. Slack has no idempotency key: two replicas that both post would double the message, so the claim is written
 * first, and a fresh claim of somebody else is left alone.
 */
async function claim(
  record: DeliveryRecord,
  key: string,
  channel: string,
  tools: PostTools,
  signal: AbortSignal,
): Promise<Claimed> {
  const line: LedgerLine | undefined = record.ledger[key];
  const claimedAtMs = line?.claimedAt === undefined ? undefined : Date.parse(line.claimedAt);
  const age = claimedAtMs === undefined ? Number.POSITIVE_INFINITY : tools.nowMs() - claimedAtMs;
  const ownClaimedAt = tools.unsent.get(claimId(record, key));
  tools.unsent.delete(claimId(record, key));
  if (line?.state === 'claimed' && line.claimedAt !== undefined && line.claimedAt === ownClaimedAt) {
    return { record, mayBeThereSinceMs: undefined };
  }
  if (line?.state === 'claimed' && age < staleClaimMs) {
    throw new NotNowError(`${key} is being posted by another replica`, staleClaimMs - age);
  }
  const claimedAt = new Date(tools.nowMs()).toISOString();
  const written = await tools.records.setLedger(record, key, { state: 'claimed', channel, claimedAt }, signal);
  return {
    record: written,
    mayBeThereSinceMs: claimedAtMs === undefined ? undefined : firstClaimMs(record, claimedAtMs),
  };
}

/** Who died over it may have taken it over from somebody who died over it: no message of a record is older than what it begins with. */
function firstClaimMs({ entries, metadata }: DeliveryRecord, claimedAtMs: number): number {
  const began = [entries[0]?.at, metadata.creationTimestamp].flatMap((at) =>
    at === undefined ? [] : [Date.parse(at)],
  );
  return Math.min(claimedAtMs, ...began.filter(Number.isFinite));
}

/** The same in every segment of the record: a message is found again by it. */
export function claimId({ spec }: DeliveryRecord, key: string): string {
  return `${spec.rollout.uid}/${spec.rollout.revision}/${key}`;
}

async function sending<T>(record: DeliveryRecord, key: string, tools: PostTools, send: () => Promise<T>): Promise<T> {
  try {
    return await send();
  } catch (error) {
    const claimedAt = record.ledger[key]?.claimedAt;
    if (error instanceof NotNowError && claimedAt !== undefined) tools.unsent.set(claimId(record, key), claimedAt);
    throw error;
  }
}
