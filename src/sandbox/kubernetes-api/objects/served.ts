import type { JsonObject } from '../../../lib/index.ts';
import type { StoredObject } from '../kubernetes-object.ts';
import { groupVersionOf, type Resource } from '../resources/resource.ts';

/** The form in which a version of the API shows a stored object. */
export function toServed(resource: Resource, object: StoredObject): JsonObject {
  if (resource.convert !== undefined) return resource.convert.toServed(object);
  const apiVersion = groupVersionOf(resource);
  return object.apiVersion === apiVersion ? object : { ...object, apiVersion };
}
