import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { StoredObject } from '../../../../src/sandbox/kubernetes-api/kubernetes-object.ts';
import { Store } from '../../../../src/sandbox/kubernetes-api/store/store.ts';

const collection = 'things';

function thing(namespace: string, name: string): StoredObject {
  const metadata = { name, namespace, uid: `${namespace}/${name}`, resourceVersion: '', creationTimestamp: '' };
  return { kind: 'Thing', apiVersion: 'v1', metadata };
}

const write = fc.record({
  namespace: fc.constantFrom('a', 'b'),
  name: fc.constantFrom('x', 'y', 'z'),
  isRemoval: fc.boolean(),
});

describe('a collection', () => {
  test('shows any moment that it remembers exactly as it was', () => {
    fc.assert(
      fc.property(fc.array(write, { maxLength: 40 }), (writes) => {
        const store = new Store(undefined);
        const moments = [{ version: 0, all: [] as StoredObject[], inA: [] as StoredObject[] }];
        for (const { namespace, name, isRemoval } of writes) {
          const place = { collection, namespace, name };
          if (isRemoval) store.remove(place);
          else store.put(place, thing(namespace, name));
          const things = store.collection(collection);
          moments.push({ version: store.resourceVersion, all: things.list(undefined), inA: things.list('a') });
        }
        for (const { version, all, inA } of moments) {
          expect(store.collection(collection).listAt(undefined, version)).toEqual(all);
          expect(store.collection(collection).listAt('a', version)).toEqual(inA);
        }
      }),
    );
  });
  test('tells a watcher each write once, in order', () => {
    const store = new Store(undefined);
    const seen: string[] = [];
    const stop = store
      .collection(collection)
      .watch(({ type, resourceVersion }) => seen.push(`${type} ${resourceVersion}`));
    store.put({ collection, namespace: 'a', name: 'x' }, thing('a', 'x'));
    store.put({ collection, namespace: 'a', name: 'x' }, thing('a', 'x'));
    store.remove({ collection, namespace: 'a', name: 'x' });
    stop();
    store.put({ collection, namespace: 'a', name: 'y' }, thing('a', 'y'));
    expect(seen).toEqual(['ADDED 1', 'MODIFIED 2', 'DELETED 3']);
  });
  test('forgets in the end, and says so', () => {
    const store = new Store(undefined, 50);
    for (let index = 0; index < 100; index += 1) store.put({ collection, namespace: 'a', name: 'x' }, thing('a', 'x'));
    expect(store.collection(collection).since(1)).toBeUndefined();
    expect(store.collection(collection).listAt(undefined, 1)).toBeUndefined();
    expect(store.collection(collection).since(90)).toHaveLength(10);
  });
  test('finds what an owner owns without searching', () => {
    const store = new Store(undefined);
    const owner = store.put({ collection, namespace: 'a', name: 'owner' }, thing('a', 'owner'));
    const ownerReferences = [{ apiVersion: 'v1', kind: 'Thing', name: 'owner', uid: owner.metadata.uid }];
    const place = { collection, namespace: 'a', name: 'owned' };
    const owned = thing('a', 'owned');
    store.put(place, { ...owned, metadata: { ...owned.metadata, ownerReferences } });
    expect(store.dependentsOf(owner.metadata.uid)).toEqual([place]);
    store.put(place, owned);
    expect(store.dependentsOf(owner.metadata.uid)).toEqual([]);
  });
});
