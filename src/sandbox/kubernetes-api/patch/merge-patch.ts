import type { Json, JsonObject } from '../../../lib/index.ts';
import { isObject, isSame } from '../kubernetes-object.ts';

/** RFC 7386: `null` removes, objects merge, everything else replaces. Shares what the patch does not change. */
export function applyMergePatch(value: JsonObject, patch: JsonObject): JsonObject {
  const merged: Record<string, Json> = { ...value };
  let changed = false;
  for (const [field, next] of Object.entries(patch)) {
    const current = value[field];
    if (next === null) {
      if (current === undefined) continue;
      delete merged[field];
      changed = true;
      continue;
    }
    const result: Json = isObject(next) ? applyMergePatch(isObject(current) ? current : {}, next) : next;
    if (current !== undefined && isSame(current, result)) continue;
    merged[field] = result;
    changed = true;
  }
  return changed ? merged : value;
}
