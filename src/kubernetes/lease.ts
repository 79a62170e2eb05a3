import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Logger } from 'pino';
import { z } from 'zod';
import { AlreadyExistsError, ConflictError, ObjectMeta } from '../lib/index.ts';
import type { ConnectedCluster } from './create-cluster.ts';
import { renderMicroTime } from './micro-time.ts';
import { createReflector } from './reflector.ts';
import { resources } from './resources.ts';

/** One seat among all replicas. Whoever holds it says so every few seconds; who falls silent loses it. */
export interface LeaderLease {
  /** Whether the seat is ours this very moment: false as soon as we could not renew in time, even while the process hung. */
  isMine(): boolean;
  /** Who holds it, while they are fresh by our own monotonic clock; undefined: nobody. */
  holder(): string | undefined;
  /** Since when the present holder has it, as it wrote itself; Unix milliseconds. Undefined: nobody has it. */
  heldSinceMs(): number | undefined;
  /** Called when we get the seat (true) and when we lose it (false). Returns an unsubscribe. */
  onChange(listener: (isMine: boolean) => void): () => void;
  /** Begins to try. Resolves after the first look. */
  start(): Promise<void>;
  /** Gives the seat back at once, when we have it. */
  stop(): Promise<void>;
}

export interface LeaseTiming {
  /** After this silence others may take it. Whole seconds. */
  readonly durationSeconds: number;
  /** After this long without a renewal the holder itself gives up: shorter, so that there are never two. */
  readonly renewWithinMs: number;
  readonly tryEveryMs: number;
}

export interface LeaseSettings {
  readonly cluster: ConnectedCluster;
  readonly namespace: string;
  readonly name: string;
  /** `stepwise_<pod>_<uuid>`: see `createHolderName`. */
  readonly holder: string;
  /** Default 15 s, 10 s, 2 s, as Argo's controller has it. */
  readonly timing?: LeaseTiming;
  readonly log: Logger;
}

const argoTiming: LeaseTiming = { durationSeconds: 15, renewWithinMs: 10_000, tryEveryMs: 2000 };

/** The same proportions for another duration: 3 s → renew within 2 s, try every 0.4 s. */
export function createLeaseTiming(seconds: number): LeaseTiming {
  const durationSeconds = Math.max(1, Math.ceil(seconds));
  return {
    durationSeconds,
    renewWithinMs: Math.floor((durationSeconds * 2000) / 3),
    tryEveryMs: Math.floor((durationSeconds * 2000) / 15),
  };
}

/** Argo's own Lease, so that an Argo controller of the same instance waits while we hold it. */
export function keeperLeaseName(instanceId: string): string {
  return instanceId === '' ? 'argo-rollouts-controller-lock' : `argo-rollouts-controller-lock-${instanceId}`;
}

/** Beside an Argo controller, which holds its own: one of our replicas tells people, by a Lease in our own namespace. */
export function driveLeaseName(instanceId: string): string {
  return instanceId === '' ? 'stepwise-drive' : `stepwise-drive-${instanceId}`;
}

/** A new process is a new holder, even in the same pod. */
export function createHolderName(pod: string): string {
  return `stepwise_${pod}_${randomUUID()}`;
}

const Lease = z.looseObject({
  metadata: ObjectMeta,
  spec: z
    .looseObject({
      holderIdentity: z.string().default(''),
      leaseDurationSeconds: z.number().default(15),
      renewTime: z.string().optional(),
      acquireTime: z.string().optional(),
      leaseTransitions: z.number().default(0),
    })
    .default({ holderIdentity: '', leaseDurationSeconds: 15, leaseTransitions: 0 }),
});
type Lease = z.infer<typeof Lease>;

