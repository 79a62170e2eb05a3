import type { Json, JsonObject } from '../../../lib/index.ts';
import { type Api, timestamp, type Write } from '../api.ts';
import { ApiError } from '../api-error.ts';
import { isList, isObject, isSame, type StoredObject } from '../kubernetes-object.ts';
import { groupVersionOf } from '../resources/resource.ts';
import { schemaOfField } from '../schema/prune.ts';
import type { Schema } from '../schema/schema.ts';
import { listKeyOf } from '../schema/validate.ts';
import { compareFields, fieldsOf, managedPart } from './field-set.ts';
import { type FieldTree, intersect, isMember, pathsOf, subtract, union } from './field-tree.ts';
import { type ManagedEntry, readEntries, withEntries } from './managed-fields.ts';

/** The outcome of merging one manager's configuration into an object. */
export interface Applied {
  /** In the served form. */
  readonly object: JsonObject;
  /** Writes the managers into the object once it was admitted. */
  track(object: StoredObject): StoredObject;
}

/**
 * Server-side apply: the configuration is merged in; what this manager applied before and left out now is removed unless somebody else owns
 * it; another manager's field with another value is a conflict, unless `force` takes it.
 */
export function applyConfiguration(
  api: Api,
  write: Write,
  current: { readonly stored: StoredObject | undefined; readonly served: JsonObject },
  request: { readonly config: JsonObject; readonly force: boolean },
): Applied {
  const { schema } = write.resource;
  const entries = readEntries(current.stored);
  const isOwn = (entry: ManagedEntry) =>
    entry.operation === 'Apply' && entry.manager === write.manager && entry.subresource === write.subresource;
  const own = entries.find(isOwn);
  const others = entries.filter((entry) => !isOwn(entry));

  const config = managedPart(request.config);
  const claimed = fieldsOf(schema, config);
  const merged = mergeTyped(schema, current.served, {
    ...request.config,
    ...config,
    metadata: mergedMetadata(request.config),
  });
  const changes = compareFields(schema, managedPart(current.served), managedPart(asObject(merged))).changed;
  const contested = others
    .map((entry) => ({ entry, fields: intersect(changes, entry.fields) }))
    .filter((each) => each.fields !== undefined);
  if (contested.length > 0 && !request.force) throw conflicts(contested);

  let othersFields: FieldTree | undefined;
  for (const entry of others) othersFields = union(othersFields, entry.fields);
  const dropped = subtract(subtract(own?.fields, claimed), othersFields);
  const object = dropped === undefined ? merged : removeFields(schema, merged, dropped);
  return {
    object: asObject(object),
    track(admitted) {
      const isIdle = own !== undefined && isSame(own.fields ?? {}, claimed ?? {}) && changes === undefined;
      const mine: ManagedEntry = {
        manager: write.manager,
        operation: 'Apply',
        apiVersion: groupVersionOf(write.resource),
        time: isIdle ? own.time : timestamp(api.nowMs()),
        subresource: write.subresource,
        fields: claimed,
      };
      const lost = union(intersect(changes, claimed), dropped);
      return withEntries(admitted, [
        mine,
        ...others.map((entry) => ({ ...entry, fields: subtract(entry.fields, lost) })),
      ]);
    },
  };
}

function mergedMetadata(config: JsonObject): JsonObject {
  const { managedFields: _f, ...metadata } = isObject(config.metadata) ? config.metadata : {};
  return metadata;
}

function asObject(value: Json): JsonObject {
  return isObject(value) ? value : {};
}

