import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isEqual, type Json, type JsonObject, mergePatchOf } from '../../../src/lib/index.ts';

/** RFC 7386, section 2, as it is written there. */
function applyMergePatch(target: Json | undefined, patch: Json): Json {
  if (typeof patch !== 'object' || patch === null || Array.isArray(patch)) return patch;
  const base = typeof target === 'object' && target !== null && !Array.isArray(target) ? target : {};
  const result: Record<string, Json> = { ...(base as JsonObject) };
  for (const [key, value] of Object.entries(patch)) {
    if (value === null) delete result[key];
    else result[key] = applyMergePatch(result[key], value);
  }
  return result;
}

const { object } = fc.letrec<{ value: Json; object: JsonObject }>((tie) => ({
  value: fc.oneof(
    { depthSize: 'small' },
    fc.integer(),
    fc.string(),
    fc.boolean(),
    fc.array(fc.integer()),
    tie('object'),
  ),
  object: fc.dictionary(fc.constantFrom('a', 'b', 'c', 'd'), tie('value')),
}));

describe('mergePatchOf', () => {
  it('turns before into after, and is empty only when they are equal', () => {
    fc.assert(
      fc.property(object, object, (before, after) => {
        const patch = mergePatchOf(before, after);
        if (patch === undefined) expect(isEqual(before, after)).toBe(true);
        else expect(isEqual(applyMergePatch(before, patch), after)).toBe(true);
      }),
    );
  });

  it('says nothing about what did not change', () => {
    expect(mergePatchOf({ a: 1, b: { c: 2, d: [1, 2] } }, { a: 1, b: { c: 3, d: [1, 2] } })).toEqual({ b: { c: 3 } });
  });

  it('removes a key by null, and counts a null of the other side as absent', () => {
    expect(mergePatchOf({ a: 1, b: 2 }, { b: 2 })).toEqual({ a: null });
    expect(mergePatchOf({ a: 1 }, { a: null })).toEqual({ a: null });
    expect(mergePatchOf({}, { a: null })).toBeUndefined();
  });
});
