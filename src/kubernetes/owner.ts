import type { JsonObject } from '../lib/index.ts';
import type { Rollout } from '../rollout/index.ts';

const apiVersions = {
  Rollout: 'argoproj.io/v1alpha1',
  Experiment: 'argoproj.io/v1alpha1',
  Deployment: 'apps/v1',
} as const;

/** Kinds of ours that other objects belong to, and the Deployments that we watch over. */
export type OwnerKind = keyof typeof apiVersions;

/** The object that others belong to, as far as they say. */
export type Owner = Pick<Rollout, 'metadata'>;

/** The reference that makes this object the controller of what it creates; deleting it then deletes that too. */
export function controllerReference(owner: Owner, kind: OwnerKind = 'Rollout'): JsonObject {
  return {
    apiVersion: apiVersions[kind],
    kind,
    name: owner.metadata.name,
    uid: owner.metadata.uid,
    controller: true,
    blockOwnerDeletion: true,
  };
}
