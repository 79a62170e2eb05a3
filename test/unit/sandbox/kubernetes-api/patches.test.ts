import fc from 'fast-check';
import jsonPatch from 'fast-json-patch';
import { describe, expect, test } from 'vitest';
import type { Json, JsonObject } from '../../../../src/lib/index.ts';
import { applyJsonPatch } from '../../../../src/sandbox/kubernetes-api/patch/json-patch.ts';
import { applyMergePatch } from '../../../../src/sandbox/kubernetes-api/patch/merge-patch.ts';
import { applyStrategicMergePatch } from '../../../../src/sandbox/kubernetes-api/patch/strategic-merge-patch.ts';
import type { Schema } from '../../../../src/sandbox/kubernetes-api/schema/schema.ts';

const field = fc.constantFrom('a', 'b', 'c/d', 'e~f', '');
const leaf = fc.oneof(fc.integer(), fc.constantFrom('x', 'y'), fc.boolean());
const { value } = fc.letrec<{ value: Json }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 3, withCrossShrink: true },
    leaf,
    fc.array(tie('value'), { maxLength: 4 }),
    fc.dictionary(field, tie('value'), { maxKeys: 4, noNullPrototype: true }),
  ),
}));
const document = fc.dictionary(field, value, { maxKeys: 4, noNullPrototype: true });

function frozen<T>(object: T): T {
  if (typeof object === 'object' && object !== null) Object.values(Object.freeze(object)).forEach(frozen);
  return object;
}

describe('JSON Patch', () => {
  test('takes one document to another, by the operations that another library found', () => {
    fc.assert(
      fc.property(document, document, (before, after) => {
        const operations: Json = JSON.parse(JSON.stringify(jsonPatch.compare(before, after)));
        expect(applyJsonPatch(frozen(before), operations)).toEqual(after);
      }),
    );
  });
  test.for<[string, JsonObject, JsonObject, JsonObject | 'refused']>([
    ['add into a list', { a: [1, 3] }, { op: 'add', path: '/a/1', value: 2 }, { a: [1, 2, 3] }],
    ['add at the end', { a: [1] }, { op: 'add', path: '/a/-', value: 2 }, { a: [1, 2] }],
    ['add behind the end', { a: [1] }, { op: 'add', path: '/a/2', value: 2 }, 'refused'],
    ['add below nothing', {}, { op: 'add', path: '/a/b', value: 2 }, 'refused'],
    ['replace what is not there sets it', {}, { op: 'replace', path: '/a', value: 2 }, { a: 2 }],
    ['remove what is not there', {}, { op: 'remove', path: '/a' }, 'refused'],
    ['test the same', { a: { b: 1 } }, { op: 'test', path: '/a', value: { b: 1 } }, { a: { b: 1 } }],
    ['test another', { a: 1 }, { op: 'test', path: '/a', value: 2 }, 'refused'],
    ['test null against nothing', {}, { op: 'test', path: '/a', value: null }, {}],
    ['move', { a: 1 }, { op: 'move', from: '/a', path: '/b' }, { b: 1 }],
    ['copy', { a: 1 }, { op: 'copy', from: '/a', path: '/b' }, { a: 1, b: 1 }],
    ['an unknown operation', {}, { op: 'multiply', path: '/a' }, 'refused'],
  ])('%s', ([, before, operation, after]) => {
    const apply = () => applyJsonPatch(frozen(before), [operation]);
    if (after === 'refused') expect(apply).toThrow('the server rejected our request');
    else expect(apply()).toEqual(after);
  });
});

/** The merge patch from one document to another. */
function difference(before: JsonObject, after: JsonObject): JsonObject {
  const patch: Record<string, Json> = {};
  for (const key of Object.keys(before)) if (after[key] === undefined) patch[key] = null;
  for (const [key, next] of Object.entries(after)) {
    const current = before[key];
    const areObjects = [current, next].every(
      (each) => typeof each === 'object' && each !== null && !Array.isArray(each),
    );
    patch[key] = areObjects ? difference(current as JsonObject, next as JsonObject) : next;
  }
  return patch;
}

describe('merge patch', () => {
  test('takes one document to another and touches nothing else', () => {
    fc.assert(
      fc.property(document, document, (before, after) => {
        expect(applyMergePatch(frozen(before), difference(before, after))).toEqual(after);
      }),
    );
  });
  test('is the same object when nothing changes', () => {
    fc.assert(fc.property(document, (before) => applyMergePatch(before, before) === before));
  });
});

const containers: Schema = {
  properties: {
    containers: {
      type: 'array',
      'x-kubernetes-patch-strategy': 'merge',
      'x-kubernetes-patch-merge-key': 'name',
      items: { type: 'object', properties: { name: { type: 'string' }, args: { type: 'array' } } },
    },
    finalizers: { type: 'array', 'x-kubernetes-patch-strategy': 'merge', items: { type: 'string' } },
    strategy: { type: 'object', 'x-kubernetes-patch-strategy': 'retainKeys', properties: {} },
    plain: { type: 'array', items: { type: 'string' } },
  },
};

describe('strategic merge patch', () => {
  const two = {
    containers: [
      { name: 'a', image: '1' },
      { name: 'b', image: '1' },
    ],
  };
  test.for<[string, JsonObject, JsonObject, JsonObject]>([
    [
      'merges an item by its key',
      two,
      { containers: [{ name: 'b', image: '2' }] },
      {
        containers: [
          { name: 'a', image: '1' },
          { name: 'b', image: '2' },
        ],
      },
    ],
    [
      'puts an unknown item first',
      two,
      { containers: [{ name: 'c' }] },
      { containers: [{ name: 'c' }, ...two.containers] },
    ],
    [
      'deletes an item',
      two,
      { containers: [{ name: 'a', $patch: 'delete' }] },
      { containers: [{ name: 'b', image: '1' }] },
    ],
    ['replaces a list', two, { containers: [{ $patch: 'replace' }, { name: 'z' }] }, { containers: [{ name: 'z' }] }],
    [
      'orders items',
      two,
      { '$setElementOrder/containers': [{ name: 'b' }, { name: 'a' }] },
      {
        containers: [
          { name: 'b', image: '1' },
          { name: 'a', image: '1' },
        ],
      },
    ],
    ['adds to a set', { finalizers: ['a'] }, { finalizers: ['b', 'a'] }, { finalizers: ['b', 'a'] }],
    [
      'deletes from a set',
      { finalizers: ['a', 'b'] },
      { '$deleteFromPrimitiveList/finalizers': ['a'] },
      { finalizers: ['b'] },
    ],
    [
      'keeps only some keys',
      { strategy: { x: 1, type: 'A' } },
      { strategy: { $retainKeys: ['type'], type: 'B' } },
      { strategy: { type: 'B' } },
    ],
    ['replaces a map', { strategy: { x: 1 } }, { strategy: { $patch: 'replace', y: 2 } }, { strategy: { y: 2 } }],
    ['replaces a list without a strategy', { plain: ['a'] }, { plain: ['b'] }, { plain: ['b'] }],
    ['removes with null', { plain: ['a'], x: 1 }, { plain: null }, { x: 1 }],
  ])('%s', ([, before, patch, after]) => {
    expect(applyStrategicMergePatch(containers, frozen(before), patch)).toEqual(after);
  });
});
