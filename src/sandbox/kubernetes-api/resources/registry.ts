import type { StoredObject } from '../kubernetes-object.ts';
import type { BuiltInSchemas, Schema } from '../schema/schema.ts';
import type { Store } from '../store/store.ts';
import { createBuiltInResources } from './built-in.ts';
import { customResourcesOf } from './custom.ts';
import { groupVersionOf, type Resource } from './resource.ts';

export const definitionsCollection = 'customresourcedefinitions.apiextensions.k8s.io';
const metadataDefinition = 'io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta';

/** Every kind served right now: the built-in ones, and those of the CRDs in the store. */
export interface Registry {
  readonly schemas: BuiltInSchemas;
  /** The schema of `metadata`, the same for every kind. */
  readonly metadataSchema: Schema;
  find(group: string, version: string, plural: string): Resource | undefined;
  findKind(groupVersion: string, kind: string): Resource | undefined;
  /** The version of a collection in which its objects are stored. */
  storedAs(collection: string): Resource | undefined;
  hasGroup(group: string): boolean;
  hasVersion(group: string, version: string): boolean;
  all(): readonly Resource[];
  /** Grows with every change of the set of kinds: documents made from it are kept until then. */
  revision(): number;
}

export function createRegistry(store: Store, schemas: BuiltInSchemas): Registry {
  const metadataSchema = schemas.schema(metadataDefinition);
  const builtIn = createBuiltInResources(schemas);
  const custom = new Map<string, readonly Resource[]>();
  let served: readonly Resource[] = builtIn;
  let byPath = new Map<string, Resource>();
  let byKind = new Map<string, Resource>();
  let stored = new Map<string, Resource>();
  let revision = 0;

  function rebuild(): void {
    served = [...builtIn, ...[...custom.values()].flat()];
    byPath = new Map(served.map((resource) => [`${groupVersionOf(resource)}/${resource.plural}`, resource]));
    byKind = new Map(served.map((resource) => [`${groupVersionOf(resource)}/${resource.kind}`, resource]));
    // The first version listed is the stored one; the newer Event group shares a collection that core/v1 opened.
    stored = new Map(served.toReversed().map((resource) => [resource.collection, resource]));
    revision += 1;
  }
  function adopt(definition: StoredObject): void {
    custom.set(definition.metadata.name, customResourcesOf(definition, metadataSchema));
  }

  for (const definition of store.collection(definitionsCollection).list(undefined)) adopt(definition);
  rebuild();
  store.collection(definitionsCollection).watch(({ type, object, previous }) => {
    // Its status changes too when it is established: the kinds are the same.
    if (type === 'MODIFIED' && object.spec === previous?.spec) return;
    if (type === 'DELETED') custom.delete(object.metadata.name);
    else adopt(object);
    rebuild();
  });

  return {
    schemas,
    metadataSchema,
    find: (group, version, plural) => byPath.get(`${groupVersionOf({ group, version })}/${plural}`),
    findKind: (groupVersion, kind) => byKind.get(`${groupVersion}/${kind}`),
    storedAs: (collection) => stored.get(collection),
    hasGroup: (group) => served.some((resource) => resource.group === group),
    hasVersion: (group, version) => served.some((each) => each.group === group && each.version === version),
    all: () => served,
    revision: () => revision,
  };
}
