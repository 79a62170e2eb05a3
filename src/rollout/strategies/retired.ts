import type { Effect } from '../effect.ts';
import { scaleDownDeadlineAnnotation } from '../names.ts';
import { scaleDownDeadlineOf } from '../replica-sets.ts';
import type { Ground } from '../scene.ts';
import type { ReplicaSetView } from '../world.ts';
import { annotate, deadlineAfter, scale } from './replica-sets.ts';

const DEFAULT_DELAY_SECONDS = 30;

export interface ScalingPlan {
  readonly effects: readonly Effect[];
  /** The earliest deadline that is still ahead. */
  readonly wakeAtMs: number | undefined;
}

/** What a strategy says of older pods, and which of them this is: 1 is the newest that is still up. */
interface Delay {
  readonly scaleDownDelaySeconds?: number | undefined;
  readonly scaleDownDelayRevisionLimit?: number | undefined;
  readonly place: number;
}

/** A revision that was replaced stays up until its deadline, for a quick way back; of several only the newest. */
export function planDelayed(scene: Ground, replicaSet: ReplicaSetView, delay: Delay): ScalingPlan {
  const { scaleDownDelaySeconds = DEFAULT_DELAY_SECONDS, scaleDownDelayRevisionLimit = Infinity, place } = delay;
  if (place > scaleDownDelayRevisionLimit) return { effects: scale(scene, replicaSet, 0), wakeAtMs: undefined };
  return scaleDownAfter(scene, replicaSet, scaleDownDelaySeconds);
}

/** Gives it a deadline, unless it has one, and takes its pods away when that is over. */
export function scaleDownAfter(scene: Ground, replicaSet: ReplicaSetView, delaySeconds: number): ScalingPlan {
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
