import { parseTimestamp } from '../analysis/index.ts';
import type { Effect } from './effect.ts';
import { sumOf } from './replica-sets.ts';
import { maxUnavailableOf, type Room } from './replicas.ts';
import type { Rollout } from './rollout.ts';
import type { Ground } from './scene.ts';
import type { OwnedPod, World } from './world.ts';

/*
 * `spec.restartAt`: pods that are older are evicted, a few at a time, and their ReplicaSets make others of the same template. No
 * revision begins. `status.restartedAt` says which restart is done.
 */

/** How long until it is tried again where a disruption budget refused, or no pod was ready to spare. */
const retryMs = 30_000;

type Scene = Ground & { readonly strategy: Room };

export interface RestartPlan {
  /** It has begun and is not done. */
  readonly isPending: boolean;
  readonly evictions: readonly Effect[];
  /** The `status.restartedAt` to store. */
  readonly restartedAt: string | undefined;
  readonly wakeAtMs: number | undefined;
}

/** Its time has come, and it is not done: the pods have to be read. */
export function isRestartDue({ metadata, spec, status }: Rollout, nowMs: number): boolean {
  if (spec.restartAt === undefined || metadata.deletionTimestamp !== undefined) return false;
  const atMs = parseTimestamp(spec.restartAt);
  return atMs !== undefined && atMs <= nowMs && atMs !== parseTimestamp(status.restartedAt ?? '');
}

/** A change of template cancels a restart: all of its pods will be new ones. */
export function planRestart(scene: Scene, isChanged: boolean): RestartPlan {
  const { spec, status, world, nowMs } = scene;
  const { restartAt } = spec;
  const nothing = { isPending: false, evictions: [], restartedAt: status.restartedAt, wakeAtMs: undefined };
  if (isChanged) return { ...nothing, restartedAt: restartAt ?? status.restartedAt };
  const atMs = parseTimestamp(restartAt ?? '');
  if (atMs === undefined || atMs === parseTimestamp(status.restartedAt ?? '')) return nothing;
  if (atMs > nowMs) return { ...nothing, wakeAtMs: atMs };
  const pending = { ...nothing, isPending: true, wakeAtMs: nowMs + retryMs };
  if (world.pods === undefined) return pending;
  const older = world.pods.filter(({ createdAtMs, isGoing }) => createdAtMs < atMs && !isGoing);
  if (older.length === 0) return { ...nothing, restartedAt: restartAt };
  return { ...pending, evictions: inOrder(scene, older, world).slice(0, mayGo(scene, world.pods)).map(evict) };
}

/** Never more than maxUnavailable missing (1 where that is none), counted on pods that were read live: a cache lags behind evictions. */
function mayGo(scene: Scene, pods: readonly OwnedPod[]): number {
  const available = Math.min(
    pods.filter(({ isReady, isGoing }) => isReady && !isGoing).length,
    sumOf(scene.world.replicaSets, (one) => one.availableReplicas),
  );
  const wanted = Math.max(
    scene.replicas,
    sumOf(scene.world.replicaSets, (one) => one.specReplicas),
  );
  return Math.max(0, available - (wanted - Math.max(maxUnavailableOf(scene.strategy, scene.replicas), 1)));
}

/** Stable, canary, the others; the oldest first. A ReplicaSet whose budget has just refused waits for the next turn. */
function inOrder(scene: Scene, pods: readonly OwnedPod[], { refusedEvictions = [] }: World): OwnedPod[] {
  const rank = (pod: OwnedPod) => {
    if (pod.podHash === scene.stable?.podHash) return 0;
    return pod.podHash === scene.podHash ? 1 : 2;
  };
  return pods
    .filter(({ podHash }) => !refusedEvictions.includes(podHash))
    .toSorted((a, b) => rank(a) - rank(b) || a.createdAtMs - b.createdAtMs || (a.name < b.name ? -1 : 1));
}

function evict({ name, uid, podHash }: OwnedPod): Effect {
  return { kind: 'evictPod', name, uid, podHash };
}
