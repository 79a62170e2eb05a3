import { type AntiAffinityWish, planAntiAffinity } from '../anti-affinity.ts';
import type { Effect } from '../effect.ts';
import { planMetadata } from '../pod-metadata.ts';
import type { PodMetadata } from '../pod-template.ts';
import type { RolloutSpec } from '../rollout.ts';
import type { Ground } from '../scene.ts';
import type { ReplicaSetView } from '../world.ts';

/** The metadata of each role: the very first revision is stable's before it is stable; a retired one has none. */
export function metadataOf(scene: Ground, replicaSet: ReplicaSetView | undefined): PodMetadata | undefined {
  const { canary, stable } = readRoles(scene.spec);
  const stableHash = scene.status.stableRS ?? '';
  const isCanary = replicaSet === undefined || replicaSet === scene.canary;
  if (isCanary) return stableHash === '' || stableHash === scene.podHash ? stable : canary;
  return replicaSet === scene.stable ? stable : undefined;
}

function readRoles({ strategy }: RolloutSpec) {
  const { canary, blueGreen } = strategy ?? {};
  if (canary !== undefined) return { canary: canary.canaryMetadata, stable: canary.stableMetadata };
  return { canary: blueGreen?.previewMetadata, stable: blueGreen?.activeMetadata };
}

export function antiAffinityOf({ antiAffinity: rules, rollout, podHash, status }: Ground): AntiAffinityWish {
  return { rules, namespace: rollout.metadata.namespace, podHash, stableHash: status.stableRS };
}

/** What pods and their ReplicaSets carry for their role, by the stored status: metadata, and whose nodes they keep off. */
export function planRoles(scene: Ground): Effect[] {
  const { template } = scene.spec;
  const effects: Effect[] = [];
  for (const replicaSet of scene.world.replicaSets) {
    const isCanary = replicaSet === scene.canary;
    const seen = { template: isCanary ? template : undefined, pods: scene.world.pods };
    effects.push(...planMetadata(replicaSet, metadataOf(scene, replicaSet), seen));
    if (isCanary && template !== undefined)
      effects.push(...planAntiAffinity(replicaSet, template, antiAffinityOf(scene)));
  }
  return effects;
}
