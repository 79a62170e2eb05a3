import { type Look, lookAt } from '../../src/engine/look.ts';
import type { Rollout, RolloutStatus } from '../../src/rollout/index.ts';
import { noonMs } from './a-delivery.ts';

/** What is seen at a status; ReplicaSet `r<n>` carries revision n, and each is an hour older than the next. */
export function seen(rollout: Rollout, status: RolloutStatus, revisions: readonly number[], ageMs = 0): Look {
  return lookAt({
    nowMs: noonMs,
    rollout: { ...rollout, status },
    replicaSets: revisions.map((revision) => ({
      name: `checkout-r${revision}`,
      uid: `uid-r${revision}`,
      podHash: `r${revision}`,
      createdAtMs: noonMs - ageMs - (Math.max(...revisions) - revision) * 3_600_000,
      specReplicas: 1,
      replicas: 1,
      readyReplicas: 1,
      availableReplicas: 1,
      annotations: { 'rollout.argoproj.io/revision': String(revision) },
      labels: {},
      minReadySeconds: 0,
    })),
    services: {},
    analysisRuns: [],
    templates: {},
    router: undefined,
    evidence: 'strict',
  });
}

export const liveAt = (revision: number): RolloutStatus => ({
  currentPodHash: `r${revision}`,
  stableRS: `r${revision}`,
  availableReplicas: 1,
  currentStepIndex: 2,
});

export const movingTo = (revision: number): RolloutStatus => ({
  currentPodHash: `r${revision}`,
  stableRS: `r${revision - 1}`,
  currentStepIndex: 0,
});

/** Waits for a person at the plan's second step. */
export const atGate = (revision: number): RolloutStatus => ({
  ...movingTo(revision),
  currentStepIndex: 1,
  controllerPause: true,
  pauseConditions: [{ reason: 'CanaryPauseStep', startTime: '2026-11-20T12:00:00Z' }],
});
