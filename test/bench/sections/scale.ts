import { setTimeout as sleep } from 'node:timers/promises';
import { type Arena, openArena, progress } from '../arena.ts';
import { watchContention } from '../contention.ts';
import { abort, setImage } from '../fleet.ts';
import { differenceOf } from '../service-metrics.ts';
import { against, round, spreadOf } from '../statistics.ts';

export interface ScaleOptions {
  readonly rollouts: number;
  readonly replicas: number;
  /** All starts fall into this time, evenly. */
  readonly spreadSeconds: number;
  /** Of each pause. */
  readonly pauseSeconds: number;
  readonly weights: number;
  /** Every so many-th is aborted while it moves. */
  readonly abortEvery: number;
}

/** Many rollouts at once, nobody in Slack: how late are steps and aborts, and what does one update cost? */
export async function measureScale(options: ScaleOptions) {
  const steps = weightsOf(options).flatMap((setWeight) => [
    { setWeight },
    { pause: { duration: `${options.pauseSeconds}s` } },
  ]);
  const { rollouts, replicas } = options;
  const arena = await openArena({ store: 'redis', replicas, rollouts, steps, hasSlack: false });
  try {
    return await run(arena, options);
  } finally {
    await arena.stop();
  }
}

function weightsOf({ weights }: ScaleOptions): readonly number[] {
  return Array.from({ length: weights }, (_, index) => Math.round(((index + 1) * 100) / weights));
}

async function run(arena: Arena, options: ScaleOptions) {
  const { fleet, ledger, kubernetes } = arena;
  ledger.takeWrites();
  const before = await arena.readMetrics();
  const requestsBefore = kubernetes.requestCounts();
  const marks = { lags: ledger.lags.length, weights: ledger.weights.length };
  const contention = watchContention(arena.replicas);
  const startedAtMs = Date.now();
  const { names } = fleet;
  progress(`${names.length} rollouts start within ${options.spreadSeconds} s`);
  const first = new Map(names.map((name) => [name, ledger.standings.get(name)?.stableHash]));
  const aborted = new Set(names.filter((_, index) => index % options.abortEvery === options.abortEvery - 1));
  const people = abortInTime(arena, [...aborted], options);
  await startAll(arena, options);
  const startedSeconds = round((Date.now() - startedAtMs) / 1000);
  const isThere = (name: string) => {
    const now = ledger.standings.get(name);
    if (now === undefined || now.currentHash === first.get(name)) return false;
    return aborted.has(name) ? now.isAborted && ledger.weightOf(name) === 0 : now.phase === 'Healthy';
  };
  const planMs = options.weights * options.pauseSeconds * 1000;
  await arena.settled('the update', names, isThere, planMs * 2 + 300_000);
  const tookSeconds = round((Date.now() - startedAtMs) / 1000);
  const abortedAtMs = await people;
  await sleep(2000);
  const contended = contention.stop();
  const after = await arena.readMetrics();
  const spent = differenceOf(before, after);
  const requestsAfter = kubernetes.requestCounts();
  const writes = ledger.takeWrites();
  const stepLagMs = spreadOf(ledger.lags.slice(marks.lags).map(({ lagMs }) => lagMs));
  const abortLagMs = spreadOf(abortLags(arena, abortedAtMs, marks.weights));
  const updates = names.length;
  const { events = 0, ...countedWrites } = writes.counts;
  const written = sumOf(countedWrites);
  const least = leastWrites(options);
  return {
    arrival: `${updates} rollouts of 2 replicas, all started within ${startedSeconds} s; each ${options.weights} × (setWeight, pause ${options.pauseSeconds} s) behind nginx; every ${options.abortEvery}th is aborted while it moves; no Slack`,
    replicas: options.replicas,
    tookSeconds,
    stepLag: { ...against(stepLagMs.p99, 1000), ms: stepLagMs },
    abortLag: { ...against(abortLagMs.p99, 1000), how: "the abort's write → the Ingress write with 0", ms: abortLagMs },
    residentMiBPerReplica: after.map(({ residentBytes }) => Math.round(residentBytes / 2 ** 20)),
    perUpdate: {
      writes: round(written / updates),
      least,
      ...against(written / updates / least.sum, 1.5),
      events: round(events / updates),
      refused: round(writes.refused / updates),
      writesByKind: per(writes.counts, updates),
      readsByKind: per(onlyReads(spent.answers), updates),
      reads: round(sumOf(onlyReads(spent.answers)) / updates),
      turnsByKind: per(spent.turnsByKind, updates),
      cpuMs: round((spent.cpuSeconds * 1000) / updates),
      allRequestsAtTheApi: {
        reads: round((requestsAfter.reads - requestsBefore.reads) / updates),
        writes: round((requestsAfter.writes - requestsBefore.writes) / updates),
      },
    },
    cpuMsPerTurn: round((spent.cpuSeconds * 1000) / spent.turns),
    turnsPerSecond: round(spent.turns / tookSeconds),
    contention: contended,
  };
}

