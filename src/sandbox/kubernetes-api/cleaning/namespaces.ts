import type { Json } from '../../../lib/index.ts';
import { type Api, internalWrite, timestamp } from '../api.ts';
import { isObject, isSame, listAt, objectAt, type StoredObject, textsAt } from '../kubernetes-object.ts';
import { deleteObject } from '../objects/delete.ts';

const options = { gracePeriodSeconds: undefined, propagation: 'Background', uid: '', resourceVersion: '' } as const;

/** Empties namespaces that are to be deleted, and lets them go when nothing is left. */
export class NamespaceCleaner {
  private readonly api: Api;
  private readonly leaving = new Set<string>();
  private scheduled: NodeJS.Immediate | undefined;
  private readonly stopListening: () => void;

  constructor(api: Api) {
    this.api = api;
    this.stopListening = api.store.onChange((place, { type, object }) => {
      if (place.collection === 'namespaces') {
        if (type !== 'DELETED' && isLeaving(object)) this.schedule(place.name);
      } else if (type === 'DELETED' && this.leaving.has(place.namespace)) this.schedule(place.namespace);
    });
    for (const object of api.store.collection('namespaces').list(undefined)) {
      if (isLeaving(object)) this.schedule(object.metadata.name);
    }
  }

  stop(): void {
    this.stopListening();
    if (this.scheduled !== undefined) clearImmediate(this.scheduled);
  }

  private schedule(name: string): void {
    this.leaving.add(name);
    this.scheduled ??= setImmediate(() => {
      this.scheduled = undefined;
      for (const each of this.leaving) {
        if (this.empty(each)) this.release(each);
        else this.tellWhatRemains(each);
      }
    });
  }

  /** Deletes what is there; true when nothing was. */
  private empty(namespace: string): boolean {
    const { store, registry } = this.api;
    let isEmpty = true;
    for (const collection of new Set(registry.all().map((resource) => resource.collection))) {
      if (registry.storedAs(collection)?.isNamespaced !== true) continue;
      for (const object of store.collection(collection).list(namespace)) {
        isEmpty = false;
        const write = internalWrite(this.api, { collection, namespace, name: object.metadata.name });
        if (write === undefined || object.metadata.deletionTimestamp !== undefined) continue;
        deleteObject(this.api, write, object, options);
      }
    }
    return isEmpty;
  }

  private tellWhatRemains(name: string): void {
    const place = { collection: 'namespaces', namespace: '', name };
    const namespace = this.api.store.get(place);
    if (namespace === undefined) return;
    const before = objectAt(namespace, 'status');
    const conditions = conditionsOf(this.remaining(name), timestamp(this.api.nowMs()), listAt(before, 'conditions'));
    if (isSame(before.conditions, conditions)) return;
    this.api.store.put(place, { ...namespace, status: { ...before, conditions } });
  }

  private remaining(namespace: string): readonly Remainder[] {
    const { store, registry } = this.api;
    return [...new Set(registry.all().map((resource) => resource.collection))].flatMap((collection) => {
      if (registry.storedAs(collection)?.isNamespaced !== true) return [];
      const objects = store.collection(collection).list(namespace);
      return objects.length === 0 ? [] : [{ collection, objects }];
    });
  }

  private release(name: string): void {
    const place = { collection: 'namespaces', namespace: '', name };
    const namespace = this.api.store.get(place);
    this.leaving.delete(name);
    if (namespace === undefined) return;
    const released: StoredObject = { ...namespace, spec: {} };
    if (listAt(namespace.metadata, 'finalizers').length > 0) this.api.store.put(place, released);
    else this.api.store.remove(place, released);
  }
}

function isLeaving(object: StoredObject): boolean {
  return object.metadata.deletionTimestamp !== undefined && listAt(objectAt(object, 'spec'), 'finalizers').length > 0;
}

interface Remainder {
  readonly collection: string;
  readonly objects: readonly StoredObject[];
}

/** Why a namespace is not gone yet, in the words of Kubernetes' namespace controller. */
function conditionsOf(remaining: readonly Remainder[], now: string, before: readonly Json[]): readonly Json[] {
  const finalizers = new Map<string, number>();
  for (const { objects } of remaining) {
    for (const finalizer of objects.flatMap((object) => textsAt(object.metadata, 'finalizers'))) {
      finalizers.set(finalizer, (finalizers.get(finalizer) ?? 0) + 1);
    }
  }
  const content = remaining.map(({ collection, objects }) => {
    const name = collection.includes('.') ? collection : `${collection}.`;
    return `${name} has ${objects.length} resource instances`;
  });
  const holders = [...finalizers].map(([finalizer, count]) => `${finalizer} in ${count} resource instances`);
  const some = content.length > 0;
  const isHeld = holders.length > 0;
  const said: readonly (readonly [type: string, isTrue: boolean, reason: string, message: string])[] = [
    ['NamespaceDeletionDiscoveryFailure', false, 'ResourcesDiscovered', 'All resources successfully discovered'],
    [
      'NamespaceDeletionGroupVersionParsingFailure',
      false,
      'ParsedGroupVersions',
      'All legacy kube types successfully parsed',
    ],
    [
      'NamespaceDeletionContentFailure',
      false,
      'ContentDeleted',
      'All content successfully deleted, may be waiting on finalization',
    ],
    [
      'NamespaceContentRemaining',
      some,
      some ? 'SomeResourcesRemain' : 'ContentRemoved',
      some ? `Some resources are remaining: ${content.join(', ')}` : 'All content successfully removed',
    ],
    [
      'NamespaceFinalizersRemaining',
      isHeld,
      isHeld ? 'SomeFinalizersRemain' : 'ContentHasNoFinalizers',
      isHeld
        ? `Some content in the namespace has finalizers remaining: ${holders.join(', ')}`
        : 'All content-preserving finalizers finished',
    ],
  ];
  return said.map(([type, isTrue, reason, message]) => {
    const status = isTrue ? 'True' : 'False';
    const held = before.filter(isObject).find((each) => each.type === type);
    return {
      type,
      status,
      lastTransitionTime: held?.status === status ? (held.lastTransitionTime ?? now) : now,
      reason,
      message,
    };
  });
}
