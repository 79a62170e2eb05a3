import type { Effect } from '../effect.ts';
import { podHashLabel, scaleDownDeadlineAnnotation } from '../names.ts';
import { revisionOf, scaleDownDeadlineOf } from '../replica-sets.ts';
import type { Ground } from '../scene.ts';
import type { ReplicaSetView } from '../world.ts';
import { annotate, deadlineAfter, scale } from './replica-sets.ts';

const DEFAULT_DELAY_SECONDS = 30;

export interface ScalingPlan {
  readonly effects: readonly Effect[];
  /** The earliest deadline that is still ahead. */
  readonly wakeAtMs: number | undefined;
}

export const nothingToScale: ScalingPlan = { effects: [], wakeAtMs: undefined };

/** What a strategy says of older pods that others stand in for. */
interface Replaced {
  readonly scaleDownDelaySeconds?: number | undefined;
  readonly scaleDownDelayRevisionLimit?: number | undefined;
  /** Names of Services: what one of them selects is never touched. */
  readonly services: readonly (string | undefined)[];
  /** It goes at once: nobody would go back to it. */
  readonly isDoomed: (replicaSet: ReplicaSetView) => boolean;
}

/** A revision that was replaced stays up until its deadline, for a quick way back; of several only the newest. */
export function planReplaced(scene: Ground, replaced: Replaced): ScalingPlan {
  const { scaleDownDelaySeconds = DEFAULT_DELAY_SECONDS, scaleDownDelayRevisionLimit = Infinity } = replaced;
  const effects: Effect[] = [];
  let wakeAtMs: number | undefined;
  let kept = 0;
  for (const replicaSet of newestFirst(scene.retired)) {
    if (replicaSet.specReplicas === 0) {
      effects.push(...annotate(replicaSet, { [scaleDownDeadlineAnnotation]: null }));
      continue;
    }
    if (replaced.services.some((name) => isSelectedBy(scene, replicaSet, name))) continue;
    const isDoomed = replaced.isDoomed(replicaSet);
    if (!isDoomed) kept += 1;
    if (isDoomed || kept > scaleDownDelayRevisionLimit) {
      effects.push(...scale(scene, replicaSet, 0));
      continue;
    }
    const plan = scaleDownAfter(scene, replicaSet, scaleDownDelaySeconds);
    effects.push(...plan.effects);
    wakeAtMs = earliest(wakeAtMs, plan.wakeAtMs);
  }
  return { effects, wakeAtMs };
}

/**
 * An aborted canary keeps its pods for a while, counted from when stable can carry everything. 0 leaves it up, as documented (a canary
 * unlike Argo's code, which takes it down at once).
 */
export function planAborted(scene: Ground, delaySeconds = DEFAULT_DELAY_SECONDS): ScalingPlan {
  const { canary, stable } = scene;
  if (canary === undefined || canary.specReplicas === 0 || delaySeconds === 0) return nothingToScale;
  const isStableThere = stable === undefined || stable.availableReplicas >= scene.replicas;
  if (scaleDownDeadlineOf(canary) === undefined && !isStableThere) return nothingToScale;
  return scaleDownAfter(scene, canary, delaySeconds);
}

/** Whether the Service of this name leads to these pods. */
export function isSelectedBy({ world }: Ground, replicaSet: ReplicaSetView, service: string | undefined): boolean {
  return service !== undefined && world.services[service]?.selector[podHashLabel] === replicaSet.podHash;
}

export function newestFirst(replicaSets: readonly ReplicaSetView[]): ReplicaSetView[] {
  return replicaSets.toSorted((a, b) => revisionOf(b) - revisionOf(a));
}

/** Gives it a deadline, unless it has one, and takes its pods away when that is over. */
function scaleDownAfter(scene: Ground, replicaSet: ReplicaSetView, delaySeconds: number): ScalingPlan {
  const deadlineMs = scaleDownDeadlineOf(replicaSet);
  if (deadlineMs === undefined && delaySeconds > 0) {
    const deadline = { [scaleDownDeadlineAnnotation]: deadlineAfter(scene, delaySeconds) };
    return { effects: annotate(replicaSet, deadline), wakeAtMs: scene.nowMs + delaySeconds * 1000 };
  }
  if (deadlineMs !== undefined && deadlineMs > scene.nowMs) return { effects: [], wakeAtMs: deadlineMs };
  return { effects: scale(scene, replicaSet, 0), wakeAtMs: undefined };
}

export function earliest(left: number | undefined, right: number | undefined): number | undefined {
  if (left === undefined || right === undefined) return left ?? right;
  return Math.min(left, right);
}
