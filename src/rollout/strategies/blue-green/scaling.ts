import type { Effect } from '../../effect.ts';
import { podHashLabel, scaleDownDeadlineAnnotation, unprovenAnnotation } from '../../names.ts';
import { revisionOf, scaleDownDeadlineOf } from '../../replica-sets.ts';
import type { BlueGreenScene } from '../../scene.ts';
import type { ReplicaSetView } from '../../world.ts';
import { annotate, scale } from '../replica-sets.ts';
import { earliest, planDelayed, type ScalingPlan, scaleDownAfter } from '../retired.ts';
import { isFinished } from '../runs.ts';
import type { Posture } from './posture.ts';
import { wantedPods } from './preview.ts';

const DEFAULT_DELAY_SECONDS = 30;
const nothing: ScalingPlan = { effects: [], wakeAtMs: undefined };

/** Sizes of all ReplicaSets. Stable has all its pods until it is replaced: the way back must be there. */
export function planScaling(scene: BlueGreenScene, posture: Posture): ScalingPlan {
  if (posture.isHeld && posture.abort === undefined) return { ...nothing, effects: planHeld(scene, posture) };
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
  const serving = isServed && canary !== stable ? [stable, canary] : [stable];
  return serving.flatMap((one) =>
    one === undefined || one.specReplicas === 0 ? [] : scale(scene, one, scene.replicas),
  );
}

/** An aborted preview keeps its pods for a while, counted from when stable has all requests and can carry them. */
function planAbortedPreview(scene: BlueGreenScene): ScalingPlan {
  const { canary, stable } = scene;
  if (canary === undefined || canary.specReplicas === 0) return nothing;
  const delaySeconds = scene.strategy.abortScaleDownDelaySeconds ?? DEFAULT_DELAY_SECONDS;
  // 0 keeps the preview up.
  if (delaySeconds === 0 || isReferenced(scene, canary, scene.strategy.activeService)) return nothing;
  const isStableThere = stable === undefined || stable.availableReplicas >= scene.replicas;
  if (scaleDownDeadlineOf(canary) === undefined && !isStableThere) return nothing;
  return scaleDownAfter(scene, canary, delaySeconds);
}

/**
 * A replaced stable revision stays up until its deadline, for a quick way back; one that was overtaken on its way goes at once (unlike
 * Argo, which keeps it as long, and lets it come back without evidence). What a Service points at is never touched.
 */
function planRetired(scene: BlueGreenScene, posture: Posture): ScalingPlan {
  if (isKeptForPostPromotion(scene, posture)) return nothing;
  const { activeService, previewService } = scene.strategy;
  const effects: Effect[] = [];
  let wakeAtMs: number | undefined;
  let kept = 0;
  for (const replicaSet of scene.retired.toSorted((a, b) => revisionOf(b) - revisionOf(a))) {
    if (replicaSet.specReplicas === 0) {
      effects.push(...annotate(replicaSet, { [scaleDownDeadlineAnnotation]: null }));
      continue;
    }
    if ([activeService, previewService].some((name) => isReferenced(scene, replicaSet, name))) continue;
    if (replicaSet.annotations[unprovenAnnotation] !== undefined) {
      effects.push(...scale(scene, replicaSet, 0));
      continue;
    }
    kept += 1;
    const plan = planDelayed(scene, replicaSet, { ...scene.strategy, place: kept });
    effects.push(...plan.effects);
    wakeAtMs = earliest(wakeAtMs, plan.wakeAtMs);
  }
  return { effects, wakeAtMs };
}

/** Without a delay of their own, older pods stay while the analysis after the switch runs. */
function isKeptForPostPromotion({ strategy }: BlueGreenScene, { isPermitted, post }: Posture): boolean {
  const isUnfinished = post.analysis !== undefined && (post.run === undefined || !isFinished(post.run));
  return isPermitted && isUnfinished && strategy.scaleDownDelaySeconds === undefined;
}

function isReferenced({ world }: BlueGreenScene, replicaSet: ReplicaSetView, service: string | undefined): boolean {
  return service !== undefined && world.services[service]?.selector[podHashLabel] === replicaSet.podHash;
}

/** Who has proven itself, and who has not: it decides whether a revision may come back at once. */
export function planMarks({ stable, canary }: BlueGreenScene, posture: Posture): Effect[] {
  const proven = stable === undefined ? [] : annotate(stable, { [unprovenAnnotation]: null });
  if (posture.abort === undefined || canary === undefined) return proven;
  return [...proven, ...annotate(canary, { [unprovenAnnotation]: 'true' })];
}
