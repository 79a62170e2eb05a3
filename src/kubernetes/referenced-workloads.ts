import { ConflictError, NotFoundError, ObjectMeta } from '../lib/index.ts';
import {
  parseWorkload,
  type Rollout,
  type WorkloadKind,
  type WorkloadView,
  withWorkload,
  workloadKindOf,
} from '../rollout/index.ts';
import type { Cluster, JsonPatch, Reflector, Resource, WriteOptions } from './cluster.ts';
import type { ConnectedCluster } from './create-cluster.ts';
import { createReflector, type ReflectorSettings } from './reflector.ts';
import { resources } from './resources.ts';

/** The objects that Rollouts take their templates from (`spec.workloadRef`). No cache holds them. */
export interface ReferencedWorkloads {
  /** Live; undefined where the Rollout names none, or one that does not exist. */
  read(rollout: Rollout, signal: AbortSignal): Promise<WorkloadView | undefined>;
  /** As `read`, and the Rollout as it would be with the template in it. */
  readWith(rollout: Rollout, signal: AbortSignal): Promise<Rollout>;
  /** JSON-patches the object that a Rollout was read with. Precondition: the resourceVersion that was read. */
  patchJson(workload: WorkloadView, patch: JsonPatch, options: WriteOptions): Promise<void>;
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

/** What a watch of them keeps: enough to see that one changed. */
export interface WorkloadVersion {
  readonly uid: string;
  readonly version: string;
}

/** Not started: a Rollout has to name such an object first. */
export function watchWorkloads(
  cluster: ConnectedCluster,
  kind: WorkloadKind,
  { namespaces, log }: Pick<ReflectorSettings<unknown>, 'namespaces' | 'log'>,
): Reflector<WorkloadVersion> {
  return createReflector({
    cluster,
    resource: resourceOf[kind],
    namespaces,
    isOfMetadata: true,
    project({ metadata }) {
      const { uid, generation, resourceVersion } = ObjectMeta.parse(metadata);
      return { uid, version: generation === undefined ? (resourceVersion ?? '') : String(generation) };
    },
    log,
  });
}

const resourceOf = {
  'apps/v1 Deployment': resources.deployments,
  'apps/v1 ReplicaSet': resources.replicaSets,
  'v1 PodTemplate': resources.podTemplates,
} as const satisfies Record<string, Resource>;

export function createReferencedWorkloads(cluster: Cluster): ReferencedWorkloads {
  async function read({ metadata, spec }: Rollout, signal: AbortSignal): Promise<WorkloadView | undefined> {
    const kind = workloadKindOf(spec);
    if (kind === undefined || spec.workloadRef === undefined) return undefined;
    const name = { namespace: metadata.namespace, name: spec.workloadRef.name };
    const object = await cluster.get(resourceOf[kind], name, signal);
    return object === undefined ? undefined : parseWorkload(spec.workloadRef.kind, object);
  }

  return {
    read,
    readWith: async (rollout, signal) => withWorkload(rollout, await read(rollout, signal)),
    async patchJson({ kind, metadata }, patch, options) {
      const test = { op: 'test', path: '/metadata/resourceVersion', value: metadata.resourceVersion ?? '' } as const;
      const resource = Object.values(resourceOf).find((one) => one.kind === kind);
      if (resource === undefined) throw new Error(`no Rollout takes its template from a ${kind}`);
      await conflictWhereGone(() => cluster.patchJson(resource, metadata, [test, ...patch], options));
    },
    async scale(namespace, { workload, from, to }, options) {
      const patch: JsonPatch = [
        { op: 'test', path: '/metadata/uid', value: workload.uid },
        { op: 'test', path: '/spec/replicas', value: from },
        { op: 'replace', path: '/spec/replicas', value: to },
      ];
      const name = { namespace, name: workload.name };
      await conflictWhereGone(() => cluster.patchJson(resources.deployments, name, patch, options));
    },
  };
}

async function conflictWhereGone(write: () => Promise<unknown>): Promise<void> {
  try {
    await write();
  } catch (error) {
    if (error instanceof NotFoundError) throw new ConflictError('it was deleted meanwhile', { cause: error });
    throw error;
  }
}
