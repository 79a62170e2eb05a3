import { ConflictError, NotFoundError } from '../lib/index.ts';
import { parseWorkload, type Rollout, type WorkloadView, workloadKindOf } from '../rollout/index.ts';
import type { Cluster, JsonPatch, Resource, WriteOptions } from './cluster.ts';
import { resources } from './resources.ts';

/** The objects that Rollouts take their templates from (`spec.workloadRef`). No cache holds them. */
export interface ReferencedWorkloads {
  /** Live; undefined where the Rollout names none, or one that does not exist. */
  read(rollout: Rollout, signal: AbortSignal): Promise<WorkloadView | undefined>;
  /** Sets the replicas of a Deployment; precondition: uid and the replicas that it has. */
  scale(
    namespace: string,
    change: {
      readonly workload: { readonly name: string; readonly uid: string };
      readonly from: number;
      readonly to: number;
    },
    options: WriteOptions,
  ): Promise<void>;
}

const resourceOf = {
  'apps/v1 Deployment': resources.deployments,
  'apps/v1 ReplicaSet': resources.replicaSets,
  'v1 PodTemplate': resources.podTemplates,
} as const satisfies Record<string, Resource>;

export function createReferencedWorkloads(cluster: Cluster): ReferencedWorkloads {
  return {
    async read({ metadata, spec }, signal) {
      const kind = workloadKindOf(spec);
      if (kind === undefined || spec.workloadRef === undefined) return undefined;
      const name = { namespace: metadata.namespace, name: spec.workloadRef.name };
      const object = await cluster.get(resourceOf[kind], name, signal);
      return object === undefined ? undefined : parseWorkload(spec.workloadRef.kind, object);
    },
    async scale(namespace, { workload, from, to }, options) {
      const patch: JsonPatch = [
        { op: 'test', path: '/metadata/uid', value: workload.uid },
        { op: 'test', path: '/spec/replicas', value: from },
        { op: 'replace', path: '/spec/replicas', value: to },
      ];
      try {
        await cluster.patchJson(resources.deployments, { namespace, name: workload.name }, patch, options);
      } catch (error) {
        if (error instanceof NotFoundError) throw new ConflictError('it was deleted meanwhile', { cause: error });
        throw error;
      }
    },
  };
}
