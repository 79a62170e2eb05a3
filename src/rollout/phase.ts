import type { RolloutSpec } from './rollout.ts';
import type { RolloutStatus } from './rollout-status.ts';

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
  const known = phaseOfAny(spec, status, isRestarting);
  if (known !== undefined) return known;
  const { updatedReplicas = 0, replicas = 0 } = status;
  if (!hasRouter && replicas > updatedReplicas) return progressing('old replicas are pending termination');
  return isPromoted(status) ? { phase: 'Healthy', message: '' } : progressing('waiting for all steps to complete');
}

/** The same of a blue-green rollout. */
export function phaseOfBlueGreen(
  spec: RolloutSpec,
  status: RolloutStatus,
  { hasPostPromotion, isRestarting = false }: { readonly hasPostPromotion: boolean; readonly isRestarting?: boolean },
): Phase {
  const known = phaseOfAny(spec, status, isRestarting);
  if (known !== undefined) return known;
  if (status.blueGreen?.activeSelector === undefined || status.blueGreen.activeSelector !== status.currentPodHash) {
    return progressing('active service cutover pending');
  }
  if (isPromoted(status)) return { phase: 'Healthy', message: '' };
  const what = hasPostPromotion ? 'analysis to complete' : 'post-promotion verification to complete';
  return progressing(`waiting for ${what}`);
}

function isPromoted({ stableRS, currentPodHash }: RolloutStatus): boolean {
  return stableRS !== undefined && stableRS !== '' && stableRS === currentPodHash;
}

/** What is said whatever the strategy. */
function phaseOfAny(spec: RolloutSpec, status: RolloutStatus, isRestarting: boolean): Phase | undefined {
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
  const { updatedReplicas = 0, availableReplicas = 0 } = status;
  if (updatedReplicas < (spec.replicas ?? 1)) return progressing('more replicas need to be updated');
  if (availableReplicas < updatedReplicas) return progressing('updated replicas are still becoming available');
  return undefined;
}

function progressing(message: string): Phase {
  return { phase: 'Progressing', message };
}
