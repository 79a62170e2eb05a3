import type { JsonObject } from '../lib/index.ts';
import type { Rollout } from '../rollout/index.ts';

/** The reference that makes this Rollout the controller of what it creates; deleting the Rollout then deletes it too. */
export function controllerReference(rollout: Rollout): JsonObject {
  return {
    apiVersion: 'argoproj.io/v1alpha1',
    kind: 'Rollout',
    name: rollout.metadata.name,
    uid: rollout.metadata.uid,
    controller: true,
    blockOwnerDeletion: true,
  };
}
