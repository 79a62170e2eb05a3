import { ConflictError } from '../lib/index.ts';
import { managedByAnnotation, podHashLabel, type Rollout, type ServiceView } from '../rollout/index.ts';
import type { Cluster, JsonPatch, ObjectName, Reflector, WriteOptions } from './cluster.ts';
import { projectService } from './projections.ts';
import { resources } from './resources.ts';

/** Services that a Rollout points at one of its pod hashes. */
export interface Services {
  /** Live; undefined: there is none. */
  read(name: ObjectName, signal: AbortSignal): Promise<ServiceView | undefined>;
  /** Precondition: the selector is still the one that was seen. Marks the Service as managed by this Rollout. */
  switch(
    rollout: Rollout,
    change: { name: string; fromSelector: Readonly<Record<string, string>>; toPodHash: string },
    options: WriteOptions,
  ): Promise<void>;
}

export function createServices(cluster: Cluster, cache: Pick<Reflector<unknown>, 'learn'>): Services {
  return {
    async read(name, signal) {
      const service = await cluster.get(resources.services, name, signal);
      if (service === undefined) return undefined;
      cache.learn(service);
      return projectService(service);
    },
    async switch(rollout, change, options) {
      const name = { namespace: rollout.metadata.namespace, name: change.name };
      const service = await cluster.get(resources.services, name, options.signal);
      if (service === undefined) throw new ConflictError(`Service ${change.name} was deleted meanwhile`);
      const mark: JsonPatch =
        service.metadata.annotations === undefined
          ? [
              // The map is not there to add to: written only while nobody else has made it.
              { op: 'test', path: '/metadata/resourceVersion', value: service.metadata.resourceVersion },
              { op: 'add', path: '/metadata/annotations', value: { [managedByAnnotation]: rollout.metadata.name } },
            ]
          : [
              {
                op: 'add',
                path: `/metadata/annotations/${pointerOf(managedByAnnotation)}`,
                value: rollout.metadata.name,
              },
            ];
      const patch: JsonPatch = [
        { op: 'test', path: '/spec/selector', value: change.fromSelector },
        { op: 'replace', path: '/spec/selector', value: { ...change.fromSelector, [podHashLabel]: change.toPodHash } },
        ...mark,
      ];
      cache.learn(await cluster.patchJson(resources.services, name, patch, options));
    },
  };
}

/** One word of a JSON Pointer. */
function pointerOf(key: string): string {
  return key.replaceAll('~', '~0').replaceAll('/', '~1');
}
