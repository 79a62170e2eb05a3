import { hashToCome, type SightScope } from '../../analysis/index.ts';
import type { ReplicaSetView, World } from '../world.ts';

/**
 * What tells the canary's pods from the stable ones. `toCome`: of an update that has not begun; `now`: of the one under way, or of none,
 * where there is no canary to tell apart but by its Service.
 */
export function sightScopeOf(
  { rollout, replicaSets }: Pick<World, 'rollout' | 'replicaSets'>,
  which: 'toCome' | 'now',
): SightScope {
  const { canaryService = '', stableService = '' } = rollout.spec.strategy?.canary ?? {};
  const { stableRS = '', currentPodHash = '' } = rollout.status;
  const isMoving = which === 'now' && stableRS !== '' && currentPodHash !== stableRS;
  const canary = isMoving ? replicaSets.find(({ podHash }) => podHash === currentPodHash) : undefined;
  const stable = replicaSets.find(({ podHash }) => podHash === stableRS);
  return {
    namespace: rollout.metadata.namespace,
    canaryService: canaryService === '' ? undefined : canaryService,
    stableService: stableService === '' ? undefined : stableService,
    stableHash: stableRS === '' ? undefined : stableRS,
    canaryHash: isMoving ? currentPodHash : hashToCome,
    canaryLabels: labelsOf(canary, stable),
    stableLabels: labelsOf(stable, canary),
  };
}

/** Labels that both have, with another value each: a version label, say. One alone could be on other pods too. */
function labelsOf(one: ReplicaSetView | undefined, other: ReplicaSetView | undefined): Record<string, string> {
  if (one === undefined || other === undefined) return {};
  return Object.fromEntries(
    Object.entries(one.labels).filter(([label, value]) => (other.labels[label] ?? value) !== value),
  );
}
