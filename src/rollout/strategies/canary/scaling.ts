import type { Effect } from '../../effect.ts';
import { podHashLabel, scaleDownDeadlineAnnotation } from '../../names.ts';
import { revisionOf, scaleDownDeadlineOf, sumOf } from '../../replica-sets.ts';
import { maxUnavailableOf } from '../../replicas.ts';
import type { Scene } from '../../scene.ts';
import type { ReplicaSetView } from '../../world.ts';
import { annotate, scale } from '../replica-sets.ts';
import { earliest, planDelayed, type ScalingPlan, scaleDownAfter } from '../retired.ts';
import type { Posture } from './posture.ts';
import { isDynamic, readShares } from './shares.ts';
import { nextCounts } from './sizes.ts';

const DEFAULT_DELAY_SECONDS = 30;

/** Sizes of all ReplicaSets by the stored step. An abort drains even what somebody has paused (unlike Argo). */
export function planScaling(scene: Scene, posture: Posture): ScalingPlan {
  if (posture.isHeld && posture.abort === undefined) return { effects: [], wakeAtMs: undefined };
  const retired = planRetired(scene, posture);
  // Where stable shrinks with its share, the canary goes as the share comes back, unless its author says how long it stays.
  const isFollowing = isDynamic(scene) && scene.strategy.abortScaleDownDelaySeconds === undefined;
  const isDrainedLater = posture.abort !== undefined && scene.hasRouter && !isFollowing;
  const canary = isDrainedLater ? planAbortedCanary(scene) : { effects: [] as Effect[], wakeAtMs: undefined };
  const next = nextCounts(scene, posture);
  const effects: Effect[] = [];
  if (scene.stable !== undefined && scene.stable !== scene.canary) {
    const { stable } = scene;
    effects.push(...scale(scene, stable, next.stable));
  }
  if (isDrainedLater) effects.push(...canary.effects);
  else effects.push(...scale(scene, scene.canary, next.canary));
  effects.push(...retired.effects);
  return { effects, wakeAtMs: earliest(retired.wakeAtMs, canary.wakeAtMs) };
}

/** Behind a router an aborted canary keeps its pods for a while, counted from when stable can carry everything. */
function planAbortedCanary(scene: Scene): ScalingPlan {
  const { canary, stable } = scene;
  if (canary === undefined || canary.specReplicas === 0) return { effects: [], wakeAtMs: undefined };
  const delaySeconds = scene.strategy.abortScaleDownDelaySeconds ?? DEFAULT_DELAY_SECONDS;
  // As documented: 0 leaves the canary up (unlike Argo's code, which takes it down at once).
  if (delaySeconds === 0) return { effects: [], wakeAtMs: undefined };
  const isStableThere = stable === undefined || stable.availableReplicas >= scene.replicas;
  if (scaleDownDeadlineOf(canary) === undefined && !isStableThere) return { effects: [], wakeAtMs: undefined };
  const isOver = (scaleDownDeadlineOf(canary) ?? Infinity) <= scene.nowMs;
  if (isOver && isDynamic(scene) && readShares(scene).canary > 0) return { effects: [], wakeAtMs: undefined };
  return scaleDownAfter(scene, canary, delaySeconds);
}

function planRetired(scene: Scene, posture: Posture): ScalingPlan {
  return scene.hasRouter
    ? planRoutedRetired(scene, posture)
    : { effects: planBasicRetired(scene), wakeAtMs: undefined };
}

/**
 * Behind a router older pods take no traffic. A replaced stable revision stays up until its deadline, for a quick way back;
 * one that was overtaken on its way goes at once. What a Service still points at is never touched.
 */
function planRoutedRetired(scene: Scene, posture: Posture): ScalingPlan {
  const effects: Effect[] = [];
  let wakeAtMs: number | undefined;
  let kept = 0;
  for (const replicaSet of [...scene.retired].sort((a, b) => revisionOf(b) - revisionOf(a))) {
    if (replicaSet.specReplicas === 0) {
      effects.push(...annotate(replicaSet, { [scaleDownDeadlineAnnotation]: null }));
      continue;
    }
    if (isReferenced(scene, replicaSet)) continue;
    const hasDeadline = replicaSet.annotations[scaleDownDeadlineAnnotation] !== undefined;
    if ((!posture.isPromoted && !hasDeadline) || isDynamic(scene)) {
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

function isReferenced(scene: Scene, replicaSet: ReplicaSetView): boolean {
  const { canaryService, stableService } = scene.strategy;
  return [canaryService, stableService].some(
    (name) => name !== undefined && scene.world.services[name]?.selector[podHashLabel] === replicaSet.podHash,
  );
}

/** Where pods are the traffic, older ones go first those that serve nobody, then as many as the minimum lets go. */
function planBasicRetired(scene: Scene): Effect[] {
  const all = scene.world.replicaSets;
  const minAvailable = scene.replicas - maxUnavailableOf(scene.strategy, scene.replicas);
  let spare = sumOf(all, (one) => one.availableReplicas) - minAvailable;
  const effects: Effect[] = [];
  for (const replicaSet of [...scene.retired].sort((a, b) => revisionOf(b) - revisionOf(a))) {
    if (replicaSet.specReplicas === 0) continue;
    const healthy = Math.min(replicaSet.specReplicas, replicaSet.availableReplicas);
    const dropped = Math.min(healthy, Math.max(0, spare));
    spare -= dropped;
    effects.push(...scale(scene, replicaSet, healthy - dropped));
  }
  return effects;
}
