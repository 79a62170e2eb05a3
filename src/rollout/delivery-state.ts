import { parseTimestamp } from '../analysis/index.ts';
import { findCondition } from './conditions.ts';
import type { Delivery, DeliveryState } from './delivery.ts';
import { heldByOf } from './point-of-no-return.ts';
import type { Standpoint } from './standpoint.ts';
import { hasMeasured } from './strategies/runs.ts';
import { isInconclusivePause, waitOf } from './wait.ts';

/** The one word for where a revision stands; the first that fits. */
export function stateOf(
  at: Standpoint,
  rollback: { readonly verification: Delivery['verification']; readonly isLate: boolean },
): DeliveryState {
  const { status, spec } = at.world.rollout;
  if (!at.isPresent) return 'superseded';
  if (findCondition(status.conditions, 'InvalidSpec')?.status === 'True') return 'invalidSpec';
  if (at.isAborted) {
    if (rollback.verification.every(({ isDone }) => isDone)) return 'rolledBack';
    const isBack = rollback.verification.some(({ check, isDone }) => check === 'weightZero' && isDone);
    return isBack && rollback.isLate ? 'notVerified' : 'aborting';
  }
  const isStalled = findCondition(status.conditions, 'Progressing')?.reason === 'ProgressDeadlineExceeded';
  if (status.rolling?.stuck !== undefined) return 'stuck';
  const replicas = spec.replicas ?? 1;
  if (at.isPromoted) {
    if ((at.canary?.availableReplicas ?? 0) >= replicas) return 'live';
    return isStalled ? 'stalled' : 'starting';
  }
  if (heldByOf(at.world.rollout) !== undefined) return 'frozen';
  const isHeld = status.rolling !== undefined && hasInconclusive(at);
  if (spec.paused === true && !isHeld) return 'paused';
  if (isStalled) return 'stalled';
  return status.rolling === undefined ? stateUnderWay(at) : stateOfRolling(at);
}

function stateUnderWay(at: Standpoint): DeliveryState {
  const { status } = at.world.rollout;
  const pauses = status.pauseConditions ?? [];
  if (hasInconclusive(at)) return 'inconclusive';
  const wait = waitOf(at.world.rollout);
  if (wait?.kind === 'gate') return 'gate';
  if (wait?.kind === 'webhook' || wait?.kind === 'experiment') return 'checking';
  const isStep = at.strategy.steps?.[at.stepIndex]?.analysis !== undefined;
  if (wait?.kind === 'analysis' || isStep) return hasNoData(at) ? 'noData' : 'checking';
  if (pauses.length > 0) return wait?.kind === 'timed' ? 'moving' : 'gate';
  if (isHeldForEvidence(at)) return 'noData';
  const { canary } = at;
  const isStarting =
    canary === undefined || canary.availableReplicas < canary.specReplicas || canary.specReplicas === 0;
  return isStarting ? 'starting' : 'moving';
}

function hasInconclusive({ world }: Standpoint): boolean {
  const pauses = world.rollout.status.pauseConditions ?? [];
  return pauses.some((pause) => isInconclusivePause(pause.reason));
}

/** A Deployment: Kubernetes moves its pods, then it soaks. */
function stateOfRolling(at: Standpoint): DeliveryState {
  const { rolling } = at.world.rollout.status;
  if (hasInconclusive(at)) return 'inconclusive';
  if (hasNoData(at) || isLateEvidence(at)) return 'noData';
  if (rolling?.rolledOutAt !== undefined) return 'checking';
  return (at.canary?.availableReplicas ?? 0) > 0 ? 'moving' : 'starting';
}

/** Its soak is over, and what should judge it has not looked yet. */
function isLateEvidence({ world, runs }: Standpoint): boolean {
  const endsAtMs = parseTimestamp(world.rollout.status.rolling?.soakEndsAt ?? '');
  const isOver = endsAtMs !== undefined && world.nowMs > endsAtMs;
  const names = world.rollout.status.canary?.currentBackgroundAnalysisRunStatus?.name;
  return isOver && names !== undefined && !runs.some(hasMeasured);
}

/** The analysis that the step waits for sees nothing but errors just now. Metrics on trial hold nothing. */
function hasNoData(at: Standpoint): boolean {
  return at.runs.some((run) =>
    run.status.metricResults.some((metric) => metric.dryRun !== true && metric.consecutiveError > 0),
  );
}

/** The plan is over, the pods are there, and only the background analysis has not measured yet. */
function isHeldForEvidence(at: Standpoint): boolean {
  const { rollout, evidence } = at.world;
  const steps = at.strategy.steps ?? [];
  const background = rollout.status.canary?.currentBackgroundAnalysisRunStatus;
  if (evidence === 'argo' || background === undefined || at.stepIndex < steps.length) return false;
  if ((at.canary?.availableReplicas ?? 0) < (rollout.spec.replicas ?? 1)) return false;
  const run = at.runs.find((one) => one.metadata.name === background.name);
  return run === undefined || !hasMeasured(run);
}
