import { type Cluster, resources } from '../kubernetes/index.ts';
import { DeliveryRecord } from './delivery-record.ts';
import { joinSegments, lastSegmentOf } from './segments.ts';

/** Which records: of one namespace ('' for all), and of one rollout where its uid is given. */
export interface RecordsQuery {
  readonly namespace: string;
  readonly rolloutUid?: string;
}

/** Reads records live, one for each revision with its segments joined; the revision that began last comes first. */
export async function listRecords(
  cluster: Cluster,
  { namespace, rolloutUid }: RecordsQuery,
  signal: AbortSignal,
): Promise<DeliveryRecord[]> {
  const labelSelector = rolloutUid === undefined ? {} : { labelSelector: `stepwise.dev/rollout-uid=${rolloutUid}` };
  const objects = await cluster.list(resources.deliveryRecords, { namespace, ...labelSelector }, signal);
  const segments = Map.groupBy(
    objects.map((object) => DeliveryRecord.parse(object)),
    ({ spec }) => `${spec.rollout.uid}/${spec.rollout.revision}`,
  );
  const records: DeliveryRecord[] = [];
  for (const own of segments.values()) {
    const record = joinSegments(own.toSorted((a, b) => lastSegmentOf(a).number - lastSegmentOf(b).number));
    if (record !== undefined) records.push(record);
  }
  return records.toSorted((a, b) => (beganAt(a) < beganAt(b) ? 1 : -1));
}

function beganAt({ entries, metadata }: DeliveryRecord): string {
  return entries[0]?.at ?? metadata.creationTimestamp ?? '';
}
