import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { KubernetesObject } from '../../../src/kubernetes/index.ts';
import { createObjectCache } from '../../../src/kubernetes/object-cache.ts';
import { silentLog } from '../../support/silent-log.ts';

function anObject(name: string, uid: string, version: number): KubernetesObject {
  return { metadata: { name, namespace: 'shop', uid, resourceVersion: `${version}` } };
}

function aCache() {
  const cache = createObjectCache(({ metadata }) => `${metadata.uid}@${metadata.resourceVersion}`, silentLog);
  const changes: string[] = [];
  cache.onChange(({ before, after }) => changes.push(`${before ?? '-'} → ${after ?? '-'}`));
  return { cache, changes, read: (name: string) => cache.get({ namespace: 'shop', name }) };
}

describe("the answer of a write of one's own", () => {
  test('is seen at once, and its echo changes nothing more', () => {
    const { cache, changes, read } = aCache();
    cache.setWatched(anObject('a', 'u', 5));
    cache.setLearnt(anObject('a', 'u', 7), '5');
    expect(read('a')).toBe('u@7');
    cache.setWatched(anObject('a', 'u', 6));
    cache.setWatched(anObject('a', 'u', 7));
    expect(read('a')).toBe('u@7');
    cache.setWatched(anObject('a', 'u', 10));
    expect(changes).toEqual(['- → u@5', 'u@5 → u@7', 'u@7 → u@10']);
  });

  test('that comes late is ignored', () => {
    const { cache, read } = aCache();
    cache.setWatched(anObject('a', 'u', 10));
    cache.setLearnt(anObject('a', 'u', 9), '10');
    cache.setLearnt(anObject('a', 'u', 9), undefined);
    expect(read('a')).toBe('u@10');
  });

  test('does not bring back what is deleted, nor hide its successor', () => {
    const { cache, read } = aCache();
    cache.setWatched(anObject('a', 'u', 5));
    cache.delete(anObject('a', 'u', 6));
    cache.setLearnt(anObject('a', 'u', 5), '6');
    expect(read('a')).toBeUndefined();
    cache.setLearnt(anObject('a', 'v', 8), '6');
    cache.setLearnt(anObject('a', 'u', 5), '6');
    cache.setWatched(anObject('a', 'u', 5));
    expect(read('a')).toBe('v@8');
  });

  test('about a successor is kept when the deletion of the first is told later', () => {
    const { cache, changes, read } = aCache();
    cache.setWatched(anObject('a', 'u', 5));
    cache.setLearnt(anObject('a', 'v', 8), '5');
    cache.delete(anObject('a', 'u', 7));
    expect(read('a')).toBe('v@8');
    expect(changes).toEqual(['- → u@5', 'u@5 → -', '- → v@8']);
  });

  test('is not undone by a list that was taken before the write', () => {
    const { cache, read } = aCache();
    cache.setWatched(anObject('a', 'u', 5));
    cache.setLearnt(anObject('a', 'u', 7), '5');
    cache.setLearnt(anObject('new', 'n', 8), '5');
    const list = (resourceVersion: string, isDoubted = false) => {
      const snapshot = { resourceVersion, isDoubted };
      cache.deleteOthers('', new Set([cache.setListed(anObject('a', 'u', 5), snapshot)]), snapshot);
      return [read('a'), read('new')];
    };
    expect(list('6')).toEqual(['u@7', 'n@8']);
    expect(list('9')).toEqual(['u@5', undefined]);
    // Of a server that was restored, nothing from before is believed.
    cache.setLearnt(anObject('new', 'n', 12), '9');
    expect(list('6', true)).toEqual(['u@5', undefined]);
  });
});

test('when the history is in doubt, the same version may be another object', () => {
  const cache = createObjectCache((object) => object.text, silentLog);
  const told: unknown[] = [];
  cache.onChange(({ after }) => told.push(after));
  const name = { namespace: 'shop', name: 'a' };
  cache.setWatched({ ...anObject('a', 'u', 5), text: 'one' });
  cache.setListed({ ...anObject('a', 'u', 5), text: 'two' }, { resourceVersion: '6', isDoubted: false });
  expect(cache.get(name)).toBe('one');
  cache.setListed({ ...anObject('a', 'u', 5), text: 'two' }, { resourceVersion: '6', isDoubted: true });
  expect(cache.get(name)).toBe('two');
  cache.setListed({ ...anObject('a', 'u', 5), text: 'two' }, { resourceVersion: '6', isDoubted: true });
  expect(told).toEqual(['one', 'two']);
});

