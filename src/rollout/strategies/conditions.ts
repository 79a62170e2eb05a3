import { parseTimestamp } from '../../analysis/index.ts';
import { type ConditionValue, findCondition, refreshCondition, removeCondition, setCondition } from '../conditions.ts';
import type { Announce } from '../events.ts';
import { scaleDownDeadlineAnnotation } from '../names.ts';
import type { Condition, RolloutStatus } from '../rollout-status.ts';
import type { Ground } from '../scene.ts';

const DEFAULT_DEADLINE_SECONDS = 600;

/** The part of a standing that the conditions speak of. */
export interface Judgeable {
  readonly stableRS: string;
  readonly pauseConditions: readonly unknown[];
  readonly abort: boolean;
  readonly because: string | undefined;
}

/** What only the strategy can say. */
export interface StrategyFacts {
  /** The plan is over, and the pods and Services are as it ends. */
  readonly isArrived: boolean;
  /** It waits for a person, a clock or evidence: no deadline counts. */
  readonly isUncounted: boolean;
}

interface Judged {
  readonly conditions: Condition[];
  readonly events: readonly Announce[];
}

/** The conditions that clients wait for, by the status that is about to be stored. */
export function judgeConditions(
  scene: Ground,
  standing: Judgeable,
  draft: RolloutStatus,
  strategy: StrategyFacts,
): Judged {
  const { nowMs } = scene;
  const events: Announce[] = [];
  let conditions: Condition[] = removeCondition(scene.status.conditions ?? [], 'InvalidSpec');
  const set = (value: ConditionValue) => {
    const changed = setCondition(conditions, value, nowMs);
    const isChanged = findCondition(changed, value.type) !== findCondition(conditions, value.type);
    conditions = changed;
    return isChanged;
  };

  const isPaused = standing.pauseConditions.length > 0 || scene.spec.paused === true;
  const isPromoted = standing.stableRS !== '' && standing.stableRS === scene.podHash;
  // During an abort it stays as it was, as Argo has it: a retry puts it right.
  if (!standing.abort) setPaused(isPaused);
  const isArrived = strategy.isArrived && isHealthyNow(scene, standing, draft);
  const isHealthy = !isPaused && isArrived;
  const wasHealthy = findCondition(conditions, 'Healthy')?.status === 'True';
  if (isHealthy) set(value('Healthy', 'True', 'RolloutHealthy', 'Rollout is healthy'));
  else if (findCondition(conditions, 'Healthy') !== undefined) {
    set(value('Healthy', 'False', 'RolloutHealthy', 'Rollout is not healthy'));
  }
  if (standing.abort) announceAbort();
  else if (!isPaused || isPromoted)
    conditions = setProgress(scene, standing, draft, { ...strategy, conditions, isArrived, wasHealthy });

  const isAvailable = (draft.availableReplicas ?? 0) >= scene.replicas;
  const availability = isAvailable ? 'Rollout has minimum availability' : 'Rollout does not have minimum availability';
  set(value('Available', isAvailable ? 'True' : 'False', 'AvailableReason', availability));
  const failure = (scene.canary?.failure ?? scene.world.replicaSets.find((one) => one.failure)?.failure) || undefined;
  if (failure === undefined) conditions = removeCondition(conditions, 'ReplicaFailure');
  else set(value('ReplicaFailure', 'True', failure.reason, failure.message));
  const hasTurned = set(value('Completed', isPromoted ? 'True' : 'False', 'RolloutCompleted', 'RolloutCompleted'));
  if (hasTurned && !isPromoted) {
    const message = `Rollout not completed, started update to revision ${scene.revision} (${scene.podHash})`;
    events.push({ reason: 'RolloutNotCompleted', message });
  }
  return { conditions, events };

  function setPaused(paused: boolean): void {
    const progressing = findCondition(conditions, 'Progressing');
    if (progressing?.reason === 'RolloutAborted') {
      set(value('Progressing', 'Unknown', 'RolloutRetry', 'Retrying Rollout after abort'));
    }
    // Of what is promoted no progress is paused.
    if (paused && !isPromoted) set(value('Progressing', 'Unknown', 'RolloutPaused', 'Rollout is paused'));
    else if (progressing?.reason === 'RolloutPaused') {
      set(value('Progressing', 'Unknown', 'RolloutResumed', 'Rollout is resumed'));
    }
    const isPausedBefore = findCondition(conditions, 'Paused')?.status === 'True';
    if (paused !== isPausedBefore)
      set(value('Paused', paused ? 'True' : 'False', 'RolloutPaused', 'Rollout is paused'));
  }

  function announceAbort(): void {
    const { because } = standing;
    const plain = `Rollout aborted update to revision ${scene.revision}`;
    const message = because === undefined ? plain : `${plain}: ${because}`;
    if (set(value('Progressing', 'False', 'RolloutAborted', message))) {
      events.push({ reason: 'RolloutAborted', message, type: 'Warning' });
    }
  }
}

