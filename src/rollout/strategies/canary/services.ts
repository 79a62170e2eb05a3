import type { Effect } from '../../effect.ts';
import type { Scene } from '../../scene.ts';
import { isAlone, isCleared, switchTo } from '../switch-service.ts';
import type { Posture } from './posture.ts';
import { isDynamic, mayStayUnserved } from './shares.ts';

/** Points the strategy's Services where they belong by the stored status. */
export function planServices(scene: Scene, posture: Posture, settledWeight: number): Effect[] {
  const { stableService, canaryService } = scene.strategy;
  const mayRepeat = !posture.contest.isWaiting || !isAlone(scene, posture.isPromoted);
  const isLeft = !mayRepeat && isCleared(scene, stableService);
  const effects = isLeft ? [] : [...switchTo(scene, stableService, scene.stable, 'ifAvailable')];
  if (posture.abort !== undefined) {
    // Pods that still hold a share keep their Service.
    if (isDynamic(scene) && settledWeight > 0) return effects;
    // Behind a router at once and whatever is available: the weight is 0 already, and a readiness gate may hang on this switch.
    const when = scene.hasRouter ? 'always' : 'ifAvailable';
    return [...effects, ...switchTo(scene, canaryService, scene.stable, when)];
  }
  // Switching it with weight on it would hand the canary a share that no stored step gave it.
  const isPromoted = posture.isPromoted && !isDynamic(scene);
  const isSafe = !scene.hasRouter || isPromoted || settledWeight === 0 || mayStayUnserved(scene, posture);
  // What was put back there is not written again and again; where it was, the canary gets no more than it had.
  const isHeldBack = posture.contest.isWaiting && isCleared(scene, canaryService);
  if (isSafe && !isHeldBack) effects.push(...switchTo(scene, canaryService, scene.canary, 'ifAvailable'));
  return effects;
}
