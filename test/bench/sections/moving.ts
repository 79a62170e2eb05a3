import { setTimeout as sleep } from 'node:timers/promises';
import { type Arena, type ArenaOptions, openArena, progress } from '../arena.ts';
import { cardAges } from '../card-ages.ts';
import { watchContention } from '../contention.ts';
import { letPeopleAct } from '../crowd.ts';
import { setImage } from '../fleet.ts';
import type { Ledger } from '../ledger.ts';
import { differenceOf } from '../service-metrics.ts';
import { against, round, spreadOf } from '../statistics.ts';

export interface MovingOptions extends ArenaOptions {
  /** A rollout starts every so many milliseconds. */
  readonly startEveryMs: number;
  /** Acts of people, spread over the run. */
  readonly acts: number;
}

/** Rollouts start one after the other and move side by side while people ask: how late is everything? */
export async function measureMoving(options: MovingOptions) {
  const arena = await openArena(options);
  try {
    return await move(arena, options);
  } finally {
    await arena.stop();
  }
}

async function move(arena: Arena, options: MovingOptions) {
  const { fleet, ledger, kubernetes } = arena;
  ledger.takeWrites();
  const before = await arena.readMetrics();
  const requestsBefore = kubernetes.requestCounts();
  const marks = { lags: ledger.lags.length, verdicts: ledger.verdicts.length, weights: ledger.weights.length };
  const contention = watchContention(arena.replicas);
  const startedAtMs = Date.now();
  progress(`${fleet.names.length} rollouts start, one every ${options.startEveryMs} ms`);
  const longestMs = fleet.names.length * options.startEveryMs + 15_000;
  const crowd = letPeopleAct(arena, { acts: options.acts, everyMs: Math.floor(longestMs / options.acts) });
  const first = new Map(fleet.names.map((name) => [name, ledger.standings.get(name)?.stableHash]));
  for (const name of fleet.names) {
    await setImage(arena.sandbox, name, '2.0.0');
    await sleep(options.startEveryMs);
  }
  await arena.settled('the update', fleet.names, (name) => {
    const now = ledger.standings.get(name);
    if (now === undefined || now.currentHash === first.get(name)) return false;
    return fleet.bad.has(name) ? now.isAborted && ledger.weightOf(name) === 0 : now.phase === 'Healthy';
  });
  const tookSeconds = round((Date.now() - startedAtMs) / 1000);
  const people = await crowd;
  // The last cards are drawn after the last step.
  await sleep(2000);
  const contended = contention.stop();
  const requestsAfter = kubernetes.requestCounts();
  const writes = ledger.takeWrites();
  const after = await arena.readMetrics();
  const spent = differenceOf(before, after);
  const updates = fleet.names.length;
  const lags = ledger.lags.slice(marks.lags);
  const ackMs = spreadOf(people.ackMs);
  const stepLagMs = spreadOf(lags.map(({ lagMs }) => lagMs));
  const verdictMs = spreadOf(verdictToZeroMs(ledger, marks));
  return {
    arrival: `one rollout every ${options.startEveryMs} ms, ${updates} in all, each 10 % → pause 4 s → 30 % → analysis → 60 % → pause 4 s; every ${options.badEvery ?? '∞'}th fails its analysis; ${options.acts} commands and clicks of 3 people spread evenly`,
    replicas: options.replicas,
    store: options.store,
    tookSeconds,
    ack: {
      ...against(ackMs.p99, 50),
      how: 'at the Slack stand-in, envelope sent → ack received',
      ms: ackMs,
      unanswered: people.unanswered,
    },
    stepLag: {
      ...against(stepLagMs.p99, 250),
      how: "a step's condition true at the API (ReplicaSet available, pause's end, AnalysisRun completed) → status write",
      ms: stepLagMs,
      byKind: Object.fromEntries(
        (['setWeight', 'pause', 'analysis'] as const).map((kind) => [
          kind,
          spreadOf(lags.filter((lag) => lag.kind === kind).map(({ lagMs }) => lagMs)),
        ]),
      ),
    },
    verdictToZero: {
      ...against(verdictMs.p99, 300),
      how: 'API time of the AnalysisRun write Failed → API time of the Ingress write with 0',
      ms: verdictMs,
    },
    perUpdate: {
      writes: round(sumOf(writes.counts) / updates),
      refusedWrites: round(writes.refused / updates),
      reads: round(sumOf(readsOf(spent.answers)) / updates),
      turns: round(spent.turns / updates),
      writesByKind: perUpdate(writes.counts, updates),
      readsByKind: perUpdate(readsOf(spent.answers), updates),
      turnsByKind: perUpdate(spent.turnsByKind, updates),
      allRequestsAtTheApi: {
        reads: round((requestsAfter.reads - requestsBefore.reads) / updates),
        writes: round((requestsAfter.writes - requestsBefore.writes) / updates),
      },
    },
    cpuMsPerTurn: round((spent.cpuSeconds * 1000) / spent.turns),
    cpuMsPerUpdate: round((spent.cpuSeconds * 1000) / updates),
    meanTurnMs: round((spent.turnSeconds * 1000) / spent.turns),
    cpuShareOfOneCorePerReplica: round(spent.cpuSeconds / tookSeconds / options.replicas),
    residentMiBPerReplica: after.map(({ residentBytes }) => Math.round(residentBytes / 2 ** 20)),
    cards: cardAges(arena, startedAtMs),
    contention: contended,
  };
}

function verdictToZeroMs(ledger: Ledger, marks: { readonly verdicts: number; readonly weights: number }): number[] {
  const found: number[] = [];
  for (const { rollout, phase, atMs } of ledger.verdicts.slice(marks.verdicts)) {
    if (phase !== 'Failed') continue;
    const zero = ledger.weights
      .slice(marks.weights)
      .find((write) => write.rollout === rollout && write.weight === 0 && write.atMs >= atMs);
    found.push(zero === undefined ? Number.POSITIVE_INFINITY : zero.atMs - atMs);
  }
  return found;
}

function readsOf(answers: Readonly<Record<string, number>>): Record<string, number> {
  return Object.fromEntries(Object.entries(answers).filter(([key]) => key.startsWith('GET ')));
}

function perUpdate(counts: Readonly<Record<string, number>>, updates: number): Record<string, number> {
  const rows = Object.entries(counts).map(([key, count]): [string, number] => [key, round(count / updates)]);
  return Object.fromEntries(rows.filter(([, count]) => count > 0).sort(([, a], [, b]) => b - a));
}

function sumOf(counts: Readonly<Record<string, number>>): number {
  return Object.values(counts).reduce((sum, count) => sum + count, 0);
}
