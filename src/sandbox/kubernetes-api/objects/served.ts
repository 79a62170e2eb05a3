import type { JsonObject } from '../../../lib/index.ts';
import { isObject, type StoredObject } from '../kubernetes-object.ts';
import { groupVersionOf, type Resource } from '../resources/resource.ts';
import { applyDefaults } from '../schema/defaults.ts';
import type { Schema } from '../schema/schema.ts';

/** The form in which a version of the API shows a stored object. */
export function toServed(resource: Resource, object: StoredObject): JsonObject {
  if (resource.convert !== undefined) return resource.convert.toServed(object);
  const shown = resource.isBuiltIn ? object : withDefaults(resource.schema, object);
  const apiVersion = groupVersionOf(resource);
  return shown.apiVersion === apiVersion ? shown : { ...shown, apiVersion };
}

const defaulted = new WeakMap<StoredObject, WeakMap<Schema, JsonObject>>();

/** A custom kind's defaults also fill objects that are older than they are. */
function withDefaults(schema: Schema, object: StoredObject): JsonObject {
  const held = defaulted.get(object) ?? new WeakMap<Schema, JsonObject>();
  defaulted.set(object, held);
  const known = held.get(schema);
  if (known !== undefined) return known;
  const filled = applyDefaults(schema, object);
  const shown = isObject(filled) ? filled : object;
  held.set(schema, shown);
  return shown;
}
