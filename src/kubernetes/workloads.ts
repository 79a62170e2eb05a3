import { ConflictError, type Json, type JsonObject, NotFoundError } from '../lib/index.ts';
import {
  formatLabelSelector,
  heldForAnnotation,
  type NewReplicaSet,
  noLabelSelector,
  type ReplicaSetView,
  type Rollout,
  type TemplateChange,
} from '../rollout/index.ts';
import type { Cluster, JsonPatch, Reflector, WriteOptions } from './cluster.ts';
import { controllerUidOf } from './objects.ts';
import { controllerReference, createOwned, type Owner, type OwnerKind } from './owner.ts';
import { parseReplicaSet } from './projections.ts';
import { resources } from './resources.ts';

/** ReplicaSets of Rollouts, or of Experiments. Each write says what it believes, and throws ConflictError when that is no longer so. */
export interface Workloads {
  /** Creates it at 0 replicas, owned by it. One of that name that it owns already is success. */
  create(owner: Owner, replicaSet: NewReplicaSet, options: WriteOptions): Promise<void>;
  scale(
    owner: Owner,
    change: { name: string; uid: string; from: number; to: number; resourceVersion?: string },
    options: WriteOptions,
  ): Promise<void>;
  hold(
    owner: Owner,
    change: { name: string; uid: string; resourceVersion: string; heldFor: string },
    options: WriteOptions,
  ): Promise<void>;
  annotate(
    owner: Owner,
    change: {
      readonly name: string;
      readonly uid: string;
      readonly annotations: Readonly<Record<string, string | null>>;
      readonly minReadySeconds?: number;
      readonly template?: TemplateChange;
    },
    options: WriteOptions,
  ): Promise<void>;
  remove(owner: Owner, name: string, uid: string, options: WriteOptions): Promise<void>;
  /** Live, with templates: for semantic equality, undo and anti-affinity. */
  readWithTemplates(rollout: Rollout, signal: AbortSignal): Promise<readonly ReplicaSetView[]>;
}

export function createWorkloads(
  cluster: Cluster,
  cache: Pick<Reflector<unknown>, 'learn'>,
  kind: OwnerKind = 'Rollout',
): Workloads {
  return {
    async create(owner, wanted, options) {
      const manifest = manifestOf(owner, kind, wanted);
      // A Rollout chooses another hash then, an Experiment's names are its own: it waits until they are free.
      const ifTaken = kind === 'Experiment' ? 'refusedUnlessLeft' : 'refused';
      const wish = { resource: resources.replicaSets, owner, name: wanted.name, manifest, ifTaken } as const;
      cache.learn(await createOwned(cluster, wish, options));
    },
    async scale(owner, change, options) {
      const patch: JsonPatch = [
        { op: 'test', path: '/metadata/uid', value: change.uid },
        { op: 'test', path: '/spec/replicas', value: change.from },
        ...(change.resourceVersion === undefined
          ? []
          : [{ op: 'test' as const, path: '/metadata/resourceVersion', value: change.resourceVersion }]),
        { op: 'replace', path: '/spec/replicas', value: change.to },
      ];
      const name = { namespace: owner.metadata.namespace, name: change.name };
      cache.learn(await gone(cluster.patchJson(resources.replicaSets, name, patch, options)));
    },
    async hold(owner, { name, uid, resourceVersion, heldFor }, options) {
      // Danger: an empty version is no precondition.
      if (resourceVersion === '') throw new ConflictError(`${name} was not known yet`);
      const patch: JsonObject = { metadata: { uid, resourceVersion, annotations: { [heldForAnnotation]: heldFor } } };
      const { namespace } = owner.metadata;
      cache.learn(await gone(cluster.patchMerge(resources.replicaSets, { namespace, name }, patch, options)));
    },
    async annotate(owner, change, options) {
      // A merge patch with a uid that is not the object's is a 409: that is the precondition.
      const patch: JsonObject = {
        metadata: { uid: change.uid, annotations: change.annotations },
        ...specPatch(change),
      };
      const name = { namespace: owner.metadata.namespace, name: change.name };
      cache.learn(await gone(cluster.patchMerge(resources.replicaSets, name, patch, options)));
    },
    async remove(owner, name, uid, options) {
      await cluster.delete(resources.replicaSets, { namespace: owner.metadata.namespace, name }, uid, options);
    },
    async readWithTemplates(rollout, signal) {
      const { namespace } = rollout.metadata;
      const selector = formatLabelSelector(rollout.spec.selector);
      // Its ReplicaSets carry the labels that it selects: without the selector this lists everybody's, with their templates.
      const labelSelector = selector === noLabelSelector ? {} : { labelSelector: selector };
      const all = await cluster.list(resources.replicaSets, { namespace, ...labelSelector }, signal);
      const views: ReplicaSetView[] = [];
      for (const object of all) {
        if (controllerUidOf(object) === rollout.metadata.uid) views.push(parseReplicaSet(object));
      }
      return views.sort((a, b) => a.createdAtMs - b.createdAtMs);
    },
  };
}

function specPatch({ minReadySeconds, template }: Parameters<Workloads['annotate']>[1]): JsonObject {
  if (minReadySeconds === undefined && template === undefined) return {};
  const { labels, annotations, affinity } = template ?? {};
  const spec = {
    ...(minReadySeconds === undefined ? {} : { minReadySeconds }),
    template: {
      ...(template === undefined ? {} : { metadata: { labels: labels ?? {}, annotations: annotations ?? {} } }),
      ...(affinity === undefined ? {} : { spec: { affinity: affinity as Json } }),
    },
  };
  return { spec };
}

function manifestOf(owner: Owner, kind: OwnerKind, wanted: NewReplicaSet): JsonObject {
  return {
    apiVersion: 'apps/v1',
    kind: 'ReplicaSet',
    metadata: {
      name: wanted.name,
      namespace: owner.metadata.namespace,
      labels: wanted.labels,
      annotations: wanted.annotations,
      ownerReferences: [controllerReference(owner, kind)],
    },
    spec: {
      replicas: 0,
      minReadySeconds: wanted.minReadySeconds,
      selector: wanted.selector as Json,
      template: wanted.template as Json,
    },
  };
}

/** An object that is gone is a world that moved: look again. */
async function gone<T>(write: Promise<T>): Promise<T> {
  try {
    return await write;
  } catch (error) {
    if (error instanceof NotFoundError) throw new ConflictError('it was deleted meanwhile', { cause: error });
    throw error;
  }
}
