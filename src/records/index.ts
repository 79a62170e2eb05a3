/**
 * records: the DeliveryRecord kept in the cluster: timeline, message ledger, chain; and what happened, derived from what is seen.
 * Never decides; compare-and-append only. Begin reading at create-records.ts, then derive-entries.ts.
 */

export { verifyChain } from './chain.ts';
export { createRecords, type RecordsSettings } from './create-records.ts';
export { DeliveryRecord, LedgerLine, type RecordEntry } from './delivery-record.ts';
export { type CountedDenial, createDenials, type Denial, type Denials, type DenialTiming } from './denials.ts';
export { type Derived, deriveEntries } from './derive-entries.ts';
export { type BuildLine, createHeardImages, type HeardImage, type HeardImages } from './heard-images.ts';
export { listRecords, type RecordsQuery } from './list-records.ts';
export { type PastRevision, pastRevisionOf, type RevisionEvent } from './past-revision.ts';
export type { NewEntry, RecordedAct, Records } from './records.ts';
export type { LookedAt } from './scene.ts';
export { type WasLive, wasLive } from './was-live.ts';
export { writerOf } from './who.ts';
