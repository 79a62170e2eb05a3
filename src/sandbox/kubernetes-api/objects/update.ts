import type { Json, JsonObject } from '../../../lib/index.ts';
import type { Api, Write } from '../api.ts';
import { changedSinceRead, conflict, invalid } from '../api-error.ts';
import { trackUpdate, withGivenEntries } from '../fields/managed-fields.ts';
import { isSame, listAt, objectAt, type StoredObject, textAt, withField } from '../kubernetes-object.ts';
import { placeOf } from '../store/store.ts';
import { admit, checkIdentity } from './admit.ts';
import { removeObject } from './delete.ts';
import { toServed } from './served.ts';

export interface UpdateOptions {
  /** A PUT must name the version it read; a patch only when it wants to. */
  readonly needsResourceVersion: boolean;
  readonly track?: (object: StoredObject) => StoredObject;
}

/** Replaces `current` by what was proposed (in the served form); returns the object as stored, which may be `current` itself. */
export function updateObject(
  api: Api,
  write: Write,
  current: StoredObject,
  proposed: JsonObject,
  options: UpdateOptions,
): StoredObject {
  const { resource } = write;
  const identified = checkIdentity(write, proposed);
  checkPreconditions(write, current, objectAt(identified, 'metadata'), options);
  const served = toServed(resource, current);
  const merged = isolate(write, identified, served);
  const admitted = admit(api, write, merged, current);
  const object = withGeneration(write, admitted, current);
  if (isSame(comparable(object), comparable(current)) && withGivenEntries(current, identified) === current) {
    const retracked = options.track?.(object) ?? current;
    if (isSame(retracked.metadata.managedFields, current.metadata.managedFields)) return current;
  }
  const before = withGivenEntries(current, identified);
  const tracked = options.track === undefined ? trackUpdate(api, write, object, before) : options.track(object);
  if (write.isDryRun) return tracked;
  const place = placeOf(resource.collection, current);
  const isGone = tracked.metadata.deletionTimestamp !== undefined && isReleased(tracked);
  return isGone ? (removeObject(api, place, tracked) ?? tracked) : api.store.put(place, tracked);
}

/** An object that waits to be deleted goes when its last finalizer does, unless a grace period still runs. */
function isReleased(object: StoredObject): boolean {
  const hasFinalizers = listAt(object.metadata, 'finalizers').length > 0;
  const hasNamespaceFinalizers =
    object.kind === 'Namespace' && listAt(objectAt(object, 'spec'), 'finalizers').length > 0;
  return !hasFinalizers && !hasNamespaceFinalizers && (object.metadata.deletionGracePeriodSeconds ?? 0) === 0;
}

function checkPreconditions(write: Write, current: StoredObject, metadata: JsonObject, options: UpdateOptions): void {
  const { resource } = write;
  const { name, uid } = current.metadata;
  const givenUid = textAt(metadata, 'uid');
  // A write to /status takes no metadata from the body, so a wrong uid there goes unnoticed.
  const isWrongUid = givenUid !== '' && givenUid !== uid && write.subresource !== 'status';
  if (isWrongUid && !options.needsResourceVersion) {
    const message = `Invalid value: ${JSON.stringify(givenUid)}: field is immutable`;
    throw invalid(resource, name, [{ field: 'metadata.uid', reason: 'FieldValueInvalid', message }]);
  }
  if (isWrongUid) {
    const key = ['/registry', resource.plural, current.metadata.namespace, name]
      .filter((part) => part !== undefined)
      .join('/');
    const failed = `Precondition failed: UID in precondition: ${givenUid}, UID in object meta: ${uid}`;
    const why = `StorageError: invalid object, Code: 4, Key: ${key}, ResourceVersion: 0, AdditionalErrorMsg: ${failed}`;
    throw conflict(resource, name, why);
  }
  checkVersion(write, current, metadata, options);
}

function checkVersion(write: Write, current: StoredObject, metadata: JsonObject, options: UpdateOptions): void {
  const { resource } = write;
  const { name, resourceVersion } = current.metadata;
  const given = textAt(metadata, 'resourceVersion');
  if (given === '' && options.needsResourceVersion && !resource.isBuiltIn) {
    throw invalid({ group: resource.group, kind: resource.plural }, name, [
      {
        field: 'metadata.resourceVersion',
        reason: 'FieldValueInvalid',
        message: 'Invalid value: 0: must be specified for an update',
      },
    ]);
  }
  if (given !== '' && given !== resourceVersion) throw conflict(resource, name, changedSinceRead);
}

const serverFields = [
  'name',
  'generateName',
  'uid',
  'resourceVersion',
  'creationTimestamp',
  'generation',
  'deletionTimestamp',
  'deletionGracePeriodSeconds',
  'selfLink',
  'managedFields',
];

/** A write to an object leaves its status alone, a write to /status leaves everything else; the server's own fields stay as they are. */
function isolate(write: Write, proposed: JsonObject, current: JsonObject): JsonObject {
  if (write.subresource === 'status') {
    const updated = withField(current, 'status', proposed.status);
    if (!write.resource.strategy.statusTakesAnnotations) return updated;
    const { annotations } = objectAt(proposed, 'metadata');
    return withField(updated, 'metadata', withField(objectAt(current, 'metadata'), 'annotations', annotations));
  }
  const metadata: Record<string, Json> = { ...objectAt(proposed, 'metadata') };
  const before = objectAt(current, 'metadata');
  for (const field of serverFields) {
    const value = before[field];
    if (value === undefined) delete metadata[field];
    else metadata[field] = value;
  }
  const kept = isSame(metadata, before) ? before : metadata;
  const object = withField(proposed, 'metadata', kept);
  return write.resource.hasStatus ? withField(object, 'status', current.status) : object;
}

/** `generation` counts what a person would call a change of the wish: everything but metadata and, where it has a door of its own, status. */
function withGeneration(write: Write, object: StoredObject, current: StoredObject): StoredObject {
  if (write.resource.strategy.generation === 'none' || write.subresource === 'status') return object;
  const wish = ({ metadata: _m, status, managedFields: _f, ...rest }: JsonObject) =>
    write.resource.hasStatus || status === undefined ? rest : { ...rest, status };
  const annotationsCount = write.resource.strategy.generation === 'spec and annotations';
  const hasSameNotes = isSame(objectAt(object.metadata, 'annotations'), objectAt(current.metadata, 'annotations'));
  if (isSame(wish(object), wish(current)) && (hasSameNotes || !annotationsCount)) return object;
  const generation = (typeof current.metadata.generation === 'number' ? current.metadata.generation : 0) + 1;
  return { ...object, metadata: { ...object.metadata, generation } };
}

function comparable(object: StoredObject): JsonObject {
  const { managedFields: _f, resourceVersion: _r, ...metadata } = object.metadata;
  return { ...object, metadata };
}
