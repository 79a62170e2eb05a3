import { AnalysisRun } from '../analysis/index.ts';
import { type JsonObject, NotFoundError } from '../lib/index.ts';
import type { NewAnalysisRun } from '../rollout/index.ts';
import type { Cluster, ObjectName, Reflector, WriteOptions } from './cluster.ts';
import { withoutEmptyLists } from './objects.ts';
import { controllerReference, createOwned, type Owner, type OwnerKind } from './owner.ts';
import { resources } from './resources.ts';

/** AnalysisRuns of Rollouts, or of Experiments. They have no status subresource. */
export interface AnalysisRuns {
  /** Live; undefined when it is gone. */
  read(name: ObjectName, signal: AbortSignal): Promise<AnalysisRun | undefined>;
  /** Owned by it; one of its own by that name is read and kept as it is: names are deterministic. */
  create(owner: Owner, analysisRun: NewAnalysisRun, options: WriteOptions): Promise<void>;
  /** Asks it to end. Gone already is success. */
  terminate(name: ObjectName, options: WriteOptions): Promise<void>;
  remove(name: ObjectName, uid: string, options: WriteOptions): Promise<void>;
}

export function createAnalysisRuns(
  cluster: Cluster,
  cache: Pick<Reflector<unknown>, 'learn'>,
  kind: OwnerKind = 'Rollout',
): AnalysisRuns {
  return {
    async read(name, signal) {
      const found = await cluster.get(resources.analysisRuns, name, signal);
      return found === undefined ? undefined : AnalysisRun.parse(found);
    },
    async create(owner, wanted, options) {
      const manifest: JsonObject = {
        apiVersion: 'argoproj.io/v1alpha1',
        kind: 'AnalysisRun',
        metadata: {
          name: wanted.name,
          namespace: owner.metadata.namespace,
          labels: wanted.labels,
          annotations: wanted.annotations,
          ownerReferences: [controllerReference(owner, kind)],
        },
        spec: withoutEmptyLists(wanted.spec as JsonObject),
      };
      // One of another owner was left behind by one of the same name that was deleted: its verdict is about other pods.
      const wish = {
        resource: resources.analysisRuns,
        owner,
        name: wanted.name,
        manifest,
        ifTaken: 'conflict',
      } as const;
      cache.learn(await createOwned(cluster, wish, options));
    },
    async terminate(name, options) {
      try {
        cache.learn(await cluster.patchMerge(resources.analysisRuns, name, { spec: { terminate: true } }, options));
      } catch (error) {
        if (!(error instanceof NotFoundError)) throw error;
      }
    },
    async remove(name, uid, options) {
      await cluster.delete(resources.analysisRuns, name, uid, options);
    },
  };
}
