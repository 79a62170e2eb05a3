import { z } from 'zod';
import type { Cluster, ObjectName } from './cluster.ts';
import { resources } from './resources.ts';

const Lease = z.looseObject({
  spec: z
    .looseObject({
      holderIdentity: z.string().default(''),
      leaseDurationSeconds: z.number().default(15),
      renewTime: z.string().default(''),
    })
    .prefault({}),
});

/**
 * Who holds a Lease, for somebody who looks once: by the time that the holder wrote, where replicas that compete for it count by their
 * own clocks. Undefined: nobody, or one who fell silent.
 */
export async function readLeaseHolder(
  cluster: Pick<Cluster, 'get' | 'nowMs'>,
  name: ObjectName,
  signal: AbortSignal,
): Promise<string | undefined> {
  const found = await cluster.get(resources.leases, name, signal);
  if (found === undefined) return undefined;
  const { holderIdentity, leaseDurationSeconds, renewTime } = Lease.parse(found).spec;
  const isFresh = cluster.nowMs() - Date.parse(renewTime) < leaseDurationSeconds * 1000 + slackMs;
  return holderIdentity !== '' && isFresh ? holderIdentity : undefined;
}

/** Holders renew well before the end, and their clocks are a little off. */
const slackMs = 5000;