export function createLease(settings: LeaseSettings): LeaderLease {
  const { cluster, holder, log } = settings;
  const timing = settings.timing ?? argoTiming;
  const name = { namespace: settings.namespace, name: settings.name };
  const stopping = new AbortController();
  const listeners = new Set<(isMine: boolean) => void>();
  const firstLook = Promise.withResolvers<void>();
  /** The last state seen, and when we first saw it in that state: other machines' clocks mean nothing here. */
  let seen: { readonly lease: Lease; readonly sinceMs: number } | undefined;
  let renewedAtMs = Number.NEGATIVE_INFINITY;
  let saidMine = false;
  let loop: Promise<void> | undefined;
  let nap = new AbortController();
  /** Only to be quick: what is true is read live before each write. */
  const watch = createReflector({
    cluster,
    resource: resources.leases,
    namespaces: [name.namespace],
    fieldSelector: `metadata.name=${name.name}`,
    project: (object) => Lease.parse(object),
    log,
  });

  function isMine(): boolean {
    return performance.now() - renewedAtMs < timing.renewWithinMs;
  }

  /** How long the holder may still be silent. */
  function freshForMs(): number {
    if (seen === undefined || seen.lease.spec.holderIdentity === '') return 0;
    const { spec } = seen.lease;
    const lastsMs = spec.leaseDurationSeconds * 1000;
    // Holders of ours write the API server's clock, at most a second behind it: what was silent long before we first looked need not
    // be waited for again. Of others we know no clock.
    const silentMs = cluster.nowMs() - Date.parse(spec.renewTime ?? '');
    if (spec.holderIdentity.startsWith('stepwise_') && silentMs > lastsMs + 2000) return 0;
    return Math.max(0, seen.sinceMs + lastsMs - performance.now());
  }

  function see(lease: Lease): void {
    if (seen?.lease.metadata.resourceVersion === lease.metadata.resourceVersion) return;
    seen = { lease, sinceMs: performance.now() };
  }

  function tell(): void {
    const now = isMine();
    if (now === saidMine) return;
    saidMine = now;
    log.info({ lease: settings.name, holder }, now ? 'lease taken' : 'lease lost');
    for (const listener of listeners) listener(now);
  }

  /** Looks, and takes or renews when it may. */
  async function tryOnce(): Promise<void> {
    const signal = AbortSignal.any([stopping.signal, AbortSignal.timeout(timing.renewWithinMs)]);
    const beganAtMs = performance.now();
    const object = await cluster.get(resources.leases, name, signal);
    if (object === undefined) {
      see(Lease.parse(await cluster.create(resources.leases, { metadata: name, spec: claim() }, { signal })));
      renewedAtMs = beganAtMs;
      return;
    }
    const lease = Lease.parse(object);
    see(lease);
    const isOurs = lease.spec.holderIdentity === holder;
    if (!isOurs && freshForMs() > 0) {
      renewedAtMs = Number.NEGATIVE_INFINITY;
      return;
    }
    see(await write(lease, claim(lease), signal));
    // Counted from before we asked: the others count from when they saw it, which is later.
    renewedAtMs = beganAtMs;
  }

  function claim(before?: Lease) {
    const now = renderMicroTime(cluster.nowMs());
    const isRenewal = before?.spec.holderIdentity === holder;
    return {
      holderIdentity: holder,
      leaseDurationSeconds: timing.durationSeconds,
      acquireTime: isRenewal ? (before.spec.acquireTime ?? now) : now,
      renewTime: now,
      leaseTransitions:
        before === undefined || isRenewal ? (before?.spec.leaseTransitions ?? 0) : before.spec.leaseTransitions + 1,
    };
  }

  async function write(lease: Lease, spec: ReturnType<typeof claim>, signal: AbortSignal): Promise<Lease> {
    const metadata = { resourceVersion: lease.metadata.resourceVersion ?? '' };
    return Lease.parse(await cluster.patchMerge(resources.leases, name, { metadata, spec }, { signal }));
  }

  async function run(): Promise<void> {
    while (!stopping.signal.aborted) {
      let hasFailed = false;
      try {
        await tryOnce();
      } catch (error) {
        const isRace = error instanceof ConflictError || error instanceof AlreadyExistsError;
        hasFailed = !isRace;
        if (!isRace && !stopping.signal.aborted) log.warn({ err: error, lease: settings.name }, 'lease not renewed');
      }
      firstLook.resolve();
      tell();
      nap = new AbortController();
      // A right that is missing, or a server that is down, is not asked for fifty times a second.
      const napMs = isMine() || hasFailed ? timing.tryEveryMs : Math.min(timing.tryEveryMs, freshForMs() + 20);
      const signal = AbortSignal.any([stopping.signal, nap.signal]);
      await sleep(napMs * (1 + Math.random() / 10), undefined, { signal }).catch(() => undefined);
    }
  }

  async function release(): Promise<void> {
    const wasMine = isMine();
    renewedAtMs = Number.NEGATIVE_INFINITY;
    tell();
    if (!wasMine) return;
    try {
      const signal = AbortSignal.timeout(2000);
      const lease = Lease.parse(await cluster.get(resources.leases, name, signal));
      if (lease.spec.holderIdentity !== holder) return;
      await write(lease, { ...claim(lease), holderIdentity: '', leaseDurationSeconds: 1 }, signal);
    } catch (error) {
      log.warn({ err: error, lease: settings.name }, 'lease not given back: others wait until it is stale');
    }
  }

  return {
    isMine,
    holder: () => (freshForMs() > 0 ? seen?.lease.spec.holderIdentity : undefined),
    heldSinceMs() {
      const sinceMs = Date.parse(seen?.lease.spec.acquireTime ?? '');
      return freshForMs() > 0 && Number.isFinite(sinceMs) ? sinceMs : undefined;
    },
    onChange(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    start() {
      if (loop === undefined) {
        watch.onChange(({ after }) => {
          if (after !== undefined) see(after);
          const holderNow = after?.spec.holderIdentity ?? '';
          // Free to take, or taken from us: look at once.
          if (holderNow === '' || (isMine() && holderNow !== holder)) nap.abort();
        });
        watch.start().catch(() => undefined);
        loop = run();
      }
      return firstLook.promise;
    },
    async stop() {
      stopping.abort(new Error('the lease has stopped'));
      await Promise.all([loop, watch.stop()]);
      await release();
    },
  };
}
