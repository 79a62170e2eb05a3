import type { Effect } from '../effect.ts';
import { type Announce, announceEvent } from '../events.ts';
import { managedByAnnotation, podHashLabel } from '../names.ts';
import { isFullyAvailable } from '../replica-sets.ts';
import type { Ground } from '../scene.ts';
import type { ReplicaSetView } from '../world.ts';

/** Stable has all pods there are: a selector without hash sends to the same ones. */
export function isAlone({ world, stable }: Ground, isPromoted: boolean): boolean {
  return isPromoted && world.replicaSets.every((one) => one === stable || one.replicas === 0);
}

/** Whether nothing in its selector tells revisions apart. */
export function isCleared({ world }: Ground, name: string | undefined): boolean {
  return name !== undefined && world.services[name]?.selector[podHashLabel] === undefined;
}

/** Points a Service at the pods of one ReplicaSet, unless it does already or, where that is asked for, nobody would answer there. */
export function switchTo(
  scene: Ground,
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
