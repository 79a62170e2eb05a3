import { parseTimestamp } from '../analysis/index.ts';
import type { Delivery } from './delivery.ts';
import { scaleDownDeadlineAnnotation } from './names.ts';
import type { Rollout } from './rollout.ts';
import type { Standpoint } from './standpoint.ts';

const VERIFIED_WITHIN_MS = 60_000;

/**
 * A rollback is done when it was *seen*. What nobody can see here is left out rather than waited for: no traffic metrics, a canary
 * that its author keeps up, an abort by a person (no metric to come back).
 */
export function verificationOf(
  at: Standpoint,
  seen: { readonly hasNoCanaryRequests?: boolean | undefined; readonly isMetricBack?: boolean | undefined },
  hasGuiltyMetric: boolean,
): Delivery['verification'] {
  const checks: { check: Delivery['verification'][number]['check']; isDone: boolean }[] = [
    { check: 'weightZero', isDone: at.weightPercent === 0 },
  ];
  if (seen.hasNoCanaryRequests !== undefined) {
    checks.push({ check: 'noCanaryRequests', isDone: seen.hasNoCanaryRequests });
  }
  if (!isKeptUpAfterAbort(at.world.rollout)) checks.push({ check: 'podsGone', isDone: arePodsGoing(at) });
  const isBack = seen.isMetricBack ?? seen.hasNoCanaryRequests;
  if (hasGuiltyMetric && isBack !== undefined) {
    checks.push({ check: 'metricBack', isDone: isBack || seen.hasNoCanaryRequests === true });
  }
  return checks;
}

export function isVerificationLate(at: Standpoint): boolean {
  const abortedAtMs = parseTimestamp(at.world.rollout.status.abortedAt ?? '');
  return abortedAtMs !== undefined && at.world.nowMs - abortedAtMs > VERIFIED_WITHIN_MS;
}

/** Whether the author keeps the pods of an aborted revision. */
export function isKeptUpAfterAbort({ spec }: Rollout): boolean {
  const { canary, blueGreen } = spec.strategy ?? {};
  if (blueGreen !== undefined) return blueGreen.abortScaleDownDelaySeconds === 0;
  return canary?.trafficRouting !== undefined && canary.abortScaleDownDelaySeconds === 0;
}

/** Gone, or with the time of their going set. */
function arePodsGoing({ canary }: Standpoint): boolean {
  if (canary === undefined || canary.specReplicas === 0) return true;
  return canary.annotations[scaleDownDeadlineAnnotation] !== undefined;
}