function conflicts(
  contested: readonly { readonly entry: ManagedEntry; readonly fields: FieldTree | undefined }[],
): ApiError {
  const causes = contested.flatMap(({ entry, fields }) => {
    const message = `conflict with ${whoIs(entry)}`;
    return pathsOf(fields ?? {}).map((field) => ({ reason: 'FieldManagerConflict', message, field }));
  });
  const [first] = causes;
  if (causes.length === 1 && first !== undefined) {
    return new ApiError(409, 'Conflict', `Apply failed with 1 conflict: ${first.message}: ${first.field}`, { causes });
  }
  const lines = contested.flatMap(({ entry, fields }) => [
    `conflicts with ${whoIs(entry)}:`,
    ...pathsOf(fields ?? {}).map((path) => `- ${path}`),
  ]);
  return new ApiError(409, 'Conflict', `Apply failed with ${causes.length} conflicts: ${lines.join('\n')}`, { causes });
}

function whoIs(entry: ManagedEntry): string {
  const via = entry.subresource === '' ? '' : ` with subresource "${entry.subresource}"`;
  return `"${entry.manager}"${via}${entry.operation === 'Update' ? ` using ${entry.apiVersion}` : ''}`;
}

function isAtomic(schema: Schema, value: Json): boolean {
  if (isObject(value)) return schema['x-kubernetes-map-type'] === 'atomic';
  const type = schema['x-kubernetes-list-type'];
  return !isList(value) || (type !== 'map' && type !== 'set');
}

function mergeTyped(schema: Schema, live: Json | undefined, config: Json): Json {
  if (live === undefined || isAtomic(schema, config)) return config;
  if (isObject(config)) {
    const merged: Record<string, Json> = isObject(live) ? { ...live } : {};
    for (const [field, child] of Object.entries(config)) {
      merged[field] = mergeTyped(schemaOfField(schema, field) ?? {}, merged[field], child);
    }
    return merged;
  }
  return isList(config) && isList(live) ? mergeItems(schema, live, config) : config;
}

/** The live order stays; items that only the configuration has follow those it names before them. */
function mergeItems(schema: Schema, live: readonly Json[], config: readonly Json[]): readonly Json[] {
  const keyOf = keyReader(schema);
  const wanted = new Map(config.map((item) => [keyOf(item), item]));
  const before = new Map(live.map((item) => [keyOf(item), item]));
  const merged: Json[] = [];
  const rest = [...live];
  for (const [key, item] of wanted) {
    while (rest[0] !== undefined && !wanted.has(keyOf(rest[0]))) merged.push(...rest.splice(0, 1));
    const index = rest.findIndex((each) => keyOf(each) === key);
    if (index >= 0) rest.splice(index, 1);
    merged.push(mergeTyped(schema.items ?? {}, before.get(key), item));
  }
  return [...merged, ...rest];
}

function keyReader(schema: Schema): (item: Json) => string {
  return schema['x-kubernetes-list-type'] === 'map'
    ? (item) => `k:${JSON.stringify(listKeyOf(schema, item))}`
    : (item) => `v:${JSON.stringify(item)}`;
}

/** Takes out the members of `fields`. An item of a keyed list goes whole; a map that somebody else still fills stays. */
function removeFields(schema: Schema, value: Json, fields: FieldTree): Json {
  if (isList(value)) {
    const keyOf = keyReader(schema);
    const kept = value.filter((item) => {
      const child = fields[keyOf(item)];
      return child === undefined || !isMember(child);
    });
    return kept.map((item) => removeFields(schema.items ?? {}, item, fields[keyOf(item)] ?? { '.': {} }));
  }
  if (!isObject(value)) return value;
  const left: Record<string, Json> = { ...value };
  for (const [step, tree] of Object.entries(fields)) {
    const field = step.slice(2);
    const child = left[field];
    if (!step.startsWith('f:') || child === undefined) continue;
    const childSchema = schemaOfField(schema, field) ?? {};
    const isWhole = isMember(tree) && isAtomic(childSchema, child);
    const kept = isWhole ? undefined : removeFields(childSchema, child, tree);
    if (kept === undefined || isEmpty(kept)) delete left[field];
    else left[field] = kept;
  }
  return left;
}

function isEmpty(value: Json): boolean {
  return (isObject(value) || isList(value)) && Object.keys(value).length === 0;
}
