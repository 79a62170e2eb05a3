import type { Effect } from '../../effect.ts';
import { type Announce, announceEvent } from '../../events.ts';
import { managedByAnnotation, podHashLabel } from '../../names.ts';
import { isFullyAvailable } from '../../replica-sets.ts';
import type { Scene } from '../../scene.ts';
import type { ReplicaSetView } from '../../world.ts';
import type { Posture } from './posture.ts';
import { mayStayUnserved } from './traffic.ts';

/** Points the strategy's Services where they belong by the stored status. */
export function planServices(scene: Scene, posture: Posture, settledWeight: number): Effect[] {
  const { stableService, canaryService } = scene.strategy;
  const mayRepeat = !posture.contest.isWaiting || !isAlone(scene, posture);
  const isLeft = !mayRepeat && isCleared(scene, stableService);
  const effects = isLeft ? [] : [...switchTo(scene, stableService, scene.stable, 'ifAvailable')];
  if (posture.abort !== undefined) {
    // Behind a router at once and whatever is available: the weight is 0 already, and a readiness gate may hang on this switch.
    const when = scene.hasRouter ? 'always' : 'ifAvailable';
    return [...effects, ...switchTo(scene, canaryService, scene.stable, when)];
  }
  // Switching it with weight on it would hand the canary a share that no stored step gave it.
  const isSafe = !scene.hasRouter || posture.isPromoted || settledWeight === 0 || mayStayUnserved(scene, posture);
  // What was put back there is not written again and again; where it was, the canary gets no more than it had.
  const isHeldBack = posture.contest.isWaiting && isCleared(scene, canaryService);
  if (isSafe && !isHeldBack) effects.push(...switchTo(scene, canaryService, scene.canary, 'ifAvailable'));
  return effects;
}

/** Stable has all pods there are: a selector without hash sends to the same ones. */
function isAlone({ world, stable }: Scene, posture: Posture): boolean {
  return posture.isPromoted && world.replicaSets.every((one) => one === stable || one.replicas === 0);
}

function isCleared({ world }: Scene, name: string | undefined): boolean {
  return name !== undefined && world.services[name]?.selector[podHashLabel] === undefined;
}

function switchTo(
  scene: Scene,
  name: string | undefined,
  replicaSet: ReplicaSetView | undefined,
  when: 'always' | 'ifAvailable',
): Effect[] {
  const service = name === undefined ? undefined : scene.world.services[name];
  if (service === undefined || replicaSet === undefined) return [];
  const from = service.selector[podHashLabel] ?? '';
  if (from === replicaSet.podHash) return [];
  if (when === 'ifAvailable') {
    // A Service that was never ours carries live traffic on other pods: it is taken over only by a full set.
    const isAdoption = service.annotations[managedByAnnotation] === undefined;
    if (isAdoption && !isFullyAvailable(replicaSet)) return [];
    if (replicaSet.availableReplicas === 0) return [];
  }
  const announce: Announce = {
    reason: 'SwitchService',
    message: `Switched selector for service '${service.name}' from '${from}' to '${replicaSet.podHash}'`,
    occasion: service.name,
  };
  return [
    { kind: 'switchService', name: service.name, fromSelector: service.selector, toPodHash: replicaSet.podHash },
    announceEvent(scene, announce),
  ];
}
