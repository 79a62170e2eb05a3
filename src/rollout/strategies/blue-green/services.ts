import type { Effect } from '../../effect.ts';
import { managedByAnnotation, podHashLabel } from '../../names.ts';
import type { BlueGreenScene } from '../../scene.ts';
import { isAlone, isCleared, switchTo } from '../switch-service.ts';
import type { Posture } from './posture.ts';
import { hasPods } from './preview.ts';

export interface ServicesPlan {
  /** What gives the active Service (back) to stable: performed before anything else, whatever else is wrong. */
  readonly back: readonly Effect[];
  readonly preview: readonly Effect[];
  /** What gives it to the revision asked for, where that is stored as permitted: performed last. */
  readonly forth: readonly Effect[];
  /** The pod hash that the active Service selects after `back`; undefined: none. */
  readonly activeHash: string | undefined;
}

export function planServices(scene: BlueGreenScene, posture: Posture): ServicesPlan {
  const { activeService } = scene.strategy;
  const active = scene.world.services[activeService ?? ''];
  const forth = posture.isPermitted ? planForth(scene, posture) : [];
  const back = posture.isPermitted ? [] : planBack(scene, posture);
  const isBack = back.some(({ kind }) => kind === 'switchService');
  return {
    back,
    preview: planPreview(scene, posture),
    forth,
    activeHash: isBack ? scene.stable?.podHash : active?.selector[podHashLabel],
  };
}

/**
 * Unlike Argo, for which an active Service without a hash, or with the preview's, is a reason to skip pause and analysis: whatever it
 * selects, it belongs to stable until the switch is permitted. Where stable has no pod the switch would leave requests without an answer.
 */
function planBack(scene: BlueGreenScene, posture: Posture): Effect[] {
  const { activeService } = scene.strategy;
  const mayRepeat = !posture.contest.isWaiting || !isAlone(scene, posture.isPromoted);
  if (!mayRepeat && isCleared(scene, activeService)) return [];
  return switchTo(scene, activeService, scene.stable, 'ifAvailable');
}

function planForth(scene: BlueGreenScene, posture: Posture): Effect[] {
  const { activeService } = scene.strategy;
  if (posture.isHeld || posture.contest.isWaiting || !hasPods(scene, scene.replicas)) return [];
  const isOurs = scene.world.services[activeService ?? '']?.annotations[managedByAnnotation] !== undefined;
  // Without replicas there is nobody to answer on either side.
  const when = scene.replicas === 0 && isOurs ? 'always' : 'ifAvailable';
  return switchTo(scene, activeService, scene.canary, when);
}

/** At once, before there are pods: nobody but testers looks there. After an abort it stays, for whoever wants to know why. */
function planPreview(scene: BlueGreenScene, posture: Posture): Effect[] {
  const { previewService } = scene.strategy;
  const isLeft = posture.contest.isWaiting && isCleared(scene, previewService);
  if (posture.isHeld || posture.isChanged || isLeft) return [];
  return switchTo(scene, previewService, scene.canary, 'always');
}
