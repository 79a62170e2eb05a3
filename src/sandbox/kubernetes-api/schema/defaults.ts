import type { Json, JsonObject } from '../../../lib/index.ts';
import { isList, isObject } from '../kubernetes-object.ts';
import type { Schema } from './schema.ts';

/** Fills in the schema's defaults below what is present. Returns the same value where nothing was filled. */
export function applyDefaults(schema: Schema, value: Json): Json {
  if (isList(value)) {
    const items = schema.items;
    if (items === undefined) return value;
    let changed = false;
    const filled = value.map((item) => {
      const next = applyDefaults(items, item);
      changed ||= next !== item;
      return next;
    });
    return changed ? filled : value;
  }
  return isObject(value) ? fillObject(schema, value) : value;
}

function fillObject(schema: Schema, value: JsonObject): JsonObject {
  let copy: Record<string, Json> | undefined;
  const properties = schema.properties ?? {};
  for (const field in properties) {
    const childSchema = properties[field];
    if (childSchema === undefined) continue;
    const given = value[field];
    const start = given === undefined ? childSchema.default : given;
    if (start === undefined) continue;
    const filled = applyDefaults(childSchema, start);
    if (filled === given) continue;
    copy ??= { ...value };
    copy[field] = filled;
  }
  const { additionalProperties } = schema;
  if (typeof additionalProperties === 'object') {
    for (const [field, child] of Object.entries(value)) {
      if (properties[field] !== undefined) continue;
      const filled = applyDefaults(additionalProperties, child);
      if (filled === child) continue;
      copy ??= { ...value };
      copy[field] = filled;
    }
  }
  return copy ?? value;
}
