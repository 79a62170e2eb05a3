import type { Json, JsonObject } from '../../../lib/index.ts';
import { isObject, objectAt, textAt, withField } from '../kubernetes-object.ts';
import type { Schema } from '../schema/schema.ts';
import { fieldsOf, managedPart } from './field-set.ts';
import type { FieldTree } from './field-tree.ts';

/** What client-side apply writes down on an object of what it was given. */
const annotation = 'kubectl.kubernetes.io/last-applied-configuration';
const longestBytes = 262_144;
/** Only who goes by kubectl's own name takes over what client-side apply did. */
export const kubectl = 'kubectl';

/** The fields that client-side apply set: kubectl's server-side apply may change them without a conflict. */
export function lastAppliedFields(schema: Schema, object: JsonObject): FieldTree | undefined {
  const text = textAt(annotationsOf(object), annotation);
  if (text === '') return undefined;
  try {
    const config: Json = JSON.parse(text);
    return isObject(config) ? fieldsOf(schema, managedPart(config)) : undefined;
  } catch {
    return undefined;
  }
}

/** Keeps the annotation of an object that has one true, so that a later client-side apply starts from what was applied last. */
export function withLastApplied(object: JsonObject, config: JsonObject): JsonObject {
  if (annotationsOf(object)[annotation] === undefined) return object;
  const metadata = objectAt(config, 'metadata');
  const left = withField(objectAt(metadata, 'annotations'), annotation, undefined);
  const annotations = Object.keys(left).length === 0 ? undefined : left;
  const kept = withField(config, 'metadata', withField(metadata, 'annotations', annotations));
  const text = `${JSON.stringify(sorted(kept))}\n`;
  if (Buffer.byteLength(text) > longestBytes) return object;
  const written = { ...annotationsOf(object), [annotation]: text };
  return { ...object, metadata: { ...objectAt(object, 'metadata'), annotations: written } };
}

function annotationsOf(object: JsonObject): JsonObject {
  return objectAt(objectAt(object, 'metadata'), 'annotations');
}

function sorted(value: Json): Json {
  if (Array.isArray(value)) return value.map(sorted);
  if (!isObject(value)) return value;
  const fields = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return Object.fromEntries(fields.map(([field, child]) => [field, sorted(child)]));
}
