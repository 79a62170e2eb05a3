import { type Api, internalWrite } from '../api.ts';
import { isObject, listAt, ownersOf, type StoredObject, textAt, textsAt, withField } from '../kubernetes-object.ts';
import { deleteObject, type Propagation } from '../objects/delete.ts';
import type { Place } from '../store/store.ts';

const batch = 50;

/**
 * Deletes what has no owner left. Follows the store's own index of owners, so a deletion costs what it owns. Foreground and orphan deletions
 * wait as the finalizers `foregroundDeletion` and `orphan` on the owner, and are released here. Returns how to stop.
 */
export function startGarbageCollector(api: Api): () => void {
  const { store } = api;
  const queue: Place[] = [];
  let scheduled: NodeJS.Immediate | undefined;

  function enqueue(places: readonly Place[]): void {
    queue.push(...places);
    if (queue.length > 0) scheduled ??= setImmediate(drain);
  }
  /** A few at a time: requests go between. */
  function drain(): void {
    scheduled = undefined;
    for (const place of queue.splice(0, batch)) collect(place);
    if (queue.length > 0) scheduled = setImmediate(drain);
  }
  function collect(place: Place): void {
    const object = store.get(place);
    if (object === undefined) return;
    if (isGoing(object, 'orphan')) orphan(place, object);
    else if (isGoing(object, 'foregroundDeletion')) finishForeground(place, object);
    else collectDependent(place, object);
  }
  function collectDependent(place: Place, object: StoredObject): void {
    const owners = ownersOf(object);
    if (owners.length === 0) return;
    const living = owners.filter((owner) => store.placeOfUid(owner.uid) !== undefined);
    const waiting = living.filter((owner) => isWaiting(owner.uid));
    if (living.length === 0) remove(place, object, 'Background');
    else if (waiting.length === living.length)
      remove(place, object, hasBlockingDependents(object) ? 'Foreground' : 'Background');
    else if (living.length < owners.length) keepOwners(place, object, new Set(living.map((owner) => owner.uid)));
  }
  function remove(place: Place, object: StoredObject, propagation: Propagation): void {
    if (object.metadata.deletionTimestamp !== undefined) return;
    const write = internalWrite(api, place);
    if (write === undefined) return;
    deleteObject(api, write, object, { gracePeriodSeconds: undefined, propagation, uid: '', resourceVersion: '' });
  }
  function isWaiting(uid: string): boolean {
    const place = store.placeOfUid(uid);
    const owner = place === undefined ? undefined : store.get(place);
    return owner !== undefined && isGoing(owner, 'foregroundDeletion');
  }
  function hasBlockingDependents(object: StoredObject): boolean {
    return blockingDependents(object).length > 0;
  }
  function blockingDependents(object: StoredObject): readonly Place[] {
    const { uid } = object.metadata;
    return store.dependentsOf(uid).filter((place) => {
      const dependent = store.get(place);
      return (
        dependent !== undefined && ownersOf(dependent).some((owner) => owner.uid === uid && owner.blockOwnerDeletion)
      );
    });
  }
  function finishForeground(place: Place, object: StoredObject): void {
    if (blockingDependents(object).length > 0) enqueueDependents(object);
    else release(place, object, 'foregroundDeletion');
  }
  function enqueueDependents(object: StoredObject): void {
    const going = store
      .dependentsOf(object.metadata.uid)
      .filter((place) => store.get(place)?.metadata.deletionTimestamp === undefined);
    enqueue(going);
  }
  function orphan(place: Place, object: StoredObject): void {
    const { uid } = object.metadata;
    for (const dependent of store.dependentsOf(uid)) {
      const each = store.get(dependent);
      if (each !== undefined) keepOwners(dependent, each, undefined, uid);
    }
    release(place, object, 'orphan');
  }
  function keepOwners(place: Place, object: StoredObject, living: ReadonlySet<string> | undefined, except = ''): void {
    const kept = listAt(object.metadata, 'ownerReferences').filter((owner) => {
      const uid = isObject(owner) ? textAt(owner, 'uid') : '';
      return living === undefined ? uid !== except : living.has(uid);
    });
    const metadata = withField(object.metadata, 'ownerReferences', kept.length === 0 ? undefined : kept);
    store.put(place, { ...object, metadata });
  }
  function release(place: Place, object: StoredObject, finalizer: string): void {
    const left = textsAt(object.metadata, 'finalizers').filter((each) => each !== finalizer);
    const metadata = withField(object.metadata, 'finalizers', left.length === 0 ? undefined : left);
    const released = { ...object, metadata };
    if (left.length === 0 && object.kind !== 'Namespace') store.remove(place, released);
    else store.put(place, released);
  }

  const stopListening = store.onChange((place, { type, object }) => {
    if (type === 'DELETED') {
      enqueue(store.dependentsOf(object.metadata.uid));
      const owners = ownersOf(object).flatMap((owner) => store.placeOfUid(owner.uid) ?? []);
      enqueue(owners.filter((owner) => isGoingForegroundAt(owner)));
      return;
    }
    const isLeaving =
      object.metadata.deletionTimestamp !== undefined && listAt(object.metadata, 'finalizers').length > 0;
    if (isLeaving || (type === 'ADDED' && object.metadata.ownerReferences !== undefined)) enqueue([place]);
  });
  function isGoingForegroundAt(place: Place): boolean {
    const object = store.get(place);
    return object !== undefined && isGoing(object, 'foregroundDeletion');
  }
  // What was on its way when the last process ended.
  for (const id of store.collectionIds()) {
    for (const object of store.collection(id).list(undefined)) {
      const { namespace = '', name } = object.metadata;
      if (object.metadata.ownerReferences !== undefined || object.metadata.deletionTimestamp !== undefined) {
        enqueue([{ collection: id, namespace, name }]);
      }
    }
  }
  return () => {
    stopListening();
    if (scheduled !== undefined) clearImmediate(scheduled);
    queue.length = 0;
  };
}

/** Marked as deleted, and held by this finalizer of ours. */
function isGoing(object: StoredObject, finalizer: string): boolean {
  return object.metadata.deletionTimestamp !== undefined && textsAt(object.metadata, 'finalizers').includes(finalizer);
}
