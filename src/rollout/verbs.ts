import type { JsonObject } from '../lib/index.ts';
import type { Rollout } from './rollout.ts';

/** What a person may ask of a rollout under way. */
export type Verb = 'abort' | 'retry' | 'pause' | 'resume' | 'promote' | 'promoteFull' | 'skip';

/** A merge patch of the Rollout; the status is a subresource of its own. */
export interface RolloutPatch {
  readonly subresource?: 'status';
  readonly patch: JsonObject;
}

/**
 * The writes that a verb means, in order: those of Argo's own clients, so that any of the two controllers understands them. Each
 * wants the resourceVersion that the decision was made on. Empty: there is nothing to do.
 */
export function patchesFor(verb: Verb, rollout: Rollout): readonly RolloutPatch[] {
  switch (verb) {
    case 'abort':
      return [ofStatus({ abort: true })];
    case 'retry':
      return [ofStatus({ abort: false })];
    case 'pause':
      return [{ patch: { spec: { paused: true } } }];
    case 'resume':
      return [{ patch: { spec: { paused: false } } }];
    case 'promote':
      return [...promote(rollout), ...unpause(rollout)];
    case 'promoteFull':
      return [...promoteFull(rollout), ...unpause(rollout)];
    case 'skip':
      return skip(rollout);
  }
}

function ofStatus(status: JsonObject): RolloutPatch {
  return { subresource: 'status', patch: { status } };
}

/** Paused: this pause ends. Not paused: the present step is skipped, with whatever it waits for. */
function promote(rollout: Rollout): readonly RolloutPatch[] {
  const { pauseConditions = [], controllerPause, canary } = rollout.status;
  const isInconclusive = canary?.currentStepAnalysisRunStatus?.status === 'Inconclusive';
  if (isInconclusive && pauseConditions.length > 0 && controllerPause === true) {
    // Without the next index a new run of the same analysis would begin.
    return [ofStatus({ pauseConditions: null, controllerPause: false, currentStepIndex: nextIndex(rollout) })];
  }
  // Only the conditions: a client that clears controllerPause too makes the controller pause again.
  if (pauseConditions.length > 0) return [ofStatus({ pauseConditions: null })];
  if (stepsOf(rollout).length === 0) return [];
  return [ofStatus({ pauseConditions: null, currentStepIndex: nextIndex(rollout) })];
}

function promoteFull(rollout: Rollout): readonly RolloutPatch[] {
  const { currentPodHash, stableRS } = rollout.status;
  return currentPodHash === stableRS ? [] : [ofStatus({ promoteFull: true })];
}

/** controllerPause goes too, or a pause step that follows would take itself for resumed already (unlike Argo's plugin). */
function skip(rollout: Rollout): readonly RolloutPatch[] {
  if (stepsOf(rollout).length === 0) return [];
  return [ofStatus({ pauseConditions: null, controllerPause: false, currentStepIndex: nextIndex(rollout) })];
}

function unpause(rollout: Rollout): readonly RolloutPatch[] {
  return rollout.spec.paused === true ? [{ patch: { spec: { paused: false } } }] : [];
}

function nextIndex(rollout: Rollout): number {
  return Math.min((rollout.status.currentStepIndex ?? 0) + 1, stepsOf(rollout).length);
}

function stepsOf(rollout: Rollout): readonly unknown[] {
  return rollout.spec.strategy?.canary?.steps ?? [];
}
