import type { Notice, NoticeEvent } from '../notifications/index.ts';
import type { DeliveryRecord, RecordEntry } from '../records/index.ts';
import type { Delivery } from '../rollout/index.ts';

/** How loud each event is: `needsHuman` and `final` are broadcast to the channel, the rest stays in the thread. */
const weightOf: Readonly<Record<NoticeEvent, Notice['weight']>> = {
  started: 'timeline',
  stepReached: 'timeline',
  gateReached: 'needsHuman',
  promoted: 'timeline',
  skipped: 'timeline',
  finished: 'timeline',
  paused: 'timeline',
  resumed: 'timeline',
  retried: 'timeline',
  restarted: 'timeline',
  reasonGiven: 'timeline',
  undone: 'timeline',
  inconclusive: 'needsHuman',
  frozen: 'needsHuman',
  // It decides nothing, so nobody is called.
  watchRaised: 'timeline',
  // The verdict itself is in the thread at once; the broadcast waits until the rollback was seen.
  aborted: 'timeline',
  rolledBack: 'final',
  notVerified: 'needsHuman',
  notUndone: 'needsHuman',
  live: 'final',
  invalidSpec: 'needsHuman',
  stalled: 'needsHuman',
  superseded: 'timeline',
  fieldPutBack: 'needsHuman',
};

/** Events whose notice carries the picture of the metric that decided. */
const withChart: readonly NoticeEvent[] = ['gateReached', 'inconclusive', 'frozen', 'aborted', 'notUndone', 'live'];

/** Questions to people, with buttons; and what answers them, by a person or by what came to pass. */
const decisive: readonly NoticeEvent[] = [
  'promoted',
  'skipped',
  'finished',
  'aborted',
  'stepReached',
  'live',
  'rolledBack',
  'superseded',
];
const answersTo: Readonly<Partial<Record<NoticeEvent, readonly NoticeEvent[]>>> = {
  gateReached: decisive,
  inconclusive: decisive,
  frozen: [...decisive, 'resumed'],
};

/** What a record says should be told, oldest first. A person's own act is told by the event that it led to. */
export function noticesOf(record: DeliveryRecord, delivery: Delivery): Notice[] {
  const notices: Notice[] = [];
  for (const entry of record.entries) {
    if (!isNoticeEvent(entry.event)) continue;
    notices.push({
      id: String(entry.seq),
      event: entry.event,
      atMs: Date.parse(entry.at),
      by: entry.by,
      text: entry.text,
      weight: weightOf[entry.event],
      decided: decisionAfter(entry, answersTo[entry.event] ?? [], record),
      ...(withChart.includes(entry.event) && delivery.series !== undefined ? { chart: delivery.series } : {}),
    });
  }
  return notices;
}

function decisionAfter(
  question: RecordEntry,
  answers: readonly NoticeEvent[],
  { entries }: DeliveryRecord,
): Notice['decided'] {
  for (const { seq, event, by, at } of entries) {
    if (seq > question.seq && isNoticeEvent(event) && answers.includes(event))
      return { event, by, atMs: Date.parse(at) };
  }
  return undefined;
}

export function isNoticeEvent(event: string): event is NoticeEvent {
  return Object.hasOwn(weightOf, event);
}
