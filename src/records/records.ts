import type { Rollout } from '../rollout/index.ts';
import type { DeliveryRecord, LedgerLine } from './delivery-record.ts';
import type { CountedDenial } from './denials.ts';

/** An entry before it has its place in the chain. */
export interface NewEntry {
  /** RFC 3339. */
  readonly at: string;
  /** A NoticeEvent, or `asked:<verb>` / `denied:<verb>`. */
  readonly event: string;
  readonly by?: string | undefined;
  readonly text: string;
  readonly facts: Readonly<Record<string, string>>;
}

/** A person's act, as `asked:<verb>`: who, what, why. */
export interface RecordedAct {
  readonly verb: string;
  /** Default `asked:<verb>`; an event of its own is told. */
  readonly event?: string;
  /** Slack user id. */
  readonly by: string;
  readonly reason: string;
  readonly facts: Readonly<Record<string, string>>;
}

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
  /** Appends a person's act to the record of the rollout's present revision. Tries again when another append came first. */
  recordAct(rollout: Rollout, act: RecordedAct, nowMs: number, signal: AbortSignal): Promise<void>;
  /** Appends refused acts, counted, as `denied:<verb>`, to the record of the rollout's present revision. */
  recordDenials(rollout: Rollout, denials: readonly CountedDenial[], signal: AbortSignal): Promise<void>;
  /** Where the card of the rollout's present revision is; undefined while there is none. */
  cardOf(rollout: Rollout, signal: AbortSignal): Promise<{ readonly channel: string; readonly ts: string } | undefined>;
  /** A record that is not stored: for looks at a revision that nobody wrote about yet. */
  empty(rollout: Rollout, revision: number): DeliveryRecord;
  /** Writes one line of the message ledger: `card`, or an entry's `seq`. */
  setLedger(record: DeliveryRecord, key: string, line: LedgerLine, signal: AbortSignal): Promise<DeliveryRecord>;
}
