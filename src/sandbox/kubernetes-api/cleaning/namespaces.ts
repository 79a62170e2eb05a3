import { type Api, internalWrite } from '../api.ts';
import { listAt, objectAt, type StoredObject } from '../kubernetes-object.ts';
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
      for (const each of this.leaving) if (this.empty(each)) this.release(each);
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
