import type { JsonObject } from '../lib/index.ts';
import type { Rollout } from '../rollout/index.ts';

/** Kinds of ours that other objects belong to. */
export type OwnerKind = 'Rollout' | 'Experiment';

/** The object that others belong to, as far as they say. */
export type Owner = Pick<Rollout, 'metadata'>;

/** The reference that makes this object the controller of what it creates; deleting it then deletes that too. */
export function controllerReference(owner: Owner, kind: OwnerKind = 'Rollout'): JsonObject {
  return {
    apiVersion: 'argoproj.io/v1alpha1',
    kind,
    name: owner.metadata.name,
    uid: owner.metadata.uid,
    controller: true,
    blockOwnerDeletion: true,
  };
}
