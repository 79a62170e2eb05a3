import { type JsonObject, mergePatchOf } from '../lib/index.ts';
import { Rollout, type RolloutStatus } from '../rollout/index.ts';
import type { Cluster, JsonPatch, ObjectName, Reflector, WriteOptions } from './cluster.ts';
import { resources } from './resources.ts';
import type { InstalledSchemas } from './schema.ts';

/** The Rollout object itself: read live, written with a precondition. */
export interface Rollouts {
  /** Live; undefined when it is gone. */
  read(name: ObjectName, signal: AbortSignal): Promise<Rollout | undefined>;
  /**
   * Writes the difference between the status read and the status wanted. Precondition: the resourceVersion that was read.
   * Equal statuses write nothing and return the rollout as it was.
   */
  writeStatus(rollout: Rollout, status: RolloutStatus, options: WriteOptions): Promise<Rollout>;
  /** Merge-patches metadata or spec, or the status as a subresource. Precondition: the resourceVersion that was read. */
  patch(rollout: Rollout, patch: JsonObject, options: WriteOptions): Promise<Rollout>;
  /** JSON-patches metadata or spec: for lists, where a merge patch would replace them whole. Same precondition. */
  patchJson(rollout: Rollout, patch: JsonPatch, options: WriteOptions): Promise<Rollout>;
}

export function createRollouts(
  cluster: Cluster,
  cache: Pick<Reflector<unknown>, 'learn'>,
  schemas: InstalledSchemas,
): Rollouts {
  async function patch(rollout: Rollout, change: JsonObject, options: WriteOptions): Promise<Rollout> {
    const metadata = typeof change.metadata === 'object' && change.metadata !== null ? change.metadata : {};
    const answer = await cluster.patchMerge(
      resources.rollouts,
      rollout.metadata,
      { ...change, metadata: { ...metadata, resourceVersion: rollout.metadata.resourceVersion ?? '' } },
      options,
    );
    cache.learn(answer);
    return Rollout.parse(answer);
  }

  return {
    async read(name, signal) {
      const found = await cluster.get(resources.rollouts, name, signal);
      return found === undefined ? undefined : Rollout.parse(found);
    },
    async writeStatus(rollout, status, options) {
      // Both are JSON: one came from the API, the other is built from it.
      const wanted = schemas.keepKnown(resources.rollouts, { status: status as JsonObject });
      const difference = mergePatchOf({ status: rollout.status as JsonObject }, wanted)?.status;
      if (difference === undefined) return rollout;
      return patch(rollout, { status: difference }, { ...options, subresource: 'status' });
    },
    patch,
    async patchJson(rollout, change, options) {
      const test = {
        op: 'test',
        path: '/metadata/resourceVersion',
        value: rollout.metadata.resourceVersion ?? '',
      } as const;
      const answer = await cluster.patchJson(resources.rollouts, rollout.metadata, [test, ...change], options);
      cache.learn(answer);
      return Rollout.parse(answer);
    },
  };
}
