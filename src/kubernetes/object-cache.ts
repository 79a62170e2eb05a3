import { isDeepStrictEqual } from 'node:util';
import type { Logger } from 'pino';
import type { KubernetesObject, ObjectName, Reflector } from './cluster.ts';
import { controllerUidOf, isOlderVersion } from './objects.ts';

interface Entry<T> {
  readonly name: ObjectName;
  readonly uid: string;
  readonly resourceVersion: string;
  readonly ownerUid: string | undefined;
  /** When the answer of a write brought it, by the monotonic clock. */
  readonly learntAtMs: number | undefined;
  readonly value: T;
}

/** The memory of a reflector: projections by name and by owner, and who wants to hear of changes. */
export interface ObjectCache<T> extends Pick<Reflector<T>, 'get' | 'list' | 'ownedBy' | 'onChange'> {
  /**
   * From a list that began at `beganAtMs`: replaces even a later version, unless a write brought that one since. When the server's
   * history is in doubt, it replaces the same version too. Returns its key.
   */
  setListed(object: KubernetesObject, beganAtMs: number, isDoubted: boolean): string;
  /** From a watch: an older version than the known one is ignored. */
  setWatched(object: KubernetesObject): void;
  /** From the answer of a write: the same, and an object that is known to be deleted stays deleted. */
  setLearnt(object: KubernetesObject): void;
  delete(object: KubernetesObject): void;
  /** After that list: whatever of this namespace ('' = all) was not in it is gone. */
  deleteOthers(namespace: string, listed: ReadonlySet<string>, beganAtMs: number): void;
}

/** How many deleted objects we remember, so that the late answer of a write does not bring one back for good. */
const rememberedDeletions = 5000;

export function createObjectCache<T>(
  project: (object: KubernetesObject) => T | undefined,
  log: Logger,
): ObjectCache<T> {
  const entries = new Map<string, Entry<T>>();
  const keysByOwner = new Map<string, Set<string>>();
  const deletedUids = new Set<string>();
  const listeners = new Set<Parameters<Reflector<T>['onChange']>[0]>();

  function tell(name: ObjectName, before: T | undefined, after: T | undefined): void {
    for (const listener of listeners) {
      try {
        listener({ name, before, after });
      } catch (error) {
        log.error({ err: error, name }, 'listener failed on a change');
      }
    }
  }

  function put(key: string, entry: Entry<T>): void {
    entries.set(key, entry);
    if (entry.ownerUid === undefined) return;
    const keys = keysByOwner.get(entry.ownerUid) ?? new Set();
    keysByOwner.set(entry.ownerUid, keys.add(key));
  }

  function drop(key: string, entry: Entry<T>): void {
    entries.delete(key);
    if (entry.ownerUid === undefined) return;
    const keys = keysByOwner.get(entry.ownerUid);
    keys?.delete(key);
    if (keys?.size === 0) keysByOwner.delete(entry.ownerUid);
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

  function remember(deletedUid: string): void {
    deletedUids.add(deletedUid);
    const [oldest] = deletedUids;
    if (deletedUids.size > rememberedDeletions && oldest !== undefined) deletedUids.delete(oldest);
  }

  function remove(key: string): void {
    const entry = entries.get(key);
    if (entry === undefined) return;
    drop(key, entry);
    remember(entry.uid);
    tell(entry.name, entry.value, undefined);
  }

  function set(
    object: KubernetesObject,
    how: { readonly learntAtMs?: number; readonly isDoubted?: boolean } = {},
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
    put(key, { name, uid, resourceVersion, ownerUid: controllerUidOf(object), learntAtMs: how.learntAtMs, value });
    tell(name, before?.value, value);
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
    setListed(object, beganAtMs, isDoubted) {
      const key = keyOf(nameOf(object));
      const known = entries.get(key);
      if (known === undefined || !isLearntSince(known, beganAtMs) || !isOlder(object, known)) {
        set(object, { isDoubted });
      }
      return key;
    },
    setWatched(object) {
      const known = entries.get(keyOf(nameOf(object)));
      if (known === undefined || !isOlder(object, known)) set(object);
    },
    setLearnt(object) {
      const known = entries.get(keyOf(nameOf(object)));
      if (deletedUids.has(object.metadata.uid) || (known !== undefined && isOlder(object, known))) return;
      set(object, { learntAtMs: performance.now() });
    },
    delete(object) {
      const key = keyOf(nameOf(object));
      // A write's answer may have told of its successor already.
      if (entries.get(key)?.uid === object.metadata.uid) remove(key);
      remember(object.metadata.uid);
    },
    deleteOthers(namespace, listed, beganAtMs) {
      for (const [key, entry] of entries) {
        const isInScope = namespace === '' || entry.name.namespace === namespace;
        if (isInScope && !listed.has(key) && !isLearntSince(entry, beganAtMs)) remove(key);
      }
    },
  };
}

function keyOf({ namespace, name }: ObjectName): string {
  return `${namespace}/${name}`;
}

function nameOf({ metadata }: KubernetesObject): ObjectName {
  return { namespace: metadata.namespace ?? '', name: metadata.name };
}

function isLearntSince(entry: { readonly learntAtMs: number | undefined }, sinceMs: number): boolean {
  return entry.learntAtMs !== undefined && entry.learntAtMs >= sinceMs;
}

function isOlder(object: KubernetesObject, known: { readonly uid: string; readonly resourceVersion: string }): boolean {
  const { uid, resourceVersion } = object.metadata;
  return uid === known.uid && isOlderVersion(resourceVersion, known.resourceVersion);
}
