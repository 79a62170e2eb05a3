import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { AnalysisRun, AnalysisTemplate } from '../../../src/analysis/index.ts';
import { Experiment, Rollout } from '../../../src/rollout/index.ts';
import type { Json } from '../../support/json.ts';
import { definitions } from '../lint/definitions.ts';

// What the API server stores can be read: an object that cannot would stand there without a word about what is wrong with it.

const Schema = z.looseObject({
  type: z.string().optional(),
  enum: z.array(z.string()).optional(),
  required: z.array(z.string()).optional(),
  properties: z.record(z.string(), z.unknown()).optional(),
  items: z.unknown().optional(),
  additionalProperties: z.unknown().optional(),
  'x-kubernetes-int-or-string': z.boolean().optional(),
});

/** The least that this schema allows. */
function leastOf(of: unknown): Json {
  const schema = Schema.parse(of);
  if (schema['x-kubernetes-int-or-string'] === true) return 1;
  switch (schema.type) {
    case 'object':
      return Object.fromEntries((schema.required ?? []).map((key) => [key, leastOf(schema.properties?.[key])]));
    case 'array':
      return [leastOf(schema.items)];
    case 'integer':
    case 'number':
      return 1;
    case 'boolean':
      return true;
    case 'string':
      return schema.enum?.[0] ?? 'x';
    default:
      return {};
  }
}

interface Sample {
  readonly path: string;
  readonly value: Json;
}

/** For each field at any depth: objects with nothing but it and what the schema asks for around it. */
function* samplesOf(of: unknown, path: string): Generator<Sample> {
  const schema = Schema.parse(of);
  if (schema['x-kubernetes-int-or-string'] === true) {
    yield { path, value: 'x' };
    yield { path, value: -1 };
  } else if (schema.type === 'object') {
    const least = leastOf(schema);
    yield { path, value: least };
    for (const [key, child] of Object.entries(schema.properties ?? {})) {
      for (const sample of samplesOf(child, `${path}.${key}`))
        yield { path: sample.path, value: { ...Object(least), [key]: sample.value } };
    }
    if (typeof schema.additionalProperties === 'object') {
      for (const sample of samplesOf(schema.additionalProperties, `${path}.x`))
        yield { path: sample.path, value: { x: sample.value } };
    }
  } else if (schema.type === 'array') {
    yield { path, value: [] };
    for (const sample of samplesOf(schema.items, `${path}[]`)) yield { path: sample.path, value: [sample.value] };
  } else if (schema.type === 'string') {
    for (const value of schema.enum ?? ['', 'x']) yield { path, value };
  } else {
    yield { path, value: schema.type === 'boolean' ? false : leastOf(schema) };
  }
}

describe('every field alone, as the definition allows it, can be read', () => {
  it.each([
    ['Rollout', Rollout],
    ['Experiment', Experiment],
    ['AnalysisRun', AnalysisRun],
    ['AnalysisTemplate', AnalysisTemplate],
    ['ClusterAnalysisTemplate', AnalysisTemplate],
  ] as const)('%s', { timeout: 120_000 }, (kind, read) => {
    const { spec } = Schema.parse(definitions[kind]).properties ?? {};
    const samples = [...samplesOf(spec, 'spec')];
    expect(samples.length).toBeGreaterThan(60);
    const unread = samples.flatMap(({ path, value }) => {
      const parsed = read.safeParse({ kind, metadata: { name: 'x' }, spec: value });
      return parsed.success ? [] : [`${path}: ${z.prettifyError(parsed.error)}`];
    });
    expect(unread).toEqual([]);
  });
});
