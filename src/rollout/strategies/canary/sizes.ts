import { sumOf } from '../../replica-sets.ts';
import { basicCounts, type Counts, maxSurgeOf, maxUnavailableOf, nextBasicSizes } from '../../replicas.ts';
import type { Scene } from '../../scene.ts';
import { canaryScaleInForce, weightInForce } from '../../steps.ts';
import type { ReplicaSetView } from '../../world.ts';
import type { Posture } from './posture.ts';
import { isDynamic, podsFor, readShares, shareHolder } from './shares.ts';

/** Where both sides shall arrive. */
export function targetCounts(scene: Scene, posture: Posture): Counts {
  if (posture.isFirst || posture.isPromoted) return { canary: scene.replicas, stable: 0 };
  const weight = weightOfPods(scene, posture);
  if (!scene.hasRouter) {
    return basicCounts(scene.replicas, weight, scene.maxWeight, maxSurgeOf(scene.strategy, scene.replicas));
  }
  const canary = routedCanaryCount(scene, posture, weight);
  return isDynamic(scene) ? dynamicCounts(scene, posture, { canary, weight }) : { canary, stable: scene.replicas };
}

/** Stable shrinks as its share does, and grows before it: neither side goes below what it may still be sent. */
function dynamicCounts(
  scene: Scene,
  posture: Posture,
  asked: { readonly canary: number; readonly weight: number },
): Counts {
  const shares = readShares(scene);
  if (shareHolder(scene) !== scene.podHash) return { canary: asked.canary, stable: scene.replicas };
  const stable = Math.max(podsFor(scene, scene.maxWeight - asked.weight), podsFor(scene, shares.stable));
  const isSizedByItself = scaleInForce(scene, posture) !== undefined;
  const canary = isSizedByItself ? asked.canary : Math.max(asked.canary, podsFor(scene, shares.canary));
  return { canary: atLeastMinimum(scene, canary), stable: atLeastMinimum(scene, stable) };
}

function scaleInForce(scene: Scene, posture: Posture) {
  if (posture.isFull || posture.abort !== undefined) return undefined;
  return canaryScaleInForce(scene.strategy, scene.stepIndex);
}

function atLeastMinimum(scene: Scene, count: number): number {
  return count === 0 ? 0 : Math.max(count, Math.min(scene.strategy.minPodsPerReplicaSet ?? 0, scene.replicas));
}

function weightOfPods(scene: Scene, posture: Posture): number {
  if (posture.abort !== undefined) return 0;
  if (posture.isFull) return scene.maxWeight;
  return weightInForce(scene.strategy, scene.stepIndex);
}

/** Behind a router pods follow the weight, or a setCanaryScale; whoever asks for some percent gets at least one pod. */
function routedCanaryCount(scene: Scene, posture: Posture, weight: number): number {
  const scale = scaleInForce(scene, posture);
  if (scale !== undefined && 'replicas' in scale) return scale.replicas;
  return atLeastMinimum(scene, podsFor(scene, scale?.weight ?? weight));
}

/** Where both sides go with this decision. */
export function nextCounts(scene: Scene, posture: Posture): Counts {
  const target = targetCounts(scene, posture);
  if (scene.hasRouter) return target;
  return nextBasicSizes({
    canary: sideOf(scene.canary),
    stable: sideOf(scene.stable === scene.canary ? undefined : scene.stable),
    retiredSpec: sumOf(scene.retired, (one) => one.specReplicas),
    target,
    replicas: scene.replicas,
    surge: maxSurgeOf(scene.strategy, scene.replicas),
    unavailable: maxUnavailableOf(scene.strategy, scene.replicas),
  });
}

function sideOf(replicaSet: Scene['canary']) {
  return { spec: replicaSet?.specReplicas ?? 0, available: replicaSet?.availableReplicas ?? 0 };
}

/** Whether the pods that the stored step asks for are there. */
export function hasDesiredPods(scene: Scene, posture: Posture): boolean {
  const target = targetCounts(scene, posture);
  const { canary, stable } = scene;
  if (canary === undefined || canary.specReplicas !== target.canary) return false;
  if (!hasEnoughPods(scene, canary, target.canary)) return false;
  const isStableAsked = stable !== undefined && stable !== canary && !isDynamic(scene);
  if (isStableAsked && stable.replicas < target.stable) return false;
  // Without a router every pod takes traffic: the older ones have to be gone.
  return scene.hasRouter || sumOf(scene.retired, (one) => one.availableReplicas) === 0;
}

/** All that are asked for, or as many as the author calls enough (`replicaProgressThreshold`). */
export function hasEnoughPods(scene: Scene, { availableReplicas }: ReplicaSetView, asked: number): boolean {
  const threshold = scene.strategy.replicaProgressThreshold;
  if (availableReplicas >= asked || threshold === undefined || threshold.value < 0) return availableReplicas >= asked;
  if (threshold.type === 'Percent') return availableReplicas * 100 >= threshold.value * asked;
  return availableReplicas >= threshold.value;
}
