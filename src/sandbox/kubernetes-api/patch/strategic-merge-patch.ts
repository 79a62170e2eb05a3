import type { Json, JsonObject } from '../../../lib/index.ts';
import { badRequest } from '../api-error.ts';
import { isList, isObject, isSame } from '../kubernetes-object.ts';
import { schemaOfField } from '../schema/prune.ts';
import type { Schema } from '../schema/schema.ts';

/**
 * Kubernetes' strategic merge patch: lists whose schema names a merge key are merged item by item. Directives: `$patch: replace | delete |
 * merge`, `$deleteFromPrimitiveList/<field>`, `$setElementOrder/<field>`, `$retainKeys`.
 */
export function applyStrategicMergePatch(schema: Schema, value: JsonObject, patch: JsonObject): JsonObject {
  if (patch.$patch === 'replace') return withoutDirectives(patch);
  if (patch.$patch === 'delete') return {};
  const merged: Record<string, Json> = { ...value };
  const retained = patch.$retainKeys;
  if (isList(retained)) {
    for (const field of Object.keys(merged)) if (!retained.includes(field)) delete merged[field];
  }
  for (const [field, next] of Object.entries(patch)) {
    if (field.startsWith('$')) continue;
    if (next === null) delete merged[field];
    else merged[field] = mergeField(schemaOfField(schema, field) ?? {}, merged[field], next);
  }
  for (const [directive, items] of Object.entries(patch)) {
    const [name, field] = splitDirective(directive);
    const list = field === undefined ? undefined : merged[field];
    if (field === undefined || !isList(list) || !isList(items)) continue;
    if (name === '$deleteFromPrimitiveList')
      merged[field] = list.filter((item) => !items.some((gone) => isSame(gone, item)));
    if (name === '$setElementOrder') merged[field] = inOrder(schemaOfField(schema, field) ?? {}, list, items);
  }
  return isSame(merged, value) ? value : merged;
}

function splitDirective(field: string): readonly [string, string | undefined] {
  const slash = field.startsWith('$') ? field.indexOf('/') : -1;
  return slash < 0 ? [field, undefined] : [field.slice(0, slash), field.slice(slash + 1)];
}

function mergeField(schema: Schema, current: Json | undefined, next: Json): Json {
  if (isObject(next)) {
    const result = applyStrategicMergePatch(schema, isObject(current) ? current : {}, next);
    return current !== undefined && isSame(current, result) ? current : result;
  }
  if (!isList(next)) return next;
  const strategy = schema['x-kubernetes-patch-strategy'] ?? '';
  if (!strategy.split(',').includes('merge')) return next;
  const key = schema['x-kubernetes-patch-merge-key'];
  const items = isList(current) ? current : [];
  if (key !== undefined) return mergeByKey(schema.items ?? {}, items, next, key);
  return [...items, ...next.filter((item) => !items.some((other) => isSame(other, item)))];
}

function mergeByKey(
  itemSchema: Schema,
  current: readonly Json[],
  patch: readonly Json[],
  key: string,
): readonly Json[] {
  const replaces = patch.some((item) => isObject(item) && item.$patch === 'replace' && item[key] === undefined);
  const merged: Json[] = replaces ? [] : [...current];
  for (const item of patch) {
    if (!isObject(item)) throw badRequest(`map: ${JSON.stringify(item)} does not contain declared merge key: ${key}`);
    if (item.$patch === 'replace' && item[key] === undefined) continue;
    const id = item[key];
    if (id === undefined) throw badRequest(`map: ${JSON.stringify(item)} does not contain declared merge key: ${key}`);
    const index = merged.findIndex((other) => isObject(other) && isSame(other[key], id));
    if (item.$patch === 'delete') {
      if (index >= 0) merged.splice(index, 1);
      continue;
    }
    const before = index < 0 ? {} : merged[index];
    const after = applyStrategicMergePatch(itemSchema, isObject(before) ? before : {}, item);
    if (index < 0) merged.push(after);
    else merged[index] = after;
  }
  return merged;
}

/** Listed items in the order asked for; the server's own items keep their place after them. */
function inOrder(schema: Schema, list: readonly Json[], order: readonly Json[]): readonly Json[] {
  const key = schema['x-kubernetes-patch-merge-key'];
  function rank(item: Json): number {
    const at = order.findIndex((wanted) =>
      key === undefined ? isSame(wanted, item) : isObject(wanted) && isObject(item) && isSame(wanted[key], item[key]),
    );
    return at < 0 ? order.length : at;
  }
  return list
    .map((item, index) => ({ item, index }))
    .sort((a, b) => rank(a.item) - rank(b.item) || a.index - b.index)
    .map(({ item }) => item);
}

function withoutDirectives(patch: JsonObject): JsonObject {
  return Object.fromEntries(Object.entries(patch).filter(([field]) => !field.startsWith('$')));
}
