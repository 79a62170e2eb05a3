import { ConflictError, NotFoundError, ObjectMeta } from '../lib/index.ts';
import { managedByAnnotation, podHashLabel, type Rollout, type ServiceView } from '../rollout/index.ts';
import type { Cluster, JsonPatch, KubernetesObject, ObjectName, Reflector, WriteOptions } from './cluster.ts';
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
  /**
   * Takes the pod hash and the mark of this Rollout off, so that the Service leads to whatever its selector says. Precondition: both are
   * as they were seen; a Service that is gone is success.
   */
  release(
    rollout: ObjectName,
    service: { readonly name: string; readonly fromSelector: Readonly<Record<string, string>> },
    options: WriteOptions,
  ): Promise<void>;
}

/** Who has marked a Service as its own: `namespace/name` of the Rollout; or the uid of the Experiment whose own it is. */
export function managerOf({ metadata }: KubernetesObject): string | undefined {
  const { annotations, ownerReferences } = ObjectMeta.parse(metadata);
  const name = annotations[managedByAnnotation];
  if (name !== undefined) return `${metadata.namespace}/${name}`;
  return ownerReferences.find(({ controller, kind }) => controller === true && kind === 'Experiment')?.uid;
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
    async release(rollout, { name, fromSelector }, options) {
      const mark = `/metadata/annotations/${pointerOf(managedByAnnotation)}`;
      const hash = `/spec/selector/${podHashLabel}`;
      const patch: JsonPatch = [
        { op: 'test', path: mark, value: rollout.name },
        { op: 'test', path: '/spec/selector', value: fromSelector },
        ...(fromSelector[podHashLabel] === undefined ? [] : [{ op: 'remove', path: hash } as const]),
        { op: 'remove', path: mark },
      ];
      try {
        const target = { namespace: rollout.namespace, name };
        cache.learn(await cluster.patchJson(resources.services, target, patch, options));
      } catch (error) {
        if (!(error instanceof NotFoundError)) throw error;
      }
    },
  };
}

/** One word of a JSON Pointer. */
function pointerOf(key: string): string {
  return key.replaceAll('~', '~0').replaceAll('/', '~1');
}
