import type { ObjectMeta } from '../../lib/index.ts';
import type { Mirror } from './mirror.ts';
import { controllerUid, keyOf } from './objects.ts';

type Named = { readonly metadata: ObjectMeta };

/** Finds a mirror's objects by something else than their name; it is up to date before any listener registered after it hears. */
export type ObjectIndex<T> = (key: string) => ReadonlyMap<string, T>;

const NOTHING: ReadonlyMap<string, never> = new Map<string, never>();

export function createIndex<T extends Named>(
  mirror: Mirror<T>,
  keysOf: (object: T) => readonly string[],
): ObjectIndex<T> {
  const found = new Map<string, Map<string, T>>();
  mirror.onChange((before, after) => {
    if (before !== undefined) {
      for (const key of keysOf(before)) {
        const members = found.get(key);
        members?.delete(keyOf(before));
        if (members?.size === 0) found.delete(key);
      }
    }
    if (after === undefined) return;
    for (const key of keysOf(after)) {
      const members = found.get(key) ?? new Map<string, T>();
      found.set(key, members.set(keyOf(after), after));
    }
  });
  return (key) => found.get(key) ?? NOTHING;
}

/** Objects by the uid of their controller. */
export function createOwnerIndex<T extends Named>(mirror: Mirror<T>): ObjectIndex<T> {
  return createIndex(mirror, ({ metadata }) => [controllerUid(metadata) ?? orphansOf(metadata.namespace)]);
}

/** The owner index's key for objects of a namespace that no controller owns. */
export function orphansOf(namespace: string): string {
  return `orphans of ${namespace}`;
}
