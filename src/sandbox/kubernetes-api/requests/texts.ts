import type { StoredObject } from '../kubernetes-object.ts';
import { toServed } from '../objects/served.ts';
import { groupVersionOf, type Resource } from '../resources/resource.ts';

/** The bytes of an object as one version serves it; made once per object and kind as served, however many ask. */
const texts = new WeakMap<StoredObject, Map<Resource, string>>();

export function textOf(resource: Resource, object: StoredObject): string {
  let versions = texts.get(object);
  if (versions === undefined) {
    versions = new Map();
    texts.set(object, versions);
  }
  let text = versions.get(resource);
  if (text === undefined) {
    text = JSON.stringify(toServed(resource, object));
    versions.set(resource, text);
  }
  return text;
}

/** As an item of a list: built-in kinds leave out kind and apiVersion there, as the list says them. */
export function itemTextOf(resource: Resource, object: StoredObject): string {
  const text = textOf(resource, object);
  if (!resource.isBuiltIn) return text;
  const head = `"kind":${JSON.stringify(resource.kind)},"apiVersion":${JSON.stringify(groupVersionOf(resource))},`;
  return text.startsWith(head, 1) ? `{${text.slice(head.length + 1)}` : text;
}
