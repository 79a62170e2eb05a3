import type { Json, JsonObject } from '../../../lib/index.ts';
import { isList, isObject } from '../kubernetes-object.ts';
import { canonicalQuantity } from './quantity.ts';
import type { Schema } from './schema.ts';

export interface PruneOptions {
  /** Collects the paths of fields the schema does not know, for strict field validation. */
  readonly unknown: string[];
  /** Built-in kinds decode `null` as absent, and print no empty list or map; custom kinds keep `null` where it is allowed. */
  readonly isBuiltIn: boolean;
}

/** Drops what the schema does not know. Returns the same value where nothing was dropped. */
export function prune(schema: Schema, value: Json, path: string, options: PruneOptions): Json {
  if (isList(value)) {
    const items = schema.items;
    if (items === undefined) return value;
    let changed = false;
    const kept = value.map((item, index) => {
      const pruned = prune(items, item, `${path}[${index}]`, options);
      changed ||= pruned !== item;
      return pruned;
    });
    return changed ? kept : value;
  }
  if (isObject(value)) return pruneObject(schema, value, path, options);
  return schema.isQuantity && value !== null ? canonicalQuantity(String(value)) : value;
}

function pruneObject(schema: Schema, value: JsonObject, path: string, options: PruneOptions): JsonObject {
  const kept: Record<string, Json> = {};
  let changed = false;
  for (const [field, child] of Object.entries(value)) {
    const childSchema = schemaOfField(schema, field);
    const childPath = path === '' ? field : `${path}.${field}`;
    if (childSchema === undefined) {
      options.unknown.push(childPath);
      changed = true;
      continue;
    }
    const isDropped = child === null && (options.isBuiltIn || !(childSchema.nullable || isOpen(childSchema)));
    if (isDropped) {
      changed = true;
      continue;
    }
    // Everybody's metadata decodes into the same Go struct: `creationTimestamp: null` is absent there too.
    const childOptions = childPath === 'metadata' ? { ...options, isBuiltIn: true } : options;
    const pruned = prune(childSchema, child, childPath, childOptions);
    changed ||= pruned !== child;
    if (childOptions.isBuiltIn && isOmitted(schema, field, childSchema, pruned)) {
      changed = true;
      continue;
    }
    kept[field] = pruned;
  }
  return changed ? kept : value;
}

/** Go's omitempty: an empty list or map of an optional field is not there. An empty struct (`emptyDir: {}`) is. */
function isOmitted(schema: Schema, field: string, childSchema: Schema, value: Json): boolean {
  if (childSchema.omitsZero && (value === 0 || value === false)) return true;
  if (schema.required?.includes(field) || schema.properties?.[field] === undefined) return false;
  // Free-form JSON, such as a CRD's `default: []`, is a value of its own.
  if (isList(value)) return childSchema.type === 'array' && value.length === 0;
  const isMap = childSchema.additionalProperties !== undefined;
  return isMap && isObject(value) && Object.keys(value).length === 0;
}

/** Free-form parts keep what they hold, `null` too. */
function isOpen(schema: Schema): boolean {
  return schema.type === undefined && schema['x-kubernetes-preserve-unknown-fields'] === true;
}

const open: Schema = { 'x-kubernetes-preserve-unknown-fields': true };

/** The schema of a field; undefined when the field is unknown here. */
export function schemaOfField(schema: Schema, field: string): Schema | undefined {
  const known = schema.properties?.[field];
  if (known !== undefined) return known;
  if (typeof schema.additionalProperties === 'object') return schema.additionalProperties;
  if (schema.additionalProperties === true || schema['x-kubernetes-preserve-unknown-fields']) return open;
  if (schema['x-kubernetes-embedded-resource'] && ['apiVersion', 'kind', 'metadata'].includes(field)) return open;
  return undefined;
}
