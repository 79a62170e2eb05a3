import type { Json, JsonObject } from '../../../lib/index.ts';
import { badRequest } from '../api-error.ts';
import { isList, isObject, isSame, listAt } from '../kubernetes-object.ts';
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
    if (name === '$setElementOrder') {
      const key = schemaOfField(schema, field)?.['x-kubernetes-patch-merge-key'];
      merged[field] = inOrder(key, list, items, listAt(value, field));
    }
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
  const merged =
    key === undefined
      ? [...items, ...next.filter((item) => !items.some((other) => isSame(other, item)))]
      : mergeByKey(schema.items ?? {}, items, next, key);
  return inOrder(key, merged, next, items);
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

/** Which item is meant: by its merge key, or by itself. */
function isItem(key: string | undefined, a: Json, b: Json): boolean {
  if (key === undefined) return isSame(a, b);
  return isObject(a) && isObject(b) && isSame(a[key], b[key]);
}

/**
 * Kubernetes' order after a merge: the patch's items in the patch's order, the server's own items in theirs; of two heads the server's goes
 * first only when it stood before the other on the server.
 */
function inOrder(
  key: string | undefined,
  list: readonly Json[],
  order: readonly Json[],
  server: readonly Json[],
): readonly Json[] {
  const rankIn = (among: readonly Json[], item: Json) => among.findIndex((each) => isItem(key, each, item));
  const asked = list.filter((item) => rankIn(order, item) >= 0).sort((a, b) => rankIn(order, a) - rankIn(order, b));
  const own = list.filter((item) => rankIn(order, item) < 0);
  const merged: Json[] = [];
  for (const item of asked) {
    const place = rankIn(server, item);
    while (own[0] !== undefined && place >= 0 && rankIn(server, own[0]) >= 0 && rankIn(server, own[0]) < place) {
      merged.push(...own.splice(0, 1));
    }
    merged.push(item);
  }
  return [...merged, ...own];
}

function withoutDirectives(patch: JsonObject): JsonObject {
  return Object.fromEntries(Object.entries(patch).filter(([field]) => !field.startsWith('$')));
}
