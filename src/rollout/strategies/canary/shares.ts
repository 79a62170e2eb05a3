import type { Effect } from '../../effect.ts';
import { podHashLabel } from '../../names.ts';
import type { Scene } from '../../scene.ts';
import type { ReplicaSetView } from '../../world.ts';
import type { Posture } from './posture.ts';

/*
 * dynamicStableScale: stable runs as many pods as its share needs, so the share that it can take back depends on its pods. Pods
 * follow traffic, never the other way round: no side loses pods that the router, or the last status, still sends requests to.
 */

export function isDynamic({ hasRouter, strategy }: Scene): boolean {
  return hasRouter && strategy.dynamicStableScale === true;
}

export interface Shares {
  readonly canary: number;
  readonly stable: number;
}

/**
 * The most that either side may be getting: by the router now, or by the status of the look before (data planes lag). They may sum
 * up to more than everything.
 */
export function readShares({ world, status, maxWeight }: Scene): Shares {
  const current = world.router?.canaryWeight ?? 0;
  const stored = status.canary?.weights;
  return {
    canary: Math.max(current, stored?.canary.weight ?? 0),
    stable: Math.max(maxWeight - current, stored?.stable.weight ?? maxWeight),
  };
}

/**
 * Whose pods the canary's share goes to: the canary's, or those of a revision that was overtaken or taken back and still has to hand
 * its share over. By the status: it changes hands only at 0.
 */
export function shareHolder({ world, status, podHash }: Scene): string {
  const stored = status.canary?.weights?.canary;
  return (world.router?.canaryWeight ?? 0) > 0 ? (stored?.podTemplateHash ?? podHash) : podHash;
}

export function podsFor(scene: Scene, weight: number): number {
  return Math.ceil((Math.min(weight, scene.maxWeight) * scene.replicas) / scene.maxWeight);
}

/** The part of everything that stable's available pods cannot take. */
function beyondStable(scene: Scene, stable: ReplicaSetView): number {
  if (scene.replicas === 0) return 0;
  const taken = Math.floor((scene.maxWeight * stable.availableReplicas) / scene.replicas);
  return Math.max(0, scene.maxWeight - taken);
}

/** The lowest that the canary's share may be set to on its way to `wanted`: no lower than stable's pods can take over. */
export function lowestShare(scene: Scene, wanted: number, current: number): number {
  const taker = findTaker(scene);
  if (taker === undefined || wanted >= current) return wanted;
  return Math.min(current, Math.max(wanted, beyondStable(scene, taker)));
}

/** The stable pods that have to be enough for what the canary's lose; undefined: the share goes back at once. */
function findTaker(scene: Scene): ReplicaSetView | undefined {
  const { stable } = scene;
  if (!isDynamic(scene) || stable === undefined) return undefined;
  const holder = scene.world.replicaSets.find((one) => one.podHash === shareHolder(scene));
  // Nobody is there who could hold it; or both Services lead to the same pods.
  return holder === undefined || holder.availableReplicas === 0 || holder === stable ? undefined : stable;
}

/**
 * Before stable gets back what its pods can take. Danger: another turn, which read the Rollout before what we decide on was stored, may
 * be about to take pods from it. It saw stable before it read the Rollout, so that its write fails from here on; and ours fails if it
 * came first.
 */
export function planHold(scene: Scene, settled: number, current: number): Effect[] {
  const taker = findTaker(scene);
  if (taker === undefined || settled >= current) return [];
  const { name, uid, resourceVersion = '' } = taker;
  const heldFor = scene.rollout.metadata.resourceVersion ?? '';
  return [{ kind: 'holdReplicaSet', name, uid, resourceVersion, heldFor }];
}

/** Whether a Service sends to these pods; one that the strategy does not name is not in the way. */
export function servesPodHash(scene: Scene, service: string | undefined, podHash: string): boolean {
  if (service === undefined || service === '') return true;
  return scene.world.services[service]?.selector[podHashLabel] === podHash;
}

/**
 * Services are read from a cache: another replica may have switched this one just now. Where the stored status (read live) counts
 * the weight as this canary's, its Service is switched again if need be, and traffic does not flap to 0 and back. The status says so
 * only after the weight of any other canary was taken back: the reset lowers first, then writes.
 */
export function mayStayUnserved(scene: Scene, posture: Posture): boolean {
  return !posture.isChanged && scene.status.canary?.weights?.canary.podTemplateHash === scene.podHash;
}
