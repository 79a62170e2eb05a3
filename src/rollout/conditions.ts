import { formatTimestamp } from '../analysis/index.ts';
import type { Condition } from './rollout-status.ts';

export type ConditionStatus = 'True' | 'False' | 'Unknown';

export interface ConditionValue {
  readonly type: string;
  readonly status: ConditionStatus;
  readonly reason: string;
  readonly message: string;
}

export function findCondition(conditions: readonly Condition[] | undefined, type: string): Condition | undefined {
  return conditions?.find((condition) => condition.type === type);
}

/**
 * Sets a condition as Argo does: the same status and reason change nothing, not even the message (or each turn would write); the
 * transition time moves only with the status; what changed moves to the end of the list.
 */
export function setCondition(conditions: readonly Condition[], value: ConditionValue, nowMs: number): Condition[] {
  const present = findCondition(conditions, value.type);
  if (present?.status === value.status && present.reason === value.reason) return [...conditions];
  return refreshCondition(conditions, value, nowMs);
}

/** Sets a condition and its update time even when status and reason stay: the progress deadline counts from there. */
export function refreshCondition(conditions: readonly Condition[], value: ConditionValue, nowMs: number): Condition[] {
  const present = findCondition(conditions, value.type);
  const now = formatTimestamp(nowMs);
  const lastTransitionTime = present?.status === value.status ? (present.lastTransitionTime ?? now) : now;
  return [...removeCondition(conditions, value.type), { ...value, lastUpdateTime: now, lastTransitionTime }];
}

export function removeCondition(conditions: readonly Condition[], type: string): Condition[] {
  return conditions.filter((condition) => condition.type !== type);
}
