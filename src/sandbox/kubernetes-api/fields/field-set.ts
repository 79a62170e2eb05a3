import type { Json, JsonObject } from '../../../lib/index.ts';
import { isList, isObject, isSame } from '../kubernetes-object.ts';
import { schemaOfField } from '../schema/prune.ts';
import type { Schema } from '../schema/schema.ts';
import { listKeyOf } from '../schema/validate.ts';
import { type FieldTree, makeTree, union } from './field-tree.ts';

export interface FieldChanges {
  /** Set to another value, or set for the first time. */
  readonly changed: FieldTree | undefined;
  readonly removed: FieldTree | undefined;
}

const nothing: FieldChanges = { changed: undefined, removed: undefined };

/** The server's own metadata belongs to no manager. */
const unmanaged = new Set([
  'name',
  'namespace',
  'uid',
  'resourceVersion',
  'generation',
  'creationTimestamp',
  'deletionTimestamp',
  'deletionGracePeriodSeconds',
  'selfLink',
  'managedFields',
]);

/** The object without what belongs to nobody. */
export function managedPart(object: JsonObject): JsonObject {
  const { apiVersion: _a, kind: _k, metadata, ...rest } = object;
  if (!isObject(metadata)) return rest;
  const kept = Object.fromEntries(Object.entries(metadata).filter(([field]) => !unmanaged.has(field)));
  return Object.keys(kept).length === 0 ? rest : { metadata: kept, ...rest };
}

/** How a value is taken apart: field by field, item by item, or not at all. */
function partsOf(schema: Schema, value: Json | undefined): ReadonlyMap<string, readonly [Json, Schema]> | undefined {
  if (isObject(value)) {
    if (schema['x-kubernetes-map-type'] === 'atomic') return undefined;
    const parts = Object.entries(value).map(
      ([field, child]) => [`f:${field}`, [child, schemaOfField(schema, field) ?? {}]] as const,
    );
    return new Map(parts);
  }
  if (!isList(value)) return undefined;
  const items = schema.items ?? {};
  switch (schema['x-kubernetes-list-type']) {
    case 'map':
      return new Map(value.map((item) => [`k:${JSON.stringify(listKeyOf(schema, item))}`, [item, items]] as const));
    case 'set':
      return new Map(value.map((item) => [`v:${JSON.stringify(item)}`, [item, items]] as const));
    default:
      return undefined;
  }
}

/** What differs between two values; `isAssumed`: an absent old value counts as an empty one (a Go struct is never absent). */
export function compareFields(
  schema: Schema,
  old: Json | undefined,
  next: Json | undefined,
  isAssumed = false,
): FieldChanges {
  if (old === next || (old !== undefined && next !== undefined && isSame(old, next))) return nothing;
  const before = partsOf(schema, old);
  const after = partsOf(schema, next);
  const isLeaf = (before === undefined && after === undefined) || sizeOf(before) + sizeOf(after) === 0;
  if (isLeaf) return next === undefined ? { changed: undefined, removed: {} } : { changed: {}, removed: undefined };
  if (old !== undefined && next !== undefined && (before === undefined || after === undefined)) {
    return anotherShape(schema, old, next);
  }
  const changed: Record<string, FieldTree> = {};
  const removed: Record<string, FieldTree> = {};
  for (const step of new Set([...(before?.keys() ?? []), ...(after?.keys() ?? [])])) {
    const [was, wasSchema] = before?.get(step) ?? [undefined, undefined];
    const [is, isSchema] = after?.get(step) ?? [undefined, undefined];
    const isThere = (isAssumed || (old !== undefined && next !== undefined)) && isStruct(schema, step);
    const child = compareFields(isSchema ?? wasSchema ?? {}, was, is, isThere);
    if (child.changed !== undefined) changed[step] = child.changed;
    if (child.removed !== undefined) removed[step] = child.removed;
  }
  return {
    changed: makeTree(old === undefined && !isAssumed, changed),
    removed: makeTree(next === undefined && !isAssumed, removed),
  };
}

/** A value that was one thing becomes a map or a keyed list, or the other way round: all of it changed. */
function anotherShape(schema: Schema, old: Json, next: Json): FieldChanges {
  const { '.': _itself, ...below } = compareFields(schema, old, undefined).removed ?? {};
  return {
    changed: union({}, compareFields(schema, undefined, next).changed),
    removed: makeTree(false, below),
  };
}

function sizeOf(parts: ReadonlyMap<string, unknown> | undefined): number {
  return parts?.size ?? 0;
}

/** A field that is there even when nothing is in it. */
function isStruct(schema: Schema, step: string): boolean {
  return step.startsWith('f:') && schema.structFields?.includes(step.slice(2)) === true;
}

/** Every field that a value sets: what an apply claims. */
export function fieldsOf(schema: Schema, value: Json): FieldTree | undefined {
  const parts = partsOf(schema, value);
  // An empty keyed list or set claims nothing, not even itself.
  if (parts?.size === 0 && isList(value)) return undefined;
  if (parts === undefined || parts.size === 0) return {};
  const children: Record<string, FieldTree> = {};
  for (const [step, [child, childSchema]] of parts) {
    const tree = fieldsOf(childSchema, child);
    const isDeclared = step.startsWith('f:') && schema.properties?.[step.slice(2)] !== undefined;
    const isEmptyList = tree === undefined;
    const isIn = !isEmptyList && (!isDeclared || Object.keys(tree).length === 0);
    const { '.': _in, ...below } = tree ?? {};
    const made = makeTree(isIn, below);
    if (made !== undefined) children[step] = made;
  }
  return makeTree(false, children);
}
