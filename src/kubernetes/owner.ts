import { AlreadyExistsError, ConflictError, type JsonObject, ObjectMeta } from '../lib/index.ts';
import type { Rollout } from '../rollout/index.ts';
import type { Cluster, KubernetesObject, Resource, WriteOptions } from './cluster.ts';
import { controllerUidOf } from './objects.ts';

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

interface OwnedWish {
  readonly resource: Resource;
  readonly owner: Owner;
  readonly name: string;
  /** With `controllerReference(owner)` in it. */
  readonly manifest: JsonObject;
  /**
   * What one of that name that belongs to somebody else is: AlreadyExists, or something to look at again. `refusedUnlessLeft`: the first,
   * unless an owner of the same name that was deleted has left it behind, and the garbage collector has not come by yet.
   */
  readonly ifTaken: 'refused' | 'refusedUnlessLeft' | 'conflict';
}

/** Creates an object of this owner. One of its own by that name is kept as it is: names are deterministic. */
export async function createOwned(
  cluster: Pick<Cluster, 'create' | 'get'>,
  { resource, owner, name, manifest, ifTaken }: OwnedWish,
  options: WriteOptions,
): Promise<KubernetesObject> {
  try {
    return await cluster.create(resource, manifest, options);
  } catch (error) {
    if (!(error instanceof AlreadyExistsError)) throw error;
    const { namespace, uid } = owner.metadata;
    const there = await cluster.get(resource, { namespace, name }, options.signal);
    if (there === undefined) throw new ConflictError(`${resource.kind} ${name} came and went`, { cause: error });
    if (controllerUidOf(there) === uid) return there;
    const isLeft = ifTaken === 'refusedUnlessLeft' && isOfPredecessor(there, manifest);
    if (ifTaken !== 'conflict' && !isLeft) throw error;
    throw new ConflictError(`${resource.kind} ${name} belongs to another owner`, { cause: error });
  }
}

/** Its owner had the kind and the name of ours: there is only one of these at a time. */
function isOfPredecessor(there: KubernetesObject, wanted: JsonObject): boolean {
  const [was, is] = [there.metadata, wanted.metadata].map((metadata) =>
    ObjectMeta.pick({ ownerReferences: true })
      .parse(metadata)
      .ownerReferences.find(({ controller }) => controller),
  );
  return was !== undefined && was.kind === is?.kind && was.name === is.name;
}
