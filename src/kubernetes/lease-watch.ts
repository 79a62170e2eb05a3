import type { Logger } from 'pino';
import type { ConnectedCluster } from './create-cluster.ts';
import { HeldLease } from './lease-holder.ts';
import { createReflector } from './reflector.ts';
import { resources } from './resources.ts';

/** Somebody else's Lease, looked at and never written. */
export interface LeaseWatch {
  /** Who holds it and is fresh; undefined: nobody, or one who fell silent, or we have not looked yet. */
  holder(): string | undefined;
  /** Who held it last, fresh or not. */
  lastHolder(): string | undefined;
  /** Unix milliseconds of the last sign of life; undefined while the holder is fresh, where there never was one, or while we cannot see. */
  silentSinceMs(): number | undefined;
  start(): Promise<void>;
  stop(): Promise<void>;
}

/** Our watch and their renewal both take their time. */
const graceMs = 5000;
/** A watch without a sign of life for so long tells nothing of the holder. */
const blindAfterMs = 60_000;

/**
 * Watches a Lease that another controller holds. What it wrote is compared with our own monotonic clock since we saw it: of its clock we
 * know nothing. What was silent for long when we first looked is read by the server's clock instead.
 */
export function createLeaseWatch(settings: {
  readonly cluster: ConnectedCluster;
  readonly namespace: string;
  readonly name: string;
  readonly log: Logger;
}): LeaseWatch {
  const { cluster } = settings;
  let seen: { readonly lease: HeldLease; readonly sinceMs: number; readonly isFirst: boolean } | undefined;
  const reflector = createReflector({
    cluster,
    resource: resources.leases,
    namespaces: [settings.namespace],
    fieldSelector: `metadata.name=${settings.name}`,
    project: (object) => HeldLease.parse(object),
    log: settings.log,
  });
  reflector.onChange(({ after }) => {
    if (after === undefined) seen = undefined;
    else if (after.metadata.resourceVersion !== seen?.lease.metadata.resourceVersion)
      seen = { lease: after, sinceMs: performance.now(), isFirst: seen === undefined };
  });

  function isFresh(): boolean {
    if (seen === undefined || seen.lease.spec.holderIdentity === '') return false;
    const { spec } = seen.lease;
    const lastsMs = spec.leaseDurationSeconds * 1000 + graceMs;
    if (performance.now() - seen.sinceMs > lastsMs) return false;
    const writtenMs = Date.parse(spec.renewTime);
    return !seen.isFirst || !(cluster.nowMs() - writtenMs > lastsMs);
  }

  function isBlind(): boolean {
    return !(reflector.ageMs() < blindAfterMs);
  }

  function lastHolder(): string | undefined {
    const holder = seen?.lease.spec.holderIdentity ?? '';
    return holder === '' ? undefined : holder;
  }

  return {
    holder: () => (isFresh() ? lastHolder() : undefined),
    lastHolder,
    silentSinceMs() {
      if (isFresh() || isBlind() || seen === undefined) return undefined;
      const writtenMs = Date.parse(seen.lease.spec.renewTime);
      return Number.isFinite(writtenMs) ? writtenMs : undefined;
    },
    start: () => reflector.start(),
    stop: () => reflector.stop(),
  };
}
