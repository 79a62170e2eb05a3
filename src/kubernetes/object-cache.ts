import { isDeepStrictEqual } from 'node:util';
import type { Logger } from 'pino';
import type { KubernetesObject, ObjectName, Reflector } from './cluster.ts';
import { controllerUidOf, isOlderVersion } from './objects.ts';

interface Entry<T> {
  readonly name: ObjectName;
  readonly uid: string;
  readonly resourceVersion: string;
  readonly owner: string | undefined;
  /** The answer of a write brought it: a list of an earlier version knows nothing of it yet. */
  readonly isLearnt: boolean;
  readonly value: T;
}

/** The memory of a reflector: projections by name and by owner, and who wants to hear of changes. */
export interface ObjectCache<T> extends Pick<Reflector<T>, 'get' | 'list' | 'ownedBy' | 'onChange'> {
  /** Returns its key. */
  setListed(object: KubernetesObject, snapshot: Snapshot): string;
  /** After a whole list: whatever of this namespace ('' = all) was not in it is gone. */
  deleteOthers(namespace: string, listed: ReadonlySet<string>, snapshot: Snapshot): void;
  /** From a watch: an older version than the known one is ignored. */
  setWatched(object: KubernetesObject): void;
  delete(object: KubernetesObject): void;
  /**
   * From the answer of a write. `told`: up to which version lists and watches have told everything; an answer from before it comes
   * late, and could bring back for good what is deleted by now.
   */
  setLearnt(object: KubernetesObject, told: string | undefined): void;
}

/** What a list shows: everything at one version. In doubt: after it the server's history may be another one than we knew. */
export interface Snapshot {
  readonly resourceVersion: string;
  readonly isDoubted: boolean;
}

export function createObjectCache<T>(
  project: (object: KubernetesObject) => T | undefined,
  log: Logger,
  ownerOf: (object: KubernetesObject) => string | undefined = controllerUidOf,
): ObjectCache<T> {
  const entries = new Map<string, Entry<T>>();
  const keysByOwner = new Map<string, Set<string>>();
  const listeners = new Set<Parameters<Reflector<T>['onChange']>[0]>();

  function tell(change: Parameters<Parameters<Reflector<T>['onChange']>[0]>[0]): void {
    for (const listener of listeners) {
      try {
        listener(change);
      } catch (error) {
        log.error({ err: error, name: change.name }, 'listener failed on a change');
      }
    }
  }

  function put(key: string, entry: Entry<T>): void {
    entries.set(key, entry);
    if (entry.owner === undefined) return;
    const keys = keysByOwner.get(entry.owner) ?? new Set();
    keysByOwner.set(entry.owner, keys.add(key));
  }

  function drop(key: string, entry: Entry<T>): void {
    entries.delete(key);
    if (entry.owner === undefined) return;
    const keys = keysByOwner.get(entry.owner);
    keys?.delete(key);
    if (keys?.size === 0) keysByOwner.delete(entry.owner);
  }

  function projectSafely(object: KubernetesObject): T | undefined {
    try {
      return project(object);
    } catch (error) {
      log.warn(
        { err: error, name: object.metadata.name, namespace: object.metadata.namespace },
        'object not understood',
      );
      return undefined;
    }
  }

  function remove(key: string): void {
    const entry = entries.get(key);
    if (entry === undefined) return;
    drop(key, entry);
    tell({ name: entry.name, before: entry.value, after: undefined });
  }

  function set(
    object: KubernetesObject,
    how: { readonly isLearnt?: boolean; readonly isDoubted?: boolean } = {},
  ): void {
    const { uid, resourceVersion } = object.metadata;
    const name = nameOf(object);
    const key = keyOf(name);
    const known = entries.get(key);
    if (known?.uid === uid && known.resourceVersion === resourceVersion && how.isDoubted !== true) return;
    const value = projectSafely(object);
    // Deleted and created again between two lists: two changes, or an owner's successor would inherit what it never had.
    if (value === undefined || (known !== undefined && known.uid !== uid)) remove(key);
    if (value === undefined) return;
    const before = entries.get(key);
    if (known?.resourceVersion === resourceVersion && isDeepStrictEqual(before?.value, value)) return;
    if (before !== undefined) drop(key, before);
    put(key, { name, uid, resourceVersion, owner: ownerOf(object), isLearnt: how.isLearnt === true, value });
    tell({ name, before: before?.value, after: value, ...(how.isLearnt === true ? { isLearnt: true } : {}) });
  }

  /** Also when that one is a successor of the same name. */
  function isKnownNewer(object: KubernetesObject): boolean {
    const known = entries.get(keyOf(nameOf(object)));
    return known !== undefined && isOlderVersion(object.metadata.resourceVersion, known.resourceVersion);
  }

  return {
    get: (name) => entries.get(keyOf(name))?.value,
    list(namespace) {
      const found: T[] = [];
      for (const { name, value } of entries.values()) {
        if (namespace === undefined || name.namespace === namespace) found.push(value);
      }
      return found;
    },
    ownedBy(uid) {
      const found: T[] = [];
      for (const key of keysByOwner.get(uid) ?? []) {
        const entry = entries.get(key);
        if (entry !== undefined) found.push(entry.value);
      }
      return found;
    },
    onChange(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    setListed(object, snapshot) {
      const key = keyOf(nameOf(object));
      const known = entries.get(key);
      if (known === undefined || !isAhead(known, snapshot)) set(object, snapshot);
      return key;
    },
    deleteOthers(namespace, listed, snapshot) {
      for (const [key, entry] of entries) {
        const isInScope = namespace === '' || entry.name.namespace === namespace;
        if (isInScope && !listed.has(key) && !isAhead(entry, snapshot)) remove(key);
      }
    },
    setWatched(object) {
      if (!isKnownNewer(object)) set(object);
    },
    delete(object) {
      const key = keyOf(nameOf(object));
      // A write's answer may have told of its successor already.
      if (entries.get(key)?.uid === object.metadata.uid) remove(key);
    },
    setLearnt(object, told) {
      const isLate = told !== undefined && !isOlderVersion(told, object.metadata.resourceVersion);
      if (!isLate && !isKnownNewer(object)) set(object, { isLearnt: true });
    },
  };
}

/** Written after the list was taken. */
function isAhead(entry: { readonly isLearnt: boolean; readonly resourceVersion: string }, snapshot: Snapshot): boolean {
  return entry.isLearnt && !snapshot.isDoubted && isOlderVersion(snapshot.resourceVersion, entry.resourceVersion);
}

function keyOf({ namespace, name }: ObjectName): string {
  return `${namespace}/${name}`;
}

function nameOf({ metadata }: KubernetesObject): ObjectName {
  return { namespace: metadata.namespace ?? '', name: metadata.name };
}
