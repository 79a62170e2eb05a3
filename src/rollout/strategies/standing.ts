import type { Announce } from '../events.ts';
import { sumOf } from '../replica-sets.ts';
import type { RestartPlan } from '../restart.ts';
import type { RolloutStatus } from '../rollout-status.ts';
import type { Ground } from '../scene.ts';

/** The part of any strategy's status that says where the rollout stands: what a decision moves. */
export interface CommonStanding {
  readonly stableRS: string;
  readonly pauseConditions: NonNullable<RolloutStatus['pauseConditions']>;
  readonly controllerPause: boolean;
  readonly abort: boolean;
  readonly abortedAt: string | undefined;
  /** What Argo writes behind `Rollout aborted update to revision N: `. */
  readonly because: string | undefined;
  readonly promoteFull: boolean;
  /** Only an analysis is waited for: no deadline counts meanwhile (unlike Argo, which calls that no progress). */
  readonly isWaitingForEvidence: boolean;
  readonly events: readonly Announce[];
}

/** Nothing paused, nothing aborted: the ground that each state builds on. */
export function groundStanding(scene: Ground): CommonStanding {
  return {
    stableRS: scene.status.stableRS ?? '',
    pauseConditions: [],
    controllerPause: false,
    abort: false,
    abortedAt: undefined,
    because: undefined,
    promoteFull: false,
    isWaitingForEvidence: false,
    events: [],
  };
}

export function announceCompleted(scene: Ground, because: string): Announce {
  const message = `Rollout completed update to revision ${scene.revision} (${scene.podHash}): ${because}`;
  return { reason: 'RolloutCompleted', message };
}

/** The fields of the status that mean the same in every strategy. */
export function commonStatus(scene: Ground, standing: CommonStanding, { restartedAt }: RestartPlan) {
  const { world, status: stored } = scene;
  return {
    observedGeneration: String(scene.rollout.metadata.generation ?? 0),
    workloadObservedGeneration:
      world.workload === undefined ? stored.workloadObservedGeneration : String(world.workload.generation),
    currentPodHash: scene.podHash,
    stableRS: standing.stableRS === '' ? undefined : standing.stableRS,
    pauseConditions: standing.pauseConditions.length === 0 ? undefined : standing.pauseConditions,
    controllerPause: standing.controllerPause || undefined,
    // A retry leaves `false`, and so does Argo.
    abort: standing.abort || (stored.abort === false ? false : undefined),
    abortedAt: standing.abortedAt,
    promoteFull: standing.promoteFull || undefined,
    restartedAt,
    replicas: sumOf(world.replicaSets, (one) => one.replicas),
    updatedReplicas: scene.canary?.replicas ?? 0,
  };
}

const counts = ['HPAReplicas', 'replicas', 'updatedReplicas', 'readyReplicas', 'availableReplicas'] as const;

/** The status as Argo stores it: a count of nobody is absent. */
export function withoutZeroCounts(status: RolloutStatus): RolloutStatus {
  const stored = { ...status };
  for (const count of counts) if (stored[count] === 0) delete stored[count];
  return stored;
}
