import type { Condition, Deployment, ReplicaSet } from '../objects.ts';
import { timestamp } from '../pod-status.ts';
import { resolveLimits } from './rolling-update.ts';

type Seen = {
  readonly owned: readonly ReplicaSet[];
  readonly latest: ReplicaSet | undefined;
  readonly nowMs: number;
};

type Counts = {
  readonly replicas: number;
  readonly updatedReplicas: number;
  readonly readyReplicas: number;
  readonly availableReplicas: number;
  readonly unavailableReplicas: number;
  readonly observedGeneration: number;
};
type Status = Counts & { readonly conditions: readonly Condition[] };

/** Describes a Deployment's status, and tells when its progress deadline will have to be looked at. */
export function describeDeploymentStatus(
  deployment: Deployment,
  seen: Seen,
): { readonly status: Status; readonly nextLookMs: number | undefined } {
  const counts = countAll(deployment, seen);
  const { replicas, strategy, progressDeadlineSeconds } = deployment.spec;
  const { unavailable } = resolveLimits({ replicas, ...strategy.rollingUpdate });
  const isAvailable = counts.availableReplicas >= replicas - unavailable;
  const isComplete =
    counts.updatedReplicas === replicas && counts.replicas === replicas && counts.availableReplicas === replicas;

  const held = deployment.status.conditions.find((condition) => condition.type === 'Progressing');
  const hasMoved = !isSameCounts(deployment, counts);
  const progressedMs = hasMoved ? seen.nowMs : Date.parse(held?.lastUpdateTime ?? '') || seen.nowMs;
  const deadlineMs = progressedMs + progressDeadlineSeconds * 1000;
  const isLate = !isComplete && seen.nowMs >= deadlineMs;

  const conditions = [
    describeCondition(deployment, seen.nowMs, {
      type: 'Available',
      status: isAvailable ? 'True' : 'False',
      reason: isAvailable ? 'MinimumReplicasAvailable' : 'MinimumReplicasUnavailable',
      message: isAvailable ? 'Deployment has minimum availability.' : 'Deployment does not have minimum availability.',
    }),
    describeCondition(
      deployment,
      seen.nowMs,
      describeProgress({ deployment, latest: seen.latest, isComplete, isLate }),
      hasMoved,
    ),
    ...failuresOf(deployment, seen),
  ];
  const nextLookMs = isComplete || isLate ? undefined : Math.max(1000, deadlineMs - seen.nowMs);
  return { status: { ...counts, conditions }, nextLookMs };
}

/** A ReplicaSet that cannot make its pods says so on its Deployment too. */
function failuresOf(deployment: Deployment, seen: Seen): readonly Condition[] {
  const failure = seen.owned.flatMap(({ status }) => status.conditions).find(({ type }) => type === 'ReplicaFailure');
  if (failure === undefined) return [];
  const { type, status, reason = '', message = '' } = failure;
  return [describeCondition(deployment, seen.nowMs, { type, status, reason, message })];
}

export function isSameStatus(deployment: Deployment, status: Status): boolean {
  if (!isSameCounts(deployment, status)) return false;
  if (deployment.status.conditions.length !== status.conditions.length) return false;
  return status.conditions.every((condition) => {
    const held = deployment.status.conditions.find((other) => other.type === condition.type);
    return held?.status === condition.status && held.reason === condition.reason;
  });
}

function isSameCounts(deployment: Deployment, counts: Counts): boolean {
  const fields = ['replicas', 'updatedReplicas', 'readyReplicas', 'availableReplicas', 'observedGeneration'] as const;
  return fields.every((field) => (deployment.status[field] ?? 0) === counts[field]);
}

function countAll(deployment: Deployment, { owned, latest }: Seen): Counts {
  let replicas = 0;
  let readyReplicas = 0;
  let availableReplicas = 0;
  for (const { status } of owned) {
    replicas += status.replicas;
    readyReplicas += status.readyReplicas;
    availableReplicas += status.availableReplicas;
  }
  return {
    replicas,
    updatedReplicas: latest?.status.replicas ?? 0,
    readyReplicas,
    availableReplicas,
    unavailableReplicas: Math.max(0, deployment.spec.replicas - availableReplicas),
    observedGeneration: deployment.metadata.generation ?? 0,
  };
}

type Said = { readonly type: string; readonly status: string; readonly reason: string; readonly message: string };

function describeProgress(of: {
  readonly deployment: Deployment;
  readonly latest: ReplicaSet | undefined;
  readonly isComplete: boolean;
  readonly isLate: boolean;
}): Said {
  const { name } = of.deployment.metadata;
  const subject = of.latest === undefined ? `Deployment "${name}"` : `ReplicaSet "${of.latest.metadata.name}"`;
  const type = 'Progressing';
  if (of.deployment.spec.paused) {
    return { type, status: 'Unknown', reason: 'DeploymentPaused', message: 'Deployment is paused' };
  }
  if (of.isComplete) {
    return {
      type,
      status: 'True',
      reason: 'NewReplicaSetAvailable',
      message: `${subject} has successfully progressed.`,
    };
  }
  if (of.isLate) {
    return {
      type,
      status: 'False',
      reason: 'ProgressDeadlineExceeded',
      message: `${subject} has timed out progressing.`,
    };
  }
  return { type, status: 'True', reason: 'ReplicaSetUpdated', message: `${subject} is progressing.` };
}

function describeCondition(deployment: Deployment, nowMs: number, said: Said, hasMoved = false): Condition {
  const now = timestamp(nowMs);
  const held = deployment.status.conditions.find((other) => other.type === said.type);
  const isSame = held?.status === said.status && held.reason === said.reason;
  return {
    ...said,
    lastUpdateTime: isSame && !hasMoved ? (held.lastUpdateTime ?? now) : now,
    lastTransitionTime: held?.status === said.status ? (held.lastTransitionTime ?? now) : now,
  };
}
