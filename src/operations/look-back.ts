import { parseTimestamp } from '../analysis/index.ts';
import type { PastRevision } from '../records/index.ts';
import type { Rollout } from '../rollout/index.ts';
import { mayIn } from './may-in.ts';
import type { Person } from './operations.ts';
import type { ReadTools } from './read.ts';

export type { PastRevision } from '../records/index.ts';

/** One revision that moved in the time that was asked for: where it is from, what it came to last, and when. */
export interface RecentChange extends PastRevision {
  readonly last: NonNullable<PastRevision['last']>;
}

export interface RecentChanges {
  /** Newest first. */
  readonly changes: readonly RecentChange[];
  /** More moved than one answer names. */
  readonly more: number;
}

export type LookBackTools = ReadTools & {
  readonly pastOf: (rollout: Rollout, signal: AbortSignal) => Promise<readonly PastRevision[]>;
  readonly nowMs: () => number;
};

/** Rollouts whose records one answer reads: each costs a call. */
const mostRead = 25;

/**
 * What moved lately in all that this person may see. The caches say which rollouts moved (each move is a condition's new time); only
 * their records are read, never all records of a cluster.
 */
export async function readChanges(
  person: Person,
  { lastMs, namespace }: { readonly lastMs: number; readonly namespace?: string | undefined },
  tools: LookBackTools,
): Promise<RecentChanges> {
  const signal = AbortSignal.timeout(10_000);
  const sinceMs = tools.nowMs() - lastMs;
  const moved = tools.known
    .list()
    .filter((rollout) => namespace === undefined || rollout.metadata.namespace === namespace)
    .map((rollout) => ({ rollout, atMs: lastMovedAt(rollout) }))
    .filter(({ atMs }) => atMs >= sinceMs)
    .toSorted((a, b) => b.atMs - a.atMs);
  const mayList = mayIn(person, 'list', tools.cluster, signal);
  const seen: Rollout[] = [];
  let more = 0;
  for (const { rollout } of moved) {
    if (!(await mayList(rollout.metadata.namespace, rollout.metadata.name))) continue;
    if (seen.length < mostRead) seen.push(rollout);
    else more += 1;
  }
  const past = await Promise.all(seen.map((rollout) => tools.pastOf(rollout, signal)));
  const changes = past.flat().filter((one): one is RecentChange => one.last !== undefined && one.last.atMs >= sinceMs);
  return { changes: changes.toSorted((a, b) => b.last.atMs - a.last.atMs), more };
}

/** The newest time that the object itself tells: of its conditions, its pauses, its creation. Whole seconds, so a second is added. */
function lastMovedAt({ metadata, status }: Rollout): number {
  const times = [
    metadata.creationTimestamp,
    status.abortedAt,
    ...(status.conditions ?? []).map(({ lastUpdateTime }) => lastUpdateTime),
    ...(status.conditions ?? []).map(({ lastTransitionTime }) => lastTransitionTime),
    ...(status.pauseConditions ?? []).map(({ startTime }) => startTime),
  ];
  return Math.max(0, ...times.map((time) => parseTimestamp(time ?? '') ?? 0)) + 1000;
}
