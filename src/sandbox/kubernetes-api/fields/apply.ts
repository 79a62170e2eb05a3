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
import { kubectl, lastAppliedFields, withLastApplied } from './last-applied.ts';
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
  request: { readonly config: JsonObject; readonly given: JsonObject; readonly force: boolean },
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
    .filter((each) => each.fields !== undefined)
    .sort((a, b) => (a.entry.manager < b.entry.manager ? -1 : 1));
  const allowed = write.manager === kubectl ? lastAppliedFields(schema, current.served) : undefined;
  const isRefused = contested.some((each) => subtract(each.fields, allowed) !== undefined);
  if (isRefused && !request.force) throw conflicts(contested);

  let othersFields: FieldTree | undefined;
  for (const entry of others) othersFields = union(othersFields, entry.fields);
  const dropped = subtract(subtract(own?.fields, claimed), othersFields);
  const object =
    dropped === undefined
      ? merged
      : removeFields(schema, merged, { fields: dropped, kept: union(othersFields, claimed) });
  const whole = asObject(object);
  return {
    object: write.manager === kubectl ? withLastApplied(whole, request.given) : whole,
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

/**
 * The order that structured-merge-diff gives: live items keep their place, but where both lists name an item, the configuration's order of
 * those wins. https://github.com/kubernetes-sigs/structured-merge-diff/blob/v6.3.0/typed/merge.go
 */
function mergeItems(schema: Schema, live: readonly Json[], config: readonly Json[]): readonly Json[] {
  const keyOf = keyReader(schema);
  const wanted = new Map(config.map((item) => [keyOf(item), item]));
  const before = new Map(live.map((item) => [keyOf(item), item]));
  const wantedKeys = [...wanted.keys()];
  const liveKeys = live.map(keyOf);
  const shared = wantedKeys.filter((key) => before.has(key));
  const done = new Set<string>();
  const merged: Json[] = [];
  function take(key: string): void {
    const item = wanted.get(key);
    done.add(key);
    if (shared[0] === key) shared.shift();
    if (item !== undefined) merged.push(mergeTyped(schema.items ?? {}, before.get(key), item));
  }
  let left = 0;
  let right = 0;
  while (left < liveKeys.length || right < wantedKeys.length) {
    const ours = liveKeys[left];
    const theirs = wantedKeys[right];
    if (ours !== undefined && ours === theirs) {
      take(ours);
      left += 1;
      right += 1;
    } else if (ours !== undefined && !wanted.has(ours)) {
      merged.push(live[left] ?? null);
      left += 1;
    } else if (ours !== undefined && (done.has(ours) || (theirs !== undefined && shared[0] !== ours))) {
      left += 1;
    } else if (theirs !== undefined) {
      take(theirs);
      right += 1;
    } else left += 1;
  }
  return merged;
}

function keyReader(schema: Schema): (item: Json) => string {
  return schema['x-kubernetes-list-type'] === 'map'
    ? (item) => `k:${JSON.stringify(listKeyOf(schema, item))}`
    : (item) => `v:${JSON.stringify(item)}`;
}

interface Removal {
  /** What its manager left out. */
  readonly fields: FieldTree;
  /** What others own: it stays, and what holds it. */
  readonly kept: FieldTree | undefined;
}

/** Takes out what a manager left out, with all below it (a default that the server filled in, too), but for what others own. */
function removeFields(schema: Schema, value: Json, { fields, kept }: Removal): Json {
  if (isList(value)) {
    const keyOf = keyReader(schema);
    const isWanted = (item: Json) => {
      const child = fields[keyOf(item)];
      return child === undefined || !isMember(child) || kept?.[keyOf(item)] !== undefined;
    };
    return value.filter(isWanted).map((item) => {
      const below = fields[keyOf(item)];
      return below === undefined
        ? item
        : removeFields(schema.items ?? {}, item, { fields: below, kept: kept?.[keyOf(item)] });
    });
  }
  if (!isObject(value)) return value;
  const left: Record<string, Json> = { ...value };
  for (const [step, tree] of Object.entries(fields)) {
    const field = step.slice(2);
    const child = left[field];
    if (!step.startsWith('f:') || child === undefined) continue;
    const keptBelow = kept?.[step];
    const isWhole = isMember(tree) && keptBelow === undefined;
    const rest = isWhole
      ? undefined
      : removeFields(schemaOfField(schema, field) ?? {}, child, { fields: tree, kept: keptBelow });
    if (rest === undefined || (isEmpty(rest) && keptBelow === undefined)) delete left[field];
    else left[field] = rest;
  }
  return left;
}

function isEmpty(value: Json): boolean {
  return (isObject(value) || isList(value)) && Object.keys(value).length === 0;
}
