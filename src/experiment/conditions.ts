import { isCompleted } from '../analysis/index.ts';
import {
  type Condition,
  type ConditionValue,
  type Experiment,
  type ExperimentStatus,
  refreshCondition,
  removeCondition,
  setCondition,
} from '../rollout/index.ts';
import { isDurationOver } from './templates.ts';
import type { ExperimentWorld } from './world.ts';

/** The conditions of an Experiment whose spec is right. */
export function judgeConditions(world: ExperimentWorld, next: ExperimentStatus): Condition[] {
  const { experiment, nowMs } = world;
  const stored = experiment.status;
  const conditions = removeCondition(stored.conditions ?? [], 'InvalidSpec');
  const name = `Experiment "${experiment.metadata.name}"`;
  if (isCompleted(next.phase)) {
    // Unlike Argo, whose test for it can never be true.
    const how = next.phase === 'Successful' ? 'has successfully ran and completed.' : `has ended: ${next.phase}`;
    return setCondition(conditions, progressing('False', 'ExperimentCompleted', `${name} ${how}`), nowMs);
  }
  if (hasMoved(stored, next)) {
    return refreshCondition(conditions, progressing('True', 'ReplicaSetUpdated', `${name} is progressing.`), nowMs);
  }
  if (next.availableAt !== undefined && !isDurationOver(world)) {
    return setCondition(conditions, progressing('True', 'NewReplicaSetAvailable', `${name} is running.`), nowMs);
  }
  return conditions;
}

export function invalidConditions({ status }: Experiment, message: string, nowMs: number): Condition[] {
  const value: ConditionValue = { type: 'InvalidSpec', status: 'True', reason: 'InvalidSpec', message };
  const present = status.conditions?.find(({ type }) => type === 'InvalidSpec');
  const others =
    present?.message === message ? (status.conditions ?? []) : removeCondition(status.conditions ?? [], 'InvalidSpec');
  return setCondition(others, value, nowMs);
}

function progressing(status: 'True' | 'False', reason: string, message: string): ConditionValue {
  return { type: 'Progressing', status, reason, message };
}

function hasMoved(stored: ExperimentStatus, next: ExperimentStatus): boolean {
  return (next.templateStatuses ?? []).some((status) => {
    const before = stored.templateStatuses?.find(({ name }) => name === status.name);
    return (
      before === undefined ||
      before.replicas !== status.replicas ||
      before.readyReplicas !== status.readyReplicas ||
      before.availableReplicas !== status.availableReplicas
    );
  });
}
