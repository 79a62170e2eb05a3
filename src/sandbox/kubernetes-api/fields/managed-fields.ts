import type { Json, JsonObject } from '../../../lib/index.ts';
import { type Api, timestamp, type Write } from '../api.ts';
import { isObject, isSame, listAt, type StoredObject, textAt, withField } from '../kubernetes-object.ts';
import { toServed } from '../objects/served.ts';
import { groupVersionOf } from '../resources/resource.ts';
import { compareFields, type FieldChanges, managedPart } from './field-set.ts';
import { type FieldTree, subtract, union } from './field-tree.ts';

/** Who owns which fields: one line of `metadata.managedFields`. */
export interface ManagedEntry {
  readonly manager: string;
  readonly operation: 'Apply' | 'Update';
  readonly apiVersion: string;
  readonly time: string;
  readonly subresource: string;
  readonly fields: FieldTree | undefined;
}

/** More managers than this that only update are folded into one, `ancient-changes`: the oldest first. */
const mostUpdaters = 10;

export function readEntries(object: StoredObject | undefined): readonly ManagedEntry[] {
  return listAt(object?.metadata, 'managedFields')
    .filter(isObject)
    .map((entry) => ({
      manager: textAt(entry, 'manager'),
      operation: entry.operation === 'Apply' ? 'Apply' : 'Update',
      apiVersion: textAt(entry, 'apiVersion'),
      time: textAt(entry, 'time'),
      subresource: textAt(entry, 'subresource'),
      fields: isObject(entry.fieldsV1) ? treeOf(entry.fieldsV1) : undefined,
    }));
}

function treeOf(json: JsonObject): FieldTree {
  return Object.fromEntries(Object.entries(json).map(([step, child]) => [step, isObject(child) ? treeOf(child) : {}]));
}

/** The object with its managers as given; those that own nothing any more are dropped. */
export function withEntries(object: StoredObject, entries: readonly ManagedEntry[]): StoredObject {
  const kept = entries
    .filter((entry) => entry.fields !== undefined && Object.keys(entry.fields).length > 0)
    .sort(
      (a, b) =>
        rank(a) - rank(b) ||
        compareText(a.time, b.time) ||
        compareText(a.manager, b.manager) ||
        compareText(a.subresource, b.subresource),
    );
  const lines: Json[] = folded(kept).map((entry) => ({
    manager: entry.manager,
    operation: entry.operation,
    apiVersion: entry.apiVersion,
    time: entry.time,
    fieldsType: 'FieldsV1',
    fieldsV1: entry.fields ?? {},
    ...(entry.subresource === '' ? {} : { subresource: entry.subresource }),
  }));
  if (isSame(lines, object.metadata.managedFields)) return object;
  return { ...object, metadata: withField(object.metadata, 'managedFields', lines) };
}

/**
 * Clients may rewrite who owns what (kubectl does, to hand the fields of client-side apply over to server-side apply): the object as if its
 * managers had been these all along. Lists that say nothing are no answer.
 */
export function withGivenEntries(object: StoredObject, given: JsonObject): StoredObject {
  const { managedFields } = isObject(given.metadata) ? given.metadata : {};
  if (!Array.isArray(managedFields) || isSame(managedFields, object.metadata.managedFields ?? [])) return object;
  if (!managedFields.every((entry) => isObject(entry) && entry.fieldsType === 'FieldsV1')) return object;
  return withEntries(object, readEntries({ ...object, metadata: { ...object.metadata, managedFields } }));
}

function rank(entry: ManagedEntry): number {
  return entry.operation === 'Apply' ? 0 : 1;
}

function compareText(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}

function folded(entries: readonly ManagedEntry[]): readonly ManagedEntry[] {
  const updaters = entries.filter((entry) => entry.operation === 'Update' && entry.subresource === '');
  const tooMany = updaters.slice(0, Math.max(0, updaters.length - mostUpdaters + 1));
  if (updaters.length <= mostUpdaters || tooMany.length === 0) return entries;
  let fields: FieldTree | undefined;
  for (const entry of tooMany) fields = union(fields, entry.fields);
  const ancient: ManagedEntry = {
    ...(tooMany.at(-1) ?? tooMany[0]),
    manager: 'ancient-changes',
    fields,
  } as ManagedEntry;
  return [
    ...entries.filter((entry) => entry.operation === 'Apply'),
    ancient,
    ...entries.filter((entry) => entry.operation === 'Update' && !tooMany.includes(entry)),
  ];
}

/** Notes that the writer now owns what it changed (unless it `claims` nothing), and that nobody owns what it removed. */
export function trackUpdate(
  api: Api,
  write: Write,
  object: StoredObject,
  old: StoredObject | undefined,
  claims = true,
): StoredObject {
  const changes = changesOf(write, object, old);
  const owner = {
    manager: write.manager,
    operation: 'Update' as const,
    apiVersion: groupVersionOf(write.resource),
    subresource: write.subresource,
  };
  const isOwner = (entry: ManagedEntry) =>
    entry.manager === owner.manager &&
    entry.operation === owner.operation &&
    entry.apiVersion === owner.apiVersion &&
    entry.subresource === owner.subresource;
  const before = readEntries(old);
  const lost = union(changes.changed, changes.removed);
  const own = before.find(isOwner);
  const entries = before
    .filter((entry) => !isOwner(entry))
    .map((entry) => ({ ...entry, fields: subtract(entry.fields, lost) }));
  const isIdle = changes.changed === undefined && changes.removed === undefined;
  const time = isIdle && own !== undefined ? own.time : timestamp(api.nowMs());
  const kept = subtract(own?.fields, changes.removed);
  entries.push({ ...owner, time, fields: claims ? union(kept, changes.changed) : subtract(kept, changes.changed) });
  return withEntries(object, entries);
}

function changesOf(write: Write, object: StoredObject, old: StoredObject | undefined): FieldChanges {
  const { resource } = write;
  const after = managedPart(toServed(resource, object));
  const before = old === undefined ? {} : managedPart(toServed(resource, old));
  return compareFields(resource.schema, before, after);
}
