import { type AnalysisRun, hashToCome, type SightScope } from '../../analysis/index.ts';
import { podHashLabel, runTypeLabel } from '../names.ts';
import type { ReplicaSetView, World } from '../world.ts';

/**
 * What tells the canary's pods from the stable ones. `toCome`: of an update that has not begun; `now`: of the one under way, or of none,
 * where there is no canary to tell apart but by its Service.
 */
export function sightScopeOf(
  world: Pick<World, 'rollout' | 'replicaSets'>,
  which: 'toCome' | 'now',
  at: 'before' | 'after' = 'before',
): SightScope {
  const { stableRS = '', currentPodHash = '' } = world.rollout.status;
  const isMoving = which === 'now' && stableRS !== '' && currentPodHash !== stableRS;
  return scopeOf(world, isMoving ? currentPodHash : hashToCome, at);
}

/** What told them apart for a run: its canary is the revision that it was made for, even where that is stable by now. */
export function sightScopeOfRun(world: Pick<World, 'rollout' | 'replicaSets'>, run: AnalysisRun): SightScope {
  const at = run.metadata.labels[runTypeLabel] === 'PostPromotion' ? 'after' : 'before';
  return scopeOf(world, run.metadata.labels[podHashLabel] ?? hashToCome, at);
}

/** `at`: before the switch of blue-green the preview's Service leads to the canary, after it the active one does. */
function scopeOf(
  { rollout, replicaSets }: Pick<World, 'rollout' | 'replicaSets'>,
  canaryHash: string,
  at: 'before' | 'after',
): SightScope {
  const { canaryService = '', stableService = '' } = servicesOf(rollout, at);
  const { stableRS = '' } = rollout.status;
  const stableHash = stableRS === '' || stableRS === canaryHash ? undefined : stableRS;
  const canary = replicaSets.find(({ podHash }) => podHash === canaryHash);
  const stable = replicaSets.find(({ podHash }) => podHash === stableHash);
  return {
    namespace: rollout.metadata.namespace,
    canaryService: canaryService === '' ? undefined : canaryService,
    stableService: stableService === '' ? undefined : stableService,
    stableHash,
    canaryHash,
    canaryLabels: labelsOf(canary, stable),
    stableLabels: labelsOf(stable, canary),
  };
}

function servicesOf({ spec }: World['rollout'], at: 'before' | 'after') {
  const { canary = {}, blueGreen } = spec.strategy ?? {};
  if (blueGreen === undefined) return canary;
  if (at === 'after') return { canaryService: blueGreen.activeService };
  return { canaryService: blueGreen.previewService, stableService: blueGreen.activeService };
}

/** Labels that both have, with another value each: a version label, say. One alone could be on other pods too. */
function labelsOf(one: ReplicaSetView | undefined, other: ReplicaSetView | undefined): Record<string, string> {
  if (one === undefined || other === undefined) return {};
  return Object.fromEntries(
    Object.entries(one.labels).filter(([label, value]) => (other.labels[label] ?? value) !== value),
  );
}
