import type { RolloutSpec, RolloutStatus } from './rollout.ts';

export interface Phase {
  readonly phase: 'Healthy' | 'Degraded' | 'Progressing' | 'Paused';
  readonly message: string;
}

/** `status.phase` and `status.message` of a canary, as Argo writes them; the first that fits. */
export function phaseOfCanary(
  spec: RolloutSpec,
  status: RolloutStatus,
  { hasRouter, isRestarting = false }: { readonly hasRouter: boolean; readonly isRestarting?: boolean },
): Phase {
  for (const { type, reason, message } of status.conditions ?? []) {
    if (type === 'InvalidSpec') return { phase: 'Degraded', message: `InvalidSpec: ${message}` };
    if (reason === 'RolloutAborted' || reason === 'ProgressDeadlineExceeded') {
      return { phase: 'Degraded', message: `${reason}: ${message}` };
    }
  }
  if (spec.paused === true) return { phase: 'Paused', message: 'manually paused' };
  const pause = status.pauseConditions?.[0];
  if (pause !== undefined) return { phase: 'Paused', message: pause.reason };
  if (isRestarting) return progressing('rollout is restarting');
  const { updatedReplicas = 0, availableReplicas = 0, replicas = 0 } = status;
  if (updatedReplicas < (spec.replicas ?? 1)) return progressing('more replicas need to be updated');
  if (availableReplicas < updatedReplicas) return progressing('updated replicas are still becoming available');
  if (!hasRouter && replicas > updatedReplicas) return progressing('old replicas are pending termination');
  if (status.stableRS === undefined || status.stableRS === '' || status.stableRS !== status.currentPodHash) {
    return progressing('waiting for all steps to complete');
  }
  return { phase: 'Healthy', message: '' };
}

function progressing(message: string): Phase {
  return { phase: 'Progressing', message };
}
