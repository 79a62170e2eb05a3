import type { Rollout } from '../rollout/index.ts';
import type { DeliveryRecord, LedgerLine, RecordEntry } from './delivery-record.ts';

/** An entry before it has its place in the chain. */
export type NewEntry = Omit<RecordEntry, 'seq' | 'hash'>;

/** Keeps one DeliveryRecord per rollout revision in the cluster. Each write is one call, conditional on the head that was read. */
export interface Records {
  /** Reads the record of this revision live; creates it when there is none. */
  open(rollout: Rollout, revision: number, signal: AbortSignal): Promise<DeliveryRecord>;
  /** Reads it live; undefined when there is none. */
  find(
    rollout: { readonly namespace: string; readonly name: string; readonly uid: string },
    revision: number,
    signal: AbortSignal,
  ): Promise<DeliveryRecord | undefined>;
  /**
   * Appends, and remembers what was seen, in one write. Precondition: the head is still the one of `record`; ConflictError otherwise.
   * Nothing to append and nothing new seen writes nothing. Returns the record as written (the next segment, when this one was full).
   */
  append(
    record: DeliveryRecord,
    entries: readonly NewEntry[],
    seen: Readonly<Record<string, string>>,
    signal: AbortSignal,
  ): Promise<DeliveryRecord>;
  /** Writes one line of the message ledger: `card`, or an entry's `seq`. */
  setLedger(record: DeliveryRecord, key: string, line: LedgerLine, signal: AbortSignal): Promise<DeliveryRecord>;
}
