import { factsOf, glance, lookAt, type ObserveTools, readEvidence } from './engine/index.ts';
import type { ConnectedCluster } from './kubernetes/index.ts';
import type { createOperations } from './operations/index.ts';
import { type DeliveryRecord, listRecords, pastRevisionOf, type Records, wasLive } from './records/index.ts';
import {
  type Delivery,
  mainImage,
  needsController,
  plainDeployment,
  type RunBy,
  readDelivery,
  type World,
} from './rollout/index.ts';
import type { Hands } from './service-hands.ts';

/** A record and one look at its rollout, as what people are shown. */
export type Deliver = (record: DeliveryRecord, look: { readonly world: World; readonly revision: number }) => Delivery;

export function createDeliver(
  cluster: Pick<ConnectedCluster, 'uid'>,
  clusterName: string,
  runBy: () => RunBy | undefined,
): Deliver {
  const named = clusterName === '' ? {} : { clusterName };
  return (record, { world }) => {
    const other = needsController(world.rollout) ? runBy() : undefined;
    return readDelivery(world, { clusterUid: cluster.uid(), ...named, runBy: other, ...factsOf(record) });
  };
}

type Reading = Pick<
  Parameters<typeof createOperations>[0],
  'replicaSetsOf' | 'readEvidence' | 'worldOf' | 'deliveryOf' | 'cardOf' | 'wasLive' | 'pastOf'
>;

/** What operations read: a rollout with all that is its own, as it is now, and what its records remember. */
export function createReading(tools: {
  readonly cluster: ConnectedCluster;
  readonly hands: Hands;
  readonly observing: ObserveTools;
  readonly records: Records;
  readonly deliver: Deliver;
}): Reading {
  const { cluster, hands, observing, records, deliver } = tools;
  return {
    async replicaSetsOf(rollout, signal) {
      const { name, uid } = rollout.metadata;
      if (plainDeployment(name) === undefined) return hands.caches.replicaSets.ownedBy(uid);
      const revisions = await hands.workloads.readWithTemplates(rollout, signal);
      return revisions.map((one) => {
        const image = mainImage(one.template, name);
        return image === undefined ? one : { ...one, image };
      });
    },
    readEvidence: (rollout, signal) => readEvidence(rollout, hands, signal),
    worldOf: (name, signal) => glance(name, observing, signal),
    async deliveryOf(name, signal) {
      const world = await glance(name, observing, signal);
      if (world === undefined) return undefined;
      const look = lookAt(world);
      const record = await records.find(world.rollout.metadata, look.revision, signal);
      return deliver(record ?? records.empty(world.rollout, look.revision), look);
    },
    cardOf: (rollout, signal) => records.cardOf(rollout, signal),
    async wasLive(rollout, revision, signal) {
      const record = await records.find(rollout.metadata, revision, signal);
      return record === undefined ? undefined : wasLive(record);
    },
    async pastOf({ metadata: { namespace, uid } }, signal) {
      return (await listRecords(cluster, { namespace, rolloutUid: uid }, signal)).map(pastRevisionOf);
    },
  };
}