test('a version that is longer is later', () => {
  const { cache, read } = aCache();
  cache.setWatched(anObject('a', 'u', 99));
  cache.setWatched(anObject('a', 'u', 100));
  cache.setWatched(anObject('a', 'u', 98));
  expect(read('a')).toBe('u@100');
});

test('what is not ours any more is gone, and what cannot be read is not kept', () => {
  const cache = createObjectCache((object) => {
    if (object.broken === true) throw new Error('not understood');
    return object.ours === true ? 'kept' : undefined;
  }, silentLog);
  const name = { namespace: 'shop', name: 'a' };
  cache.setWatched({ ...anObject('a', 'u', 1), ours: true });
  expect(cache.get(name)).toBe('kept');
  cache.setWatched({ ...anObject('a', 'u', 2), ours: false });
  expect(cache.get(name)).toBeUndefined();
  cache.setWatched({ ...anObject('a', 'u', 3), broken: true });
  expect(cache.get(name)).toBeUndefined();
});

type Step =
  | { readonly do: 'write' | 'remove'; readonly name: string; readonly isOurs: boolean }
  | { readonly do: 'hearAnswer' | 'hearEvent' | 'list' };

const names = fc.constantFrom('a', 'b');
const step: fc.Arbitrary<Step> = fc.oneof(
  fc.record({ do: fc.constantFrom('write', 'remove'), name: names, isOurs: fc.boolean() }),
  fc.record({ do: fc.constantFrom('hearAnswer', 'hearEvent', 'list') }),
);

test('however answers, events and lists come interleaved: no object goes back, and in the end the cache is the server', () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      const { cache, read } = aCache();
      const server = new Map<string, KubernetesObject>();
      const events: { readonly version: number; tell(): void }[] = [];
      const answers: KubernetesObject[] = [];
      const newest = new Map<string, number>();
      let version = 10;
      let told = '10';

      const act = (next: Step): void => {
        version += 1;
        if (next.do === 'write') {
          const known = server.get(next.name);
          const object = anObject(next.name, known?.metadata.uid ?? `uid-${version}`, version);
          server.set(next.name, object);
          events.push({ version, tell: () => cache.setWatched(object) });
          if (next.isOurs) answers.push(object);
        } else if (next.do === 'remove') {
          const known = server.get(next.name);
          if (known === undefined) return;
          server.delete(next.name);
          const gone = anObject(next.name, known.metadata.uid, version);
          events.push({ version, tell: () => cache.delete(gone) });
        } else if (next.do === 'list') {
          // A list tells all that the events before it would have told.
          events.length = 0;
          told = `${version}`;
          const snapshot = { resourceVersion: told, isDoubted: false };
          const keys = [...server.values()].map((object) => cache.setListed(object, snapshot));
          cache.deleteOthers('', new Set(keys), snapshot);
        } else if (next.do === 'hearEvent') {
          const event = events.shift();
          event?.tell();
          told = `${event?.version ?? told}`;
        } else {
          const answer = answers.shift();
          if (answer !== undefined) cache.setLearnt(answer, told);
        }
      };
      for (const next of steps) {
        act(next);
        for (const name of ['a', 'b']) {
          const [uid, at] = read(name)?.split('@') ?? [];
          if (uid === undefined) continue;
          expect(Number(at)).toBeGreaterThanOrEqual(newest.get(uid) ?? 0);
          newest.set(uid, Number(at));
        }
      }
      while (events.length > 0) act({ do: 'hearEvent' });
      while (answers.length > 0) act({ do: 'hearAnswer' });
      for (const name of ['a', 'b']) {
        const object = server.get(name);
        expect(read(name)).toBe(object && `${object.metadata.uid}@${object.metadata.resourceVersion}`);
      }
    }),
    { numRuns: 500 },
  );
});
