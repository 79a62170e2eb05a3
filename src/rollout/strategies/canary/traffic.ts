import type { Effect } from '../../effect.ts';
import type { Scene } from '../../scene.ts';
import { weightInForce } from '../../steps.ts';
import { type ExperimentShare, sharesKept, sharesWanted, sumOfShares } from './experiment-weights.ts';
import type { Posture } from './posture.ts';
import { planRoutes } from './routes.ts';
import { isDynamic, lowestShare, mayStayUnserved, planHold, servesPodHash } from './shares.ts';
import { hasDesiredPods } from './sizes.ts';

/** What becomes of the canary's weight at the router. */
export interface TrafficPlan {
  /** What the router says now. */
  readonly current: number;
  /** After this decision's lowering (a raise is seen by the next look). */
  readonly settled: number;
  /** The same of an Experiment's pods. */
  readonly shares: readonly ExperimentShare[];
  /** Must be performed before anything else. */
  readonly lower: readonly Effect[];
  /** May be performed last, and only if this decision stores no other step. */
  readonly raise: readonly Effect[];
}

export function planTraffic(scene: Scene, posture: Posture): TrafficPlan {
  const { router } = scene.world;
  const current = router?.canaryWeight ?? 0;
  if (!scene.hasRouter || router === undefined) return { current, settled: current, shares: [], lower: [], raise: [] };
  const routes = planRoutes(scene, posture);
  const target = lowestShare(scene, targetWeight(scene, posture, current), current);
  const present = router.additional ?? [];
  const wanted = sharesWanted(scene, posture);
  const shares = sharesKept(present, wanted);
  if (target < current || sumOfShares(shares) < sumOfShares(present)) {
    const settled = Math.min(target, current);
    return {
      current,
      settled,
      shares,
      lower: [...planHold(scene, settled, current), setWeights(scene, settled, shares), ...routes.lower],
      raise: routes.raise,
    };
  }
  // What still sends requests to the canary can be lowered, whatever else of the router is broken or gone.
  if (router.problem !== undefined) return { current, settled: current, shares, lower: routes.lower, raise: [] };
  // A weight that only some of the router's objects carry is set once more: half a raise would stay half.
  const isHalfDone = (router.isIncomplete === true || isIngressMissing(scene)) && !posture.contest.isWaiting;
  // A canary whose share falls no faster than stable's pods come may still have what was meant for them.
  const mayGive = !posture.isHeld && !posture.contest.isWaiting && target + sumOfShares(wanted) <= scene.maxWeight;
  const given = mayGive ? wanted : shares;
  const isRaised = target > current || isHalfDone || sumOfShares(given) > sumOfShares(present);
  const raise = isRaised ? [...routes.raise, setWeights(scene, target, given)] : routes.raise;
  return { current, settled: current, shares, lower: routes.lower, raise };
}

/** The canary's Ingress stands from the first day on, at 0, as Argo has it: who watches Ingresses sees it before it matters. */
function isIngressMissing({ strategy, world }: Scene): boolean {
  return strategy.trafficRouting?.nginx !== undefined && world.router?.canaryWeight === undefined;
}

function setWeights(scene: Scene, canaryWeight: number, shares: readonly ExperimentShare[]): Effect {
  return {
    kind: 'setWeight',
    canaryWeight,
    ...(shares.length === 0 ? {} : { additional: shares.map(({ serviceName, weight }) => ({ serviceName, weight })) }),
    canaryPodHash: scene.podHash,
    stablePodHash: scene.status.stableRS ?? scene.podHash,
  };
}

function targetWeight(scene: Scene, posture: Posture, current: number): number {
  if (posture.abort !== undefined || posture.isFirst) return 0;
  if (isStableSwitchPending(scene)) return current;
  if (posture.isPromoted) return 0;
  if (posture.isChanged && scene.status.currentPodHash !== scene.podHash) return 0;
  if (scene.canary === undefined || scene.canary.availableReplicas === 0) return 0;
  const asked = weightInForce(scene.strategy, scene.stepIndex);
  if (!servesPodHash(scene, scene.strategy.canaryService, scene.podHash)) {
    return mayStayUnserved(scene, posture) ? Math.min(asked, current) : 0;
  }
  if (posture.isChanged) return current;
  if (posture.isFull) return fullWeight(scene, posture, current);
  if (asked < current) return asked;
  return mayRaise(scene, posture, asked) ? asked : current;
}

/** The weight is held while a revision is finished; where stable shrinks with its share, it goes as far as the canary's pods take it. */
function fullWeight(scene: Scene, posture: Posture, current: number): number {
  const isStored = scene.stepIndex === scene.steps.length;
  if (!isDynamic(scene) || !isStored || posture.isHeld || posture.contest.isWaiting || scene.replicas === 0)
    return current;
  const taken = Math.floor((scene.maxWeight * (scene.canary?.availableReplicas ?? 0)) / scene.replicas);
  return Math.max(current, Math.min(taken, scene.maxWeight));
}

/**
 * After a promotion the canary's Service carries the stable pods until the stable Service has been switched to them: taking the
 * weight away before would send everything back to the revision that has just been replaced.
 */
function isStableSwitchPending(scene: Scene): boolean {
  const { canaryService, stableService } = scene.strategy;
  const stableHash = scene.status.stableRS;
  if (!canaryService || !stableService || !stableHash || (scene.stable?.availableReplicas ?? 0) === 0) return false;
  return servesPodHash(scene, canaryService, stableHash) && !servesPodHash(scene, stableService, stableHash);
}

/**
 * Pods first, then traffic; never while somebody holds the rollout (unlike Argo, which shifts traffic under `spec.paused`), and
 * not while stable is short of pods for its share. A stable revision without any pod does not hold a fix back.
 */
function mayRaise(scene: Scene, posture: Posture, asked: number): boolean {
  if (posture.isHeld || posture.isRetried || posture.contest.isWaiting || !hasDesiredPods(scene, posture)) return false;
  const stableAvailable = scene.stable?.availableReplicas ?? 0;
  const needed = Math.floor(((scene.maxWeight - asked) * scene.replicas) / scene.maxWeight);
  return stableAvailable === 0 || stableAvailable >= needed;
}
