import type { DeliveryRecord, RecordEntry } from './delivery-record.ts';

/** `unclear`: nobody looked between its beginning and the end of the revision after it. */
export type WasLive = 'yes' | 'no' | 'unclear';

/** What the record of a past revision knows of whether that revision ever was live. */
export function wasLive({ entries, seen }: DeliveryRecord): WasLive {
  // What was over before our first look is remembered without an entry.
  if ((seen.live ?? '') !== '' || entries.some(({ event, facts }) => event === 'live' || facts.wasStable === 'yes')) {
    return 'yes';
  }
  const isOut = ({ event, facts }: RecordEntry) =>
    event === 'rolledBack' || event === 'aborted' || facts.wasStable === 'no';
  return (seen.abort ?? '') !== '' || entries.some(isOut) ? 'no' : 'unclear';
}
