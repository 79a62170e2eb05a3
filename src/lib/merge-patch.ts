import type { Json, JsonObject } from './kubernetes-object.ts';

/**
 * The RFC 7386 merge patch that turns `before` into `after`, or undefined when they are equal. Lists are replaced whole; a key that
 * is gone becomes null. Keys whose value is undefined count as absent.
 */
export function mergePatchOf(before: JsonObject, after: JsonObject): JsonObject | undefined {
  const patch: Record<string, Json> = {};
  for (const key of new Set([...Object.keys(before), ...Object.keys(after)])) {
    const old = before[key];
    const next = after[key];
    if (next === undefined || next === null) {
      if (old !== undefined && old !== null) patch[key] = null;
    } else if (isObject(old) && isObject(next)) {
      const inner = mergePatchOf(old, next);
      if (inner !== undefined) patch[key] = inner;
    } else if (!isEqual(old, next)) {
      patch[key] = withoutNulls(next);
    }
  }
  return Object.keys(patch).length === 0 ? undefined : patch;
}

/** Whether two JSON values say the same; the order of keys does not matter. */
export function isEqual(a: Json | undefined, b: Json | undefined): boolean {
  if (a === b) return true;
  if (Array.isArray(a) && Array.isArray(b)) {
    return a.length === b.length && a.every((item, index) => isEqual(item, b[index]));
  }
  return isObject(a) && isObject(b) && mergePatchOf(a, b) === undefined;
}

function isObject(value: Json | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** A null inside a new object would delete, and undefined is no JSON: both are left out. */
function withoutNulls(value: Json): Json {
  if (!isObject(value)) return value;
  const kept: Record<string, Json> = {};
  for (const [key, inner] of Object.entries(value)) {
    if (inner !== null && inner !== undefined) kept[key] = withoutNulls(inner);
  }
  return kept;
}
