import type { Scene } from '../../scene.ts';
import { weightInForce } from '../../steps.ts';
import { isWithinRollbackWindow } from '../rollback-window.ts';
import { hasMeasured } from '../runs.ts';
import type { Posture } from './posture.ts';
import { hasEnoughPods } from './sizes.ts';
import type { TrafficPlan } from './traffic.ts';

/** Why the canary becomes stable now, in Argo's words; undefined: not yet. */
export function findPromotion(scene: Scene, posture: Posture, traffic: TrafficPlan): string | undefined {
  const { canary } = scene;
  if (canary === undefined || posture.isHeld || posture.isRetried) return undefined;
  if (canary.specReplicas !== scene.replicas || !hasEnoughPods(scene, canary, scene.replicas)) return undefined;
  if (posture.isFull) {
    return isWithinRollbackWindow(scene) ? 'Rollback within window' : 'Full promotion requested';
  }
  if (scene.stepIndex < scene.steps.length || posture.contest.isUnsettled) return undefined;
  if (!isWeightReached(scene, traffic) || lacksEvidence(scene, posture)) return undefined;
  return `Completed all ${scene.steps.length} canary steps`;
}

/** Whether the router says what the stored step asks for. With no replicas there is no traffic to shift. */
export function isWeightReached(scene: Scene, traffic: TrafficPlan): boolean {
  if (!scene.hasRouter || scene.replicas === 0) return true;
  return traffic.current === weightInForce(scene.strategy, scene.stepIndex);
}

/** A background analysis that has not seen anything yet holds the last promotion (unlike Argo, which does not wait for it). */
export function lacksEvidence(scene: Scene, posture: Posture): boolean {
  if (scene.world.evidence === 'argo' || posture.runs.backgroundName === undefined) return false;
  return posture.runs.background === undefined || !hasMeasured(posture.runs.background);
}
