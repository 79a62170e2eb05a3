import type { Effect } from '../effect.ts';
import { unprovenAnnotation } from '../names.ts';
import type { Ground } from '../scene.ts';

/**
 * Lets go of Services that the strategy no longer names. Unlike Argo not while an update is under way: without the pod hash a Service
 * leads to every pod of its selector, those of a revision that nobody has promoted among them.
 */
export function planFormerServices(scene: Ground, isPromoted: boolean): Effect[] {
  const { formerServices = [], replicaSets } = scene.world;
  const hasUnproven = replicaSets.some(
    ({ annotations, replicas }) => replicas > 0 && annotations[unprovenAnnotation] !== undefined,
  );
  if (!isPromoted || hasUnproven) return [];
  return formerServices.map(({ name, selector }) => ({ kind: 'releaseService', name, fromSelector: selector }));
}
