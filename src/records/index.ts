/**
 * records: the DeliveryRecord kept in the cluster: timeline, message ledger, chain.
 * Never decides; compare-and-append only.
 */
export { DeliveryRecord, LedgerLine, RecordEntry } from './delivery-record.ts';
export type { NewEntry, RecordedAct, Records } from './records.ts';
