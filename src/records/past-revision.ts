import type { DeliveryRecord, RecordEntry } from './delivery-record.ts';
import { type WasLive, wasLive } from './was-live.ts';

/** What a record remembers of its revision, for people who look back. */
export interface PastRevision {
  readonly namespace: string;
  readonly name: string;
  readonly revision: number;
  readonly image: string | undefined;
  /** Slack user, `kubectl` …; undefined: nobody is known. */
  readonly startedBy: string | undefined;
  readonly startedAtMs: number | undefined;
  readonly wasLive: WasLive;
  /** The last thing that happened to it: a NoticeEvent; undefined: nothing was ever told of it. */
  readonly last: RevisionEvent | undefined;
  /** How it ended, or what became of it last: a NoticeEvent. */
  readonly outcome: string | undefined;
}

export interface RevisionEvent {
  readonly event: string;
  readonly atMs: number;
  readonly by: string | undefined;
  readonly text: string;
}

export function pastRevisionOf(record: DeliveryRecord): PastRevision {
  const { namespace } = record.metadata;
  const { name, revision } = record.spec.rollout;
  const started = record.entries.find(({ event }) => event === 'started');
  const last = record.entries.findLast(isMove);
  return {
    namespace,
    name,
    revision,
    image: started?.facts.image,
    startedBy: started?.by,
    startedAtMs: started === undefined ? undefined : Date.parse(started.at),
    wasLive: wasLive(record),
    outcome: record.entries.findLast(({ event }) => outcomes.includes(event))?.event,
    last:
      last === undefined ? undefined : { event: last.event, atMs: Date.parse(last.at), by: last.by, text: last.text },
  };
}

const outcomes = ['live', 'aborted', 'rolledBack', 'notVerified', 'superseded', 'invalidSpec'];

/** Wishes, reasons and verdicts are why it moved, not how. */
function isMove({ event }: RecordEntry): boolean {
  return !/^(?:asked|denied|verdict):/.test(event) && event !== 'reasonGiven';
}