/**
 * The least that the protocol allows for one update that goes to its end (an aborted one needs less). A step's index must be stored
 * before its weight is raised, and a weight must stand before its step is over: two writes that no order can join.
 */
function leastWrites({ weights }: ScaleOptions) {
  const least = {
    // Its revision, by an annotation; the reset to the first step; each step that is completed (the last one with the promotion); the
    // pods that come after it; Healthy.
    rollouts: 1 + 1 + 2 * weights + 1 + 1,
    // Created at 0, then each size of 2 pods; the annotations of the new one with its size, of the old one with its deadline.
    replicasets: 1 + 2 + 1 + 1,
    // The canary's Service to the new pods, the stable one when they are promoted.
    services: 2,
    // Each weight, and 0 when it is over.
    ingresses: weights + 1,
    // The DeliveryRecord: begun, and at most one entry for what happened between two looks.
    deliveryrecords: 1 + weights,
  };
  return { ...least, sum: sumOf(least) };
}

async function startAll({ sandbox, fleet }: Arena, { spreadSeconds }: ScaleOptions): Promise<void> {
  const beganAtMs = performance.now();
  const starts: Promise<unknown>[] = [];
  for (const [index, name] of fleet.names.entries()) {
    const dueMs = (index * spreadSeconds * 1000) / fleet.names.length;
    const aheadMs = beganAtMs + dueMs - performance.now();
    if (aheadMs > 4) await sleep(aheadMs);
    starts.push(setImage(sandbox, name, '2.0.0'));
    if (starts.length >= 50) await Promise.all(starts.splice(0));
  }
  await Promise.all(starts);
}

/** Each as soon as its canary has a share, after a while of its own; when its abort was written, by name. */
async function abortInTime(
  { sandbox, ledger }: Arena,
  names: readonly string[],
  { weights, pauseSeconds }: ScaleOptions,
): Promise<ReadonlyMap<string, number>> {
  const at = new Map<string, number>();
  const planMs = weights * pauseSeconds * 1000;
  await Promise.all(
    names.map(async (name, index) => {
      while ((ledger.weightOf(name) ?? 0) === 0) await sleep(100);
      await sleep((planMs * 0.7 * index) / Math.max(1, names.length));
      await abort(sandbox, name);
      at.set(name, Date.now());
    }),
  );
  return at;
}

function abortLags({ ledger }: Arena, abortedAtMs: ReadonlyMap<string, number>, mark: number): number[] {
  return [...abortedAtMs].map(([name, atMs]) => {
    const zero = ledger.weights
      .slice(mark)
      .find((write) => write.rollout === name && write.weight === 0 && write.atMs >= atMs - 1000);
    return zero === undefined ? Number.POSITIVE_INFINITY : Math.max(0, zero.atMs - atMs);
  });
}

function onlyReads(answers: Readonly<Record<string, number>>): Record<string, number> {
  return Object.fromEntries(Object.entries(answers).filter(([key]) => key.startsWith('GET ')));
}

function per(counts: Readonly<Record<string, number>>, updates: number): Record<string, number> {
  const rows = Object.entries(counts).map(([key, count]): [string, number] => [key, round(count / updates)]);
  return Object.fromEntries(rows.filter(([, count]) => count > 0).sort(([, a], [, b]) => b - a));
}

function sumOf(counts: Readonly<Record<string, number>>): number {
  return Object.values(counts).reduce((sum, count) => sum + count, 0);
}
