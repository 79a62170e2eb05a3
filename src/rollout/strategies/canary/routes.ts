import { isDeepEqual } from '../../deep-equal.ts';
import type { Effect } from '../../effect.ts';
import { type ManagedRoute, routesInForce } from '../../managed-routes.ts';
import type { Scene } from '../../scene.ts';
import type { Posture } from './posture.ts';
import { mayStayUnserved, servesPodHash } from './shares.ts';

/** What becomes of header and mirror routes. They bring the canary requests: setting one is a raise, taking one away is none. */
export interface RoutesPlan {
  readonly lower: readonly Effect[];
  readonly raise: readonly Effect[];
}

export function planRoutes(scene: Scene, posture: Posture): RoutesPlan {
  const { router } = scene.world;
  if (router === undefined) return { lower: [], raise: [] };
  const wanted = routesWanted(scene, posture);
  const present = router.routes ?? [];
  const kept = present.filter((route) => wanted.some((one) => isDeepEqual(one, route)));
  if (kept.length < present.length) return { lower: [{ kind: 'setRoutes', routes: kept }], raise: [] };
  if (router.problem !== undefined || areRoutesSet(scene, posture) || !mayRoute(posture))
    return { lower: [], raise: [] };
  return { lower: [], raise: [{ kind: 'setRoutes', routes: wanted }] };
}

/** Whether the router's objects say what the stored step asks for. */
export function areRoutesSet(scene: Scene, posture: Posture): boolean {
  const { router } = scene.world;
  return isDeepEqual(router?.routes ?? [], routesWanted(scene, posture)) && router?.areRoutesIncomplete !== true;
}

function routesWanted(scene: Scene, posture: Posture): readonly ManagedRoute[] {
  const isOver = posture.abort !== undefined || posture.isFirst || posture.isPromoted || posture.isFull;
  if (isOver || posture.isChanged || (scene.canary?.availableReplicas ?? 0) === 0) return [];
  const isServed = servesPodHash(scene, scene.strategy.canaryService, scene.podHash);
  return isServed || mayStayUnserved(scene, posture) ? routesInForce(scene.strategy, scene.stepIndex) : [];
}

function mayRoute({ isHeld, isRetried, contest }: Posture): boolean {
  return !isHeld && !isRetried && !contest.isWaiting;
}
