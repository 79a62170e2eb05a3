import type { JsonObject } from '../../../lib/index.ts';
import { ownersOf, type StoredObject, withField } from '../kubernetes-object.ts';
import { type Change, Collection } from './collection.ts';
import type { Journal } from './journal.ts';

/** Where an object lives: the collection of its kind (`deployments.apps`), namespace ('' for cluster-scoped), name. */
export interface Place {
  readonly collection: string;
  readonly namespace: string;
  readonly name: string;
}

/**
 * Every object of every kind under one counter of resourceVersions. Writes are synchronous: on disk (in the journal) before anybody hears of
 * them. Knows uids and owners, so that garbage collection never searches.
 */
export class Store {
  private readonly collections = new Map<string, Collection>();
  private readonly places = new Map<string, Place>();
  /** Owner uid → uids of the objects that name it. */
  private readonly dependents = new Map<string, Set<string>>();
  private readonly listeners = new Set<(place: Place, change: Change) => void>();
  private readonly journal: Journal | undefined;
  private lastResourceVersion: number;
  private readonly loadedUpTo: number;
  private readonly rememberedChanges: number;

  constructor(journal: Journal | undefined, rememberedChanges = 5000) {
    this.rememberedChanges = rememberedChanges;
    this.journal = journal;
    this.lastResourceVersion = journal?.resourceVersion ?? 0;
    this.loadedUpTo = this.lastResourceVersion;
    for (const [collection, objects] of journal?.objects ?? []) {
      for (const object of objects) {
        this.collection(collection).load(object);
        this.index(placeOf(collection, object), object, undefined);
      }
    }
  }

  get resourceVersion(): number {
    return this.lastResourceVersion;
  }

  collection(id: string): Collection {
    let collection = this.collections.get(id);
    if (collection === undefined) {
      collection = new Collection(this.loadedUpTo, this.rememberedChanges);
      this.collections.set(id, collection);
    }
    return collection;
  }

  collectionIds(): readonly string[] {
    return [...this.collections.keys()];
  }

  get(place: Place): StoredObject | undefined {
    return this.collection(place.collection).get(place.namespace, place.name);
  }

  placeOfUid(uid: string): Place | undefined {
    return this.places.get(uid);
  }

  dependentsOf(uid: string): readonly Place[] {
    return [...(this.dependents.get(uid) ?? [])].flatMap((dependent) => this.places.get(dependent) ?? []);
  }

  /** Stores an object under the next resourceVersion and tells everybody. Returns it as stored. */
  put(place: Place, object: StoredObject): StoredObject {
    const previous = this.get(place);
    const stored = this.stamp(object);
    this.journal?.append({ collection: place.collection, put: stored });
    this.index(place, stored, previous);
    this.announce(place, previous === undefined ? 'ADDED' : 'MODIFIED', stored, previous);
    return stored;
  }

  /** Removes an object; the last state that watchers see carries the resourceVersion of the removal. */
  remove(place: Place, lastState?: StoredObject): StoredObject | undefined {
    const previous = this.get(place);
    if (previous === undefined) return undefined;
    const gone = this.stamp(lastState ?? previous);
    const { namespace, name, collection } = place;
    this.journal?.append({ collection, remove: { namespace, name, resourceVersion: this.lastResourceVersion } });
    this.index(place, undefined, previous);
    this.announce(place, 'DELETED', gone, previous);
    return gone;
  }

  onChange(listener: (place: Place, change: Change) => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  /** Writes the whole state as one snapshot when the journal has grown long. */
  compact(): void {
    this.journal?.compact(this.lastResourceVersion, () => this.everything());
  }

  private *everything(): Generator<readonly [string, StoredObject]> {
    for (const [id, collection] of this.collections) {
      for (const object of collection.list(undefined)) yield [id, object];
    }
  }

  private stamp(object: StoredObject): StoredObject {
    this.lastResourceVersion += 1;
    const metadata = withField(object.metadata, 'resourceVersion', String(this.lastResourceVersion));
    const { kind, apiVersion, metadata: _old, ...rest } = object;
    return { kind, apiVersion, metadata, ...rest };
  }

  private announce(place: Place, type: Change['type'], object: StoredObject, previous: StoredObject | undefined): void {
    const change = { resourceVersion: this.lastResourceVersion, type, object, previous };
    this.collection(place.collection).record(change);
    for (const listener of this.listeners) listener(place, change);
    this.compactIfLong();
  }

  private compactIfLong(): void {
    if (this.journal?.isLong()) this.compact();
  }

  private index(place: Place, object: StoredObject | undefined, previous: StoredObject | undefined): void {
    const uid = (object ?? previous)?.metadata.uid ?? '';
    if (object === undefined) this.places.delete(uid);
    else if (previous === undefined) this.places.set(uid, place);
    if (object?.metadata.ownerReferences === previous?.metadata.ownerReferences) return;
    for (const owner of previous === undefined ? [] : ownersOf(previous)) {
      const dependents = this.dependents.get(owner.uid);
      dependents?.delete(uid);
      if (dependents?.size === 0) this.dependents.delete(owner.uid);
    }
    for (const owner of object === undefined ? [] : ownersOf(object)) {
      const dependents = this.dependents.get(owner.uid) ?? new Set();
      this.dependents.set(owner.uid, dependents.add(uid));
    }
  }
}

export function placeOf(collection: string, object: { readonly metadata: JsonObject }): Place {
  const { namespace, name } = object.metadata;
  return {
    collection,
    namespace: typeof namespace === 'string' ? namespace : '',
    name: typeof name === 'string' ? name : '',
  };
}
