import { type Api, internalWrite } from '../api.ts';
import { listAt, objectAt, type StoredObject } from '../kubernetes-object.ts';
import { deleteObject } from '../objects/delete.ts';

const options = { gracePeriodSeconds: undefined, propagation: 'Background', uid: '', resourceVersion: '' } as const;

/** Empties namespaces that are to be deleted, and lets them go when nothing is left. Returns how to stop. */
export function startNamespaceCleaner(api: Api): () => void {
  const { store, registry } = api;
  const leaving = new Set<string>();
  let scheduled: NodeJS.Immediate | undefined;

  function schedule(name: string): void {
    leaving.add(name);
    scheduled ??= setImmediate(sweep);
  }
  function sweep(): void {
    scheduled = undefined;
    for (const name of leaving) if (empty(name)) release(name);
  }
  /** Deletes what is there; true when nothing was. */
  function empty(namespace: string): boolean {
    let isEmpty = true;
    for (const collection of new Set(registry.all().map((resource) => resource.collection))) {
      if (registry.storedAs(collection)?.isNamespaced !== true) continue;
      for (const object of store.collection(collection).list(namespace)) {
        isEmpty = false;
        if (object.metadata.deletionTimestamp !== undefined) continue;
        const write = internalWrite(api, { collection, namespace, name: object.metadata.name });
        if (write !== undefined) deleteObject(api, write, object, options);
      }
    }
    return isEmpty;
  }
  function release(name: string): void {
    const place = { collection: 'namespaces', namespace: '', name };
    const namespace = store.get(place);
    leaving.delete(name);
    if (namespace === undefined) return;
    const released: StoredObject = { ...namespace, spec: {} };
    if (listAt(namespace.metadata, 'finalizers').length > 0) store.put(place, released);
    else store.remove(place, released);
  }
  function isLeaving(object: StoredObject): boolean {
    return object.metadata.deletionTimestamp !== undefined && listAt(objectAt(object, 'spec'), 'finalizers').length > 0;
  }

  const stopListening = store.onChange((place, { type, object }) => {
    if (place.collection === 'namespaces') {
      if (type !== 'DELETED' && isLeaving(object)) schedule(place.name);
    } else if (type === 'DELETED' && leaving.has(place.namespace)) schedule(place.namespace);
  });
  for (const object of store.collection('namespaces').list(undefined)) {
    if (isLeaving(object)) schedule(object.metadata.name);
  }
  return () => {
    stopListening();
    if (scheduled !== undefined) clearImmediate(scheduled);
  };
}
