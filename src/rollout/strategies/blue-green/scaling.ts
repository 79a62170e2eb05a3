import type { Effect } from '../../effect.ts';
import { unprovenAnnotation } from '../../names.ts';
import type { BlueGreenScene } from '../../scene.ts';
import { annotate, scale } from '../replica-sets.ts';
import { earliest, isSelectedBy, nothingToScale, planAborted, planReplaced, type ScalingPlan } from '../retired.ts';
import { isFinished } from '../runs.ts';
import type { Posture } from './posture.ts';
import { wantedPods } from './preview.ts';

/** Sizes of all ReplicaSets. Stable has all its pods until it is replaced: the way back must be there. */
export function planScaling(scene: BlueGreenScene, posture: Posture): ScalingPlan {
  if (posture.isHeld && posture.abort === undefined) return { ...nothingToScale, effects: planHeld(scene, posture) };
  const { stable, canary } = scene;
  const effects: Effect[] = stable === canary ? [] : scale(scene, stable, scene.replicas);
  const preview =
    posture.abort === undefined
      ? { effects: scale(scene, canary, wantedPods(scene, posture)), wakeAtMs: undefined }
      : planAbortedPreview(scene);
  const retired = planRetired(scene, posture);
  return {
    effects: [...effects, ...preview.effects, ...retired.effects],
    wakeAtMs: earliest(preview.wakeAtMs, retired.wakeAtMs),
  };
}

/** Whoever waits for a person for hours still has requests: pods that carry them follow `spec.replicas`. */
function planHeld(scene: BlueGreenScene, { isServed }: Posture): Effect[] {
  const { stable, canary } = scene;
  // Created under `spec.paused`: it has never had any.
  if (stable === canary && stable?.specReplicas === 0) return [];
  const serving = isServed && canary !== stable ? [stable, canary] : [stable];
  return serving.flatMap((one) => scale(scene, one, scene.replicas));
}

/** An aborted preview keeps its pods for a while, counted from when stable has all requests and can carry them. */
function planAbortedPreview(scene: BlueGreenScene): ScalingPlan {
  const { canary, strategy } = scene;
  if (canary !== undefined && isSelectedBy(scene, canary, strategy.activeService)) return nothingToScale;
  return planAborted(scene, strategy.abortScaleDownDelaySeconds);
}

/**
 * A replaced stable revision stays up until its deadline, for a quick way back; one that was overtaken on its way goes at once (unlike
 * Argo, which keeps it as long, and lets it come back without evidence). What a Service points at is never touched.
 */
function planRetired(scene: BlueGreenScene, posture: Posture): ScalingPlan {
  if (isKeptForPostPromotion(scene, posture)) return nothingToScale;
  const { strategy } = scene;
  return planReplaced(scene, {
    ...strategy,
    services: [strategy.activeService, strategy.previewService],
    isDoomed: ({ annotations }) => annotations[unprovenAnnotation] !== undefined,
  });
}

/** Without a delay of their own, older pods stay while the analysis after the switch runs. */
function isKeptForPostPromotion({ strategy }: BlueGreenScene, { isPermitted, post }: Posture): boolean {
  const isUnfinished = post.analysis !== undefined && (post.run === undefined || !isFinished(post.run));
  return isPermitted && isUnfinished && strategy.scaleDownDelaySeconds === undefined;
}

/** Who has proven itself, and who has not: it decides whether a revision may come back at once. */
export function planMarks({ stable, canary }: BlueGreenScene, posture: Posture): Effect[] {
  const proven = stable === undefined ? [] : annotate(stable, { [unprovenAnnotation]: null });
  if (posture.abort === undefined || canary === undefined) return proven;
  return [...proven, ...annotate(canary, { [unprovenAnnotation]: 'true' })];
}
