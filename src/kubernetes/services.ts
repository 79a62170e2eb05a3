import { ConflictError, type JsonObject } from '../lib/index.ts';
import type { Rollout } from '../rollout/index.ts';
import type { Cluster, JsonPatch, Reflector, WriteOptions } from './cluster.ts';
import { resources } from './resources.ts';

export const managedByAnnotation = 'argo-rollouts.argoproj.io/managed-by-rollouts';
const hashLabel = 'rollouts-pod-template-hash';

/** Services that a Rollout points at one of its pod hashes. */
export interface Services {
  /** Precondition: the selector is still the one that was seen. Marks the Service as managed by this Rollout. */
  switch(
    rollout: Rollout,
    change: { name: string; fromSelector: Readonly<Record<string, string>>; toPodHash: string },
    options: WriteOptions,
  ): Promise<void>;
}

export function createServices(cluster: Cluster, cache: Pick<Reflector<unknown>, 'learn'>): Services {
  return {
    async switch(rollout, change, options) {
      const name = { namespace: rollout.metadata.namespace, name: change.name };
      const service = await cluster.get(resources.services, name, options.signal);
      if (service === undefined) throw new ConflictError(`Service ${change.name} was deleted meanwhile`);
      const annotations = (service.metadata.annotations ?? {}) as JsonObject;
      const patch: JsonPatch = [
        { op: 'test', path: '/spec/selector', value: change.fromSelector },
        { op: 'replace', path: '/spec/selector', value: { ...change.fromSelector, [hashLabel]: change.toPodHash } },
        // Written whole, because the key may be missing; the test keeps other people's annotations.
        ...(service.metadata.annotations === undefined
          ? []
          : ([{ op: 'test', path: '/metadata/annotations', value: annotations }] as const)),
        {
          op: 'add',
          path: '/metadata/annotations',
          value: { ...annotations, [managedByAnnotation]: rollout.metadata.name },
        },
      ];
      cache.learn(await cluster.patchJson(resources.services, name, patch, options));
    },
  };
}
