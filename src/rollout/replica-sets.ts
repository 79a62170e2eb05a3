import { parseTimestamp } from '../analysis/index.ts';
import { revisionAnnotation, scaleDownDeadlineAnnotation } from './names.ts';
import type { Rollout } from './rollout.ts';
import type { ReplicaSetView } from './world.ts';

export function revisionOf(replicaSet: ReplicaSetView): number {
  const revision = Number(replicaSet.annotations[revisionAnnotation]);
  return Number.isInteger(revision) ? revision : 0;
}

/**
 * The revision that the status speaks of. The Rollout's own annotation is a write earlier: by it a new revision would seem to have
 * all that the status still says of the one before it. 0: none yet.
 */
export function presentRevision(rollout: Rollout, replicaSets: readonly ReplicaSetView[]): number {
  const present = replicaSets.find(({ podHash }) => podHash === rollout.status.currentPodHash);
  return present === undefined ? Number(rollout.metadata.annotations[revisionAnnotation] ?? 0) : revisionOf(present);
}

/** When its pods may go, Unix ms; undefined: no deadline, or one that nobody can read. */
export function scaleDownDeadlineOf(replicaSet: ReplicaSetView): number | undefined {
  const text = replicaSet.annotations[scaleDownDeadlineAnnotation];
  return text === undefined ? undefined : parseTimestamp(text);
}

export function isFullyAvailable(replicaSet: ReplicaSetView): boolean {
  return replicaSet.specReplicas > 0 && replicaSet.availableReplicas >= replicaSet.specReplicas;
}

export function sumOf(replicaSets: readonly ReplicaSetView[], count: (replicaSet: ReplicaSetView) => number): number {
  let sum = 0;
  for (const replicaSet of replicaSets) sum += count(replicaSet);
  return sum;
}
