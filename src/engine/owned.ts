import type { ObjectMeta } from '../lib/index.ts';

interface Owned {
  readonly metadata: Pick<ObjectMeta, 'name' | 'ownerReferences'>;
}

/** Whoever controls the object: it belongs to them. */
export function controllerOf({ metadata }: Owned): ObjectMeta['ownerReferences'][number] | undefined {
  return metadata.ownerReferences.find(({ controller }) => controller === true);
}

/**
 * All of this owner from the cache, and those its status names live: a verdict that only the API server knows must not be missed. One of
 * that name that somebody else owns (left behind by an owner that was deleted) says nothing about this one.
 */
export async function readNamedLive<T extends Owned>(
  {
    cached,
    ownerUid,
    names,
  }: { readonly cached: readonly T[]; readonly ownerUid: string; readonly names: readonly string[] },
  readLive: (name: string) => Promise<T | undefined>,
): Promise<T[]> {
  const found = new Map(cached.map((one) => [one.metadata.name, one]));
  for (const name of names) {
    const live = await readLive(name);
    if (live === undefined || controllerOf(live)?.uid !== ownerUid) found.delete(name);
    else found.set(name, live);
  }
  return [...found.values()];
}
