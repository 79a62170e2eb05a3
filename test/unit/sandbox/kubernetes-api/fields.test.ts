import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { compareFields } from '../../../../src/sandbox/kubernetes-api/fields/field-set.ts';
import {
  type FieldTree,
  intersect,
  makeTree,
  pathsOf,
  subtract,
  union,
} from '../../../../src/sandbox/kubernetes-api/fields/field-tree.ts';
import type { Schema } from '../../../../src/sandbox/kubernetes-api/schema/schema.ts';

const step = fc.constantFrom('f:a', 'f:b', 'k:{"name":"x"}');
const { tree } = fc.letrec<{ tree: FieldTree }>((tie) => ({
  tree: fc
    .tuple(
      fc.boolean(),
      fc.oneof({ maxDepth: 3 }, fc.constant({}), fc.dictionary(step, tie('tree'), { noNullPrototype: true })),
    )
    .map(([isIn, children]) => makeTree(isIn, children) ?? {}),
}));

function members(set: FieldTree | undefined): ReadonlySet<string> {
  return new Set(set === undefined ? [] : pathsOf({ 'f:@': set }));
}

describe('sets of fields', () => {
  test('union, difference and intersection are those of their members', () => {
    fc.assert(
      fc.property(tree, tree, (a, b) => {
        const [inA, inB] = [members(a), members(b)];
        expect(members(union(a, b))).toEqual(new Set([...inA, ...inB]));
        expect(members(subtract(a, b))).toEqual(new Set([...inA].filter((path) => !inB.has(path))));
        expect(members(intersect(a, b))).toEqual(new Set([...inA].filter((path) => inB.has(path))));
      }),
    );
  });
  test('say where they are in the words of a conflict', () => {
    const set = {
      'f:spec': { 'f:containers': { 'k:{"name":"web"}': { '.': {}, 'f:image': {} } }, 'f:tags': { 'v:"x"': {} } },
    };
    expect(pathsOf(set)).toEqual([
      '.spec.containers[name="web"]',
      '.spec.containers[name="web"].image',
      '.spec.tags[="x"]',
    ]);
  });
});

const schema: Schema = {
  properties: {
    keyed: {
      type: 'array',
      'x-kubernetes-list-type': 'map',
      'x-kubernetes-list-map-keys': ['id'],
      items: { type: 'object', properties: {} },
    },
    marks: { type: 'array', 'x-kubernetes-list-type': 'set', items: { type: 'string' } },
    whole: { type: 'array', items: { type: 'string' } },
    atom: { type: 'object', 'x-kubernetes-map-type': 'atomic' },
  },
};

describe('what a write changed', () => {
  test.for([
    ['nothing', { n: 1 }, { n: 1 }, undefined, undefined],
    ['a value', { n: 1, m: 1 }, { n: 2, m: 1 }, { 'f:n': {} }, undefined],
    ['a field goes', { n: 1 }, {}, undefined, { 'f:n': {} }],
    ['a map comes', {}, { map: { a: 1 } }, { 'f:map': { '.': {}, 'f:a': {} } }, undefined],
    [
      'an item changes',
      { keyed: [{ id: 1, n: 1 }] },
      { keyed: [{ id: 1, n: 2 }] },
      { 'f:keyed': { 'k:{"id":1}': { 'f:n': {} } } },
      undefined,
    ],
    ['a mark goes', { marks: ['a', 'b'] }, { marks: ['b'] }, undefined, { 'f:marks': { 'v:"a"': {} } }],
    ['a list that is one thing', { whole: ['a'] }, { whole: ['a', 'b'] }, { 'f:whole': {} }, undefined],
    ['a map that is one thing', { atom: { a: 1 } }, { atom: { a: 2 } }, { 'f:atom': {} }, undefined],
  ] as const)('%s', ([, before, after, changed, removed]) => {
    expect(compareFields(schema, before, after)).toEqual({ changed, removed });
  });
});
