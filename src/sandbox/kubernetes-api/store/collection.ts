import type { StoredObject } from '../kubernetes-object.ts';

/** One write as watchers see it. */
export interface Change {
  readonly resourceVersion: number;
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED';
  readonly object: StoredObject;
  readonly previous: StoredObject | undefined;
}

/** All objects of one kind, their recent changes, and who watches them. */
export class Collection {
  private readonly namespaces = new Map<string, Map<string, StoredObject>>();
  /** Sorted names by namespace; dropped when a name comes or goes. */
  private readonly order = new Map<string, readonly string[]>();
  private changes: Change[] = [];
  private forgottenUpTo: number;
  private readonly remembered: number;
  private readonly watchers = new Set<(change: Change) => void>();

  /**
   * `forgottenUpTo`: changes up to this resourceVersion are not known (they happened before a restart). `remembered`: at least so many writes
   * back a watch may start; one that asks for more is told to list again (410).
   */
  constructor(forgottenUpTo: number, remembered: number) {
    this.remembered = remembered;
    this.forgottenUpTo = forgottenUpTo;
  }

  get(namespace: string, name: string): StoredObject | undefined {
    return this.namespaces.get(namespace)?.get(name);
  }

  /** In the order of the API: by namespace, then by name. */
  list(namespace: string | undefined): StoredObject[] {
    const found: StoredObject[] = [];
    for (const each of namespace === undefined ? [...this.namespaces.keys()].sort() : [namespace]) {
      const objects = this.namespaces.get(each);
      if (objects === undefined) continue;
      let names = this.order.get(each);
      if (names === undefined) {
        names = [...objects.keys()].sort();
        this.order.set(each, names);
      }
      for (const name of names) {
        const object = objects.get(name);
        if (object !== undefined) found.push(object);
      }
    }
    return found;
  }

  /** Puts an object without telling anybody: for loading. */
  load(object: StoredObject): void {
    const { namespace = '', name } = object.metadata;
    const objects = this.namespaces.get(namespace) ?? new Map<string, StoredObject>();
    this.namespaces.set(namespace, objects);
    if (!objects.has(name)) this.order.delete(namespace);
    objects.set(name, object);
  }

  unload(namespace: string, name: string): void {
    const objects = this.namespaces.get(namespace);
    if (objects === undefined || !objects.delete(name)) return;
    this.order.delete(namespace);
    if (objects.size === 0) this.namespaces.delete(namespace);
  }

  record(change: Change): void {
    if (change.type === 'DELETED') this.unload(change.object.metadata.namespace ?? '', change.object.metadata.name);
    else this.load(change.object);
    this.changes.push(change);
    if (this.changes.length >= this.remembered * 2) {
      this.changes = this.changes.slice(-this.remembered);
      this.forgottenUpTo = (this.changes[0]?.resourceVersion ?? 1) - 1;
    }
    for (const watcher of this.watchers) watcher(change);
  }

  /** What happened after a resourceVersion; undefined when that is too long ago to know. */
  since(resourceVersion: number): readonly Change[] | undefined {
    if (resourceVersion < this.forgottenUpTo) return undefined;
    let low = 0;
    let high = this.changes.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.changes[middle]?.resourceVersion ?? 0) > resourceVersion) high = middle;
      else low = middle + 1;
    }
    return this.changes.slice(low);
  }

  /** The list as it stood at a resourceVersion, by undoing what happened since; undefined when that is too long ago. */
  listAt(namespace: string | undefined, resourceVersion: number): StoredObject[] | undefined {
    const changes = this.since(resourceVersion);
    if (changes === undefined) return undefined;
    if (changes.length === 0) return this.list(namespace);
    const then = new Map(this.list(namespace).map((object) => [sortKey(object), object]));
    for (const { object, previous } of changes.toReversed()) {
      if (namespace !== undefined && object.metadata.namespace !== namespace) continue;
      if (previous === undefined) then.delete(sortKey(object));
      else then.set(sortKey(previous), previous);
    }
    return [...then].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, object]) => object);
  }

  watch(watcher: (change: Change) => void): () => void {
    this.watchers.add(watcher);
    return () => this.watchers.delete(watcher);
  }
}

/** Orders like the API's lists; NUL sorts before every character of a name. */
export function sortKey(object: StoredObject): string {
  return `${object.metadata.namespace ?? ''}\0${object.metadata.name}`;
}
