import type { Effect } from '../../effect.ts';
import { scaleDownDeadlineAnnotation } from '../../names.ts';
import { scaleDownDeadlineOf, sumOf } from '../../replica-sets.ts';
import { maxSurgeOf, maxUnavailableOf } from '../../replicas.ts';
import type { Scene } from '../../scene.ts';
import type { ReplicaSetView } from '../../world.ts';
import { scale } from '../replica-sets.ts';
import { earliest, newestFirst, nothingToScale, planAborted, planReplaced, type ScalingPlan } from '../retired.ts';
import type { Posture } from './posture.ts';
import { isDynamic, readShares } from './shares.ts';
import { nextCounts, targetCounts } from './sizes.ts';

/** Sizes of all ReplicaSets by the stored step. An abort drains even what somebody has paused (unlike Argo). */
export function planScaling(scene: Scene, posture: Posture): ScalingPlan {
  if (posture.isHeld && posture.abort === undefined) return { ...nothingToScale, effects: planHeld(scene, posture) };
  const retired = planRetired(scene, posture);
  // Where stable shrinks with its share, the canary goes as the share comes back, unless its author says how long it stays.
  const isFollowing = isDynamic(scene) && scene.strategy.abortScaleDownDelaySeconds === undefined;
  const isDrainedLater = posture.abort !== undefined && scene.hasRouter && !isFollowing;
  const canary = isDrainedLater ? planAbortedCanary(scene) : nothingToScale;
  const next = nextCounts(scene, posture);
  const effects: Effect[] = [];
  if (scene.stable !== undefined && scene.stable !== scene.canary) {
    const { stable } = scene;
    effects.push(...scaleStable(scene, stable, next.stable));
  }
  if (isDrainedLater) effects.push(...canary.effects);
  else effects.push(...scale(scene, scene.canary, next.canary));
  effects.push(...retired.effects);
  return { effects, wakeAtMs: earliest(retired.wakeAtMs, canary.wakeAtMs) };
}

/** Whoever waits for a person for hours still has requests: pods that carry them follow `spec.replicas`. */
function planHeld(scene: Scene, posture: Posture): Effect[] {
  const { canary, stable, replicas } = scene;
  // Created under `spec.paused`: it has never had any.
  if (stable !== undefined && stable === canary) return stable.specReplicas === 0 ? [] : scale(scene, stable, replicas);
  if (!scene.hasRouter) return planBasicHeld(scene, posture);
  const next = nextCounts(scene, posture);
  const isServed = (scene.world.router?.canaryWeight ?? 0) > 0 && (canary?.specReplicas ?? 0) > 0;
  return [
    ...(stable === undefined ? [] : scaleStable(scene, stable, next.stable)),
    ...(isServed ? scale(scene, canary, next.canary) : []),
  ];
}

/** Where pods are the traffic none gets a greater share, and nothing moves while their number is one that an update may have on its way. */
function planBasicHeld(scene: Scene, posture: Posture): Effect[] {
  const { canary, stable, replicas, strategy } = scene;
  const hasCanary = (canary?.specReplicas ?? 0) > 0;
  const present = sumOf(scene.world.replicaSets, (one) => one.specReplicas);
  const least = replicas - maxUnavailableOf(strategy, replicas);
  const most = replicas + maxSurgeOf(strategy, replicas);
  if (present === 0 ? stable === undefined : present >= least && present <= most) return [];
  const share = present === 0 ? 0 : (canary?.specReplicas ?? 0) / present;
  const allowed = Math.min(Math.floor(share * replicas), targetCounts(scene, posture).canary);
  const kept = hasCanary ? Math.min(replicas, Math.max(1, allowed)) : 0;
  const older = sumOf(scene.retired, (one) => one.specReplicas);
  if (stable === undefined) return scale(scene, canary, kept);
  return [...scale(scene, stable, Math.max(0, replicas - kept - older)), ...scale(scene, canary, kept)];
}

/** What takes pods from a stable revision that shrinks with its share fails once its share is being given back (`planHold`). */
function scaleStable(scene: Scene, stable: ReplicaSetView, to: number): Effect[] {
  const effects = scale(scene, stable, to);
  if (!isDynamic(scene) || to >= stable.specReplicas) return effects;
  const { resourceVersion = '' } = stable;
  return effects.map((effect) => (effect.kind === 'scaleReplicaSet' ? { ...effect, resourceVersion } : effect));
}

/** Behind a router an aborted canary keeps its pods for a while; where stable shrinks with its share, also until it has none. */
function planAbortedCanary(scene: Scene): ScalingPlan {
  const { canary, strategy } = scene;
  const isOver = canary !== undefined && (scaleDownDeadlineOf(canary) ?? Infinity) <= scene.nowMs;
  if (isOver && isDynamic(scene) && readShares(scene).canary > 0) return nothingToScale;
  return planAborted(scene, strategy.abortScaleDownDelaySeconds);
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
  const { strategy } = scene;
  return planReplaced(scene, {
    ...strategy,
    services: [strategy.canaryService, strategy.stableService],
    isDoomed({ annotations }) {
      const hasDeadline = annotations[scaleDownDeadlineAnnotation] !== undefined;
      return isDynamic(scene) || (!posture.isPromoted && !hasDeadline);
    },
  });
}

/** Where pods are the traffic, older ones go first those that serve nobody, then as many as the minimum lets go. */
function planBasicRetired(scene: Scene): Effect[] {
  const all = scene.world.replicaSets;
  const minAvailable = scene.replicas - maxUnavailableOf(scene.strategy, scene.replicas);
  let spare = sumOf(all, (one) => one.availableReplicas) - minAvailable;
  const effects: Effect[] = [];
  for (const replicaSet of newestFirst(scene.retired)) {
    if (replicaSet.specReplicas === 0) continue;
    const healthy = Math.min(replicaSet.specReplicas, replicaSet.availableReplicas);
    const dropped = Math.min(healthy, Math.max(0, spare));
    spare -= dropped;
    effects.push(...scale(scene, replicaSet, healthy - dropped));
  }
  return effects;
}
