import { z } from 'zod';
import type { Cluster, ObjectName } from './cluster.ts';
import { resources } from './resources.ts';

/** A Lease of anybody's, as far as its holder can be told from it. */
export const HeldLease = z.looseObject({
  metadata: z.looseObject({ resourceVersion: z.string().default('') }),
  spec: z
    .looseObject({
      holderIdentity: z.string().default(''),
      leaseDurationSeconds: z.number().default(15),
      renewTime: z.string().default(''),
    })
    .prefault({}),
});
export type HeldLease = z.infer<typeof HeldLease>;

/** What a Lease says, however old; undefined: there is none. */
export async function readLeaseTrace(
  cluster: Pick<Cluster, 'get'>,
  name: ObjectName,
  signal: AbortSignal,
): Promise<{ readonly holder: string; readonly renewedAtMs: number; readonly durationMs: number } | undefined> {
  const found = await cluster.get(resources.leases, name, signal);
  if (found === undefined) return undefined;
  const { holderIdentity, leaseDurationSeconds, renewTime } = HeldLease.parse(found).spec;
  return { holder: holderIdentity, renewedAtMs: Date.parse(renewTime), durationMs: leaseDurationSeconds * 1000 };
}

/**
 * Who holds a Lease, for somebody who looks once: by the time that the holder wrote, where replicas that compete for it count by their
 * own clocks. Undefined: nobody, or one who fell silent.
 */
export async function readLeaseHolder(
  cluster: Pick<Cluster, 'get' | 'nowMs'>,
  name: ObjectName,
  signal: AbortSignal,
): Promise<string | undefined> {
  const trace = await readLeaseTrace(cluster, name, signal);
  if (trace === undefined) return undefined;
  const isFresh = cluster.nowMs() - trace.renewedAtMs < trace.durationMs + slackMs;
  return trace.holder !== '' && isFresh ? trace.holder : undefined;
}

/** Holders renew well before the end, and their clocks are a little off. */
const slackMs = 5000;
