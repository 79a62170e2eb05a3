import { type Api, internalWrite } from '../api.ts';
import { isObject, listAt, ownersOf, type StoredObject, textAt, textsAt, withField } from '../kubernetes-object.ts';
import { deleteObject, type Propagation } from '../objects/delete.ts';
import type { Change } from '../store/collection.ts';
import type { Place } from '../store/store.ts';

/** So many objects at once: requests go between. */
const batch = 50;

/**
 * Deletes what has no owner left. Follows the store's own index of owners, so that a deletion costs what it owns. Foreground and orphan
 * deletions wait as the finalizers `foregroundDeletion` and `orphan` on the owner, and are released here.
 */
export class GarbageCollector {
  private readonly api: Api;
  private readonly queue: Place[] = [];
  private scheduled: NodeJS.Immediate | undefined;
  private readonly stopListening: () => void;

  constructor(api: Api) {
    this.api = api;
    this.stopListening = api.store.onChange((place, change) => this.notice(place, change));
    // What was on its way when the last process ended.
    for (const collection of api.store.collectionIds()) {
      for (const object of api.store.collection(collection).list(undefined)) {
        const { namespace = '', name, ownerReferences, deletionTimestamp } = object.metadata;
        if (ownerReferences !== undefined || deletionTimestamp !== undefined)
          this.enqueue([{ collection, namespace, name }]);
      }
    }
  }

  stop(): void {
    this.stopListening();
    if (this.scheduled !== undefined) clearImmediate(this.scheduled);
    this.queue.length = 0;
  }

  private notice(place: Place, { type, object }: Change): void {
    const { store } = this.api;
    if (type === 'DELETED') {
      this.enqueue(store.dependentsOf(object.metadata.uid));
      // Its owner may have waited for it, in the foreground.
      this.enqueue(ownersOf(object).flatMap((owner) => store.placeOfUid(owner.uid) ?? []));
      return;
    }
    const isLeaving =
      object.metadata.deletionTimestamp !== undefined && listAt(object.metadata, 'finalizers').length > 0;
    if (isLeaving || (type === 'ADDED' && object.metadata.ownerReferences !== undefined)) this.enqueue([place]);
  }

  private enqueue(places: readonly Place[]): void {
    this.queue.push(...places);
    if (this.queue.length > 0) this.scheduled ??= setImmediate(() => this.drain());
  }

  private drain(): void {
    this.scheduled = undefined;
    for (const place of this.queue.splice(0, batch)) {
      const object = this.api.store.get(place);
      if (object !== undefined) this.collect(place, object);
    }
    this.enqueue([]);
  }

  private collect(place: Place, object: StoredObject): void {
    if (isGoing(object, 'orphan')) this.orphan(place, object);
    else if (isGoing(object, 'foregroundDeletion')) this.finishForeground(place, object);
    else this.collectDependent(place, object);
  }

  private collectDependent(place: Place, object: StoredObject): void {
    const owners = ownersOf(object);
    if (owners.length === 0) return;
    const living = owners.flatMap((owner) => this.find(owner.uid) ?? []);
    if (living.length === 0) this.remove(place, object, 'Background');
    else if (living.every((owner) => isGoing(owner, 'foregroundDeletion'))) {
      this.remove(place, object, this.blockers(object).length > 0 ? 'Foreground' : 'Background');
    } else if (living.length < owners.length) {
      const uids = new Set(living.map((owner) => owner.metadata.uid));
      this.keepOwners(place, object, (uid) => uids.has(uid));
    }
  }

  private find(uid: string): StoredObject | undefined {
    const place = this.api.store.placeOfUid(uid);
    return place === undefined ? undefined : this.api.store.get(place);
  }

  private remove(place: Place, object: StoredObject, propagation: Propagation): void {
    const write = internalWrite(this.api, place);
    if (write === undefined || object.metadata.deletionTimestamp !== undefined) return;
    deleteObject(this.api, write, object, { gracePeriodSeconds: undefined, propagation, uid: '', resourceVersion: '' });
  }

  /** Dependents that say `blockOwnerDeletion`. */
  private blockers(object: StoredObject): readonly Place[] {
    const { uid } = object.metadata;
    return this.api.store.dependentsOf(uid).filter((place) => {
      const dependent = this.api.store.get(place);
      return (
        dependent !== undefined && ownersOf(dependent).some((owner) => owner.uid === uid && owner.blockOwnerDeletion)
      );
    });
  }

  private finishForeground(place: Place, object: StoredObject): void {
    if (this.blockers(object).length === 0) {
      this.release(place, object, 'foregroundDeletion');
      return;
    }
    const dependents = this.api.store.dependentsOf(object.metadata.uid);
    this.enqueue(dependents.filter((each) => this.api.store.get(each)?.metadata.deletionTimestamp === undefined));
  }

  private orphan(place: Place, object: StoredObject): void {
    for (const dependent of this.api.store.dependentsOf(object.metadata.uid)) {
      const each = this.api.store.get(dependent);
      if (each !== undefined) this.keepOwners(dependent, each, (uid) => uid !== object.metadata.uid);
    }
    this.release(place, object, 'orphan');
  }

  private keepOwners(place: Place, object: StoredObject, isKept: (uid: string) => boolean): void {
    const kept = listAt(object.metadata, 'ownerReferences').filter(
      (owner) => isObject(owner) && isKept(textAt(owner, 'uid')),
    );
    const metadata = withField(object.metadata, 'ownerReferences', kept.length === 0 ? undefined : kept);
    this.api.store.put(place, { ...object, metadata });
  }

  private release(place: Place, object: StoredObject, finalizer: string): void {
    const left = textsAt(object.metadata, 'finalizers').filter((each) => each !== finalizer);
    const metadata = withField(object.metadata, 'finalizers', left.length === 0 ? undefined : left);
    const released = { ...object, metadata };
    if (left.length === 0 && object.kind !== 'Namespace') this.api.store.remove(place, released);
    else this.api.store.put(place, released);
  }
}

/** Marked as deleted, and held by this finalizer of ours. */
function isGoing(object: StoredObject, finalizer: string): boolean {
  return object.metadata.deletionTimestamp !== undefined && textsAt(object.metadata, 'finalizers').includes(finalizer);
}