function value(type: string, status: ConditionValue['status'], reason: string, message: string): ConditionValue {
  return { type, status, reason, message };
}

/** All pods that are asked for are of this revision and available. */
function isHealthyNow(scene: Ground, standing: Judgeable, draft: RolloutStatus): boolean {
  return (
    standing.stableRS === scene.podHash &&
    draft.updatedReplicas === scene.replicas &&
    draft.availableReplicas === scene.replicas
  );
}

interface ProgressFacts extends StrategyFacts {
  readonly conditions: Condition[];
  readonly wasHealthy: boolean;
}

function setProgress(scene: Ground, standing: Judgeable, draft: RolloutStatus, facts: ProgressFacts): Condition[] {
  const { conditions, isArrived, wasHealthy } = facts;
  const name = scene.canary?.name ?? `${scene.rollout.metadata.name}-${scene.podHash}`;
  if (isArrived) {
    const message = `ReplicaSet "${name}" has successfully progressed.`;
    return setCondition(conditions, value('Progressing', 'True', 'NewReplicaSetAvailable', message), scene.nowMs);
  }
  if (wasHealthy && standing.stableRS === scene.podHash) {
    const message = 'Rollout does not have minimum availability';
    return refreshCondition(conditions, value('Progressing', 'True', 'ReplicaSetNotAvailable', message), scene.nowMs);
  }
  if (wasHealthy || isProgressing(scene.status, draft)) {
    // Refreshed though status and reason are the same: the deadline counts from the last progress.
    const message = `ReplicaSet "${name}" is progressing.`;
    return refreshCondition(conditions, value('Progressing', 'True', 'ReplicaSetUpdated', message), scene.nowMs);
  }
  const deadlineMs = progressDeadlineOf(scene, standing, { conditions, isUncounted: facts.isUncounted });
  if (deadlineMs !== undefined && deadlineMs < scene.nowMs) {
    const message = `ReplicaSet "${name}" has timed out progressing.`;
    return setCondition(conditions, value('Progressing', 'False', 'ProgressDeadlineExceeded', message), scene.nowMs);
  }
  return conditions;
}

/** Something moved since the stored status: pods of either side, the step, a Service, what is stable. */
function isProgressing(before: RolloutStatus, after: RolloutStatus): boolean {
  const oldBefore = (before.replicas ?? 0) - (before.updatedReplicas ?? 0);
  const oldAfter = (after.replicas ?? 0) - (after.updatedReplicas ?? 0);
  return (
    after.updatedReplicas !== (before.updatedReplicas ?? 0) ||
    oldAfter < oldBefore ||
    (after.readyReplicas ?? 0) > (before.readyReplicas ?? 0) ||
    (after.availableReplicas ?? 0) > (before.availableReplicas ?? 0) ||
    after.currentStepIndex !== before.currentStepIndex ||
    after.currentStepHash !== before.currentStepHash ||
    after.currentPodHash !== before.currentPodHash ||
    after.blueGreen?.activeSelector !== before.blueGreen?.activeSelector ||
    after.blueGreen?.previewSelector !== before.blueGreen?.previewSelector ||
    after.stableRS !== before.stableRS
  );
}

/** When lack of progress becomes a condition, Unix ms; undefined: not counted now. */
export function progressDeadlineOf(
  scene: Ground,
  standing: Judgeable,
  { conditions, isUncounted }: Pick<StrategyFacts, 'isUncounted'> & { readonly conditions: readonly Condition[] },
): number | undefined {
  if (standing.abort || standing.pauseConditions.length > 0 || scene.spec.paused === true) return undefined;
  if (isUncounted) return undefined;
  if (scene.retired.some((one) => one.annotations[scaleDownDeadlineAnnotation] !== undefined)) return undefined;
  const progressing = findCondition(conditions, 'Progressing');
  const uncounted = ['RolloutAborted', 'RolloutPaused', 'ProgressDeadlineExceeded', 'NewReplicaSetAvailable'];
  if (progressing === undefined || uncounted.includes(progressing.reason ?? '')) return undefined;
  const fromMs = parseTimestamp(progressing.lastUpdateTime ?? '');
  return fromMs === undefined
    ? undefined
    : fromMs + (scene.spec.progressDeadlineSeconds ?? DEFAULT_DEADLINE_SECONDS) * 1000;
}
