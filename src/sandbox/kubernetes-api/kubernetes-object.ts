import type { Json, JsonObject } from '../../lib/index.ts';

/** Metadata as the server keeps it. Everything in the store is immutable: a write makes another object and shares what did not change. */
export interface Metadata {
  readonly name: string;
  readonly namespace?: string;
  readonly uid: string;
  readonly resourceVersion: string;
  readonly creationTimestamp: string;
  readonly [field: string]: Json;
}

/** One stored object. `kind` and `apiVersion` come first, so that their bytes can be cut off its text in lists. */
export interface StoredObject {
  readonly kind: string;
  readonly apiVersion: string;
  readonly metadata: Metadata;
  readonly [field: string]: Json;
}

export interface OwnerReference {
  readonly apiVersion: string;
  readonly kind: string;
  readonly name: string;
  readonly uid: string;
  readonly controller: boolean;
  readonly blockOwnerDeletion: boolean;
}

export function isObject(value: Json | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Has this JSON everything that the server gives each object? */
export function isStored(value: Json | undefined): value is StoredObject {
  if (!isObject(value) || !isObject(value.metadata)) return false;
  const { name, uid, resourceVersion, creationTimestamp } = value.metadata;
  const texts = [value.kind, value.apiVersion, name, uid, resourceVersion, creationTimestamp];
  return texts.every((text) => typeof text === 'string');
}

export function isList(value: Json | undefined): value is readonly Json[] {
  return Array.isArray(value);
}

/** The object at a field, or an empty one. */
export function objectAt(value: JsonObject | undefined, field: string): JsonObject {
  const child = value?.[field];
  return isObject(child) ? child : {};
}

export function textAt(value: JsonObject | undefined, field: string): string {
  const child = value?.[field];
  return typeof child === 'string' ? child : '';
}

export function listAt(value: JsonObject | undefined, field: string): readonly Json[] {
  const child = value?.[field];
  return isList(child) ? child : [];
}

export function textsAt(value: JsonObject | undefined, field: string): readonly string[] {
  return listAt(value, field).filter((item) => typeof item === 'string');
}

export function numberAt(value: JsonObject | undefined, field: string): number | undefined {
  const child = value?.[field];
  return typeof child === 'number' ? child : undefined;
}

/** A copy with one field set, or removed when `value` is undefined; the same object when nothing changes. */
export function withField<T extends JsonObject>(object: T, field: string, value: Json | undefined): T {
  if (object[field] === value) return object;
  const copy: Record<string, Json> = { ...object };
  if (value === undefined) delete copy[field];
  else copy[field] = value;
  return copy as T;
}

/** The value below a dotted path such as `.spec.replicas`. */
export function valueAt(object: Json | undefined, path: readonly string[]): Json | undefined {
  let value = object;
  for (const field of path) value = isObject(value) ? value[field] : undefined;
  return value;
}

/** A copy with the value below a path set; objects on the way are made. */
export function withValueAt(object: JsonObject, path: readonly string[], value: Json | undefined): JsonObject {
  const [field, ...rest] = path;
  if (field === undefined) return object;
  if (rest.length === 0) return withField(object, field, value);
  return withField(object, field, withValueAt(objectAt(object, field), rest, value));
}

/** Same JSON? Stops at shared references, so comparing a patched object with its original costs what changed. */
export function isSame(a: Json | undefined, b: Json | undefined): boolean {
  if (a === b) return true;
  if (isList(a) && isList(b)) return a.length === b.length && a.every((item, index) => isSame(item, b[index]));
  if (!isObject(a) || !isObject(b)) return false;
  const keys = Object.keys(a);
  if (keys.length !== Object.keys(b).length) return false;
  return keys.every((key) => b[key] !== undefined && isSame(a[key], b[key]));
}

export function ownersOf(object: StoredObject): readonly OwnerReference[] {
  return listAt(object.metadata, 'ownerReferences')
    .filter(isObject)
    .map((owner) => ({
      apiVersion: textAt(owner, 'apiVersion'),
      kind: textAt(owner, 'kind'),
      name: textAt(owner, 'name'),
      uid: textAt(owner, 'uid'),
      controller: owner.controller === true,
      blockOwnerDeletion: owner.blockOwnerDeletion === true,
    }));
}

export function labelsOf(object: JsonObject): { readonly [label: string]: string } {
  const labels: Record<string, string> = {};
  for (const [key, value] of Object.entries(objectAt(objectAt(object, 'metadata'), 'labels'))) {
    if (typeof value === 'string') labels[key] = value;
  }
  return labels;
}
