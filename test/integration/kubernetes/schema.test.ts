import { afterAll, beforeAll, expect, test } from 'vitest';
import { type InstalledSchemas, readInstalledSchemas, resources } from '../../../src/kubernetes/index.ts';
import type { JsonObject } from '../../../src/lib/index.ts';
import { definitionOf, startTestCluster, type TestCluster } from '../../support/test-cluster.ts';

const gadgets = { group: 'example.com', version: 'v1', plural: 'gadgets', kind: 'Gadget' };
const anything = { type: 'object', 'x-kubernetes-preserve-unknown-fields': true };
const definition = definitionOf(gadgets, {
  spec: { type: 'object', properties: { template: { ...anything, properties: { size: { type: 'object' } } } } },
  status: {
    type: 'object',
    properties: {
      phase: { type: 'string' },
      conditions: { type: 'array', items: { type: 'object', properties: { type: { type: 'string' } } } },
      labels: { type: 'object', additionalProperties: { type: 'string' } },
      counts: {
        type: 'object',
        additionalProperties: { type: 'object', properties: { value: { type: 'integer' } } },
      },
    },
  },
});

let tools: TestCluster;
let schemas: InstalledSchemas;
beforeAll(async () => {
  tools = await startTestCluster([definition]);
  schemas = await readInstalledSchemas(tools.cluster, [gadgets, resources.replicaSets], tools.signal);
});
afterAll(() => tools.stop());

const written: JsonObject = {
  spec: { template: { any: { thing: 1 }, size: { lost: 1 } }, lost: true },
  status: {
    phase: 'Healthy',
    duration: 'only in a later version',
    conditions: [{ type: 'A', lost: 1 }, { type: 'B' }],
    labels: { a: 'b' },
    counts: { x: { value: 1, lost: 2 } },
  },
  lost: 1,
};

test('what is kept is exactly what the API server keeps', async () => {
  const namespace = await tools.namespace();
  const object = { metadata: { namespace, name: 'one' }, ...written };
  await tools.cluster.create(gadgets, { metadata: { namespace, name: 'one' } }, { signal: tools.signal });
  const name = { namespace, name: 'one' };
  await tools.cluster.patchMerge(gadgets, name, written, { signal: tools.signal });
  const stored = await tools.cluster.patchMerge(gadgets, name, written, {
    signal: tools.signal,
    subresource: 'status',
  });
  const kept = schemas.keepKnown(gadgets, object);
  expect(kept.spec).toEqual(stored.spec);
  expect(kept.status).toEqual(stored.status);
  expect(Object.keys(kept).toSorted()).toEqual(['metadata', 'spec', 'status']);
  expect(kept.metadata).toEqual(object.metadata);
});

test('a null that removes a field stays, where the field is known', () => {
  const patch = { status: { phase: null, duration: null, labels: null } };
  expect(schemas.keepKnown(gadgets, patch)).toEqual({ status: { phase: null, labels: null } });
});

test('kinds without a definition keep all', () => {
  expect(schemas.keepKnown(resources.replicaSets, written)).toEqual(written);
});

test('says which kinds have no definition', () => {
  expect(schemas.missing).toEqual([resources.replicaSets]);
});
