import { randomUUID } from 'node:crypto';
import type { JsonObject } from '../../../lib/index.ts';
import { type Api, timestamp, type Write } from '../api.ts';
import { ApiError, alreadyExists } from '../api-error.ts';
import { trackUpdate } from '../fields/managed-fields.ts';
import { objectAt, type StoredObject, textAt } from '../kubernetes-object.ts';
import { admit, checkIdentity, checkNamespace } from './admit.ts';
import { generatedName } from './metadata.ts';
import { checkQuota } from './quota.ts';

/** Creates an object from a body; returns it as stored. */
export function createObject(
  api: Api,
  write: Write,
  given: JsonObject,
  track?: (object: StoredObject) => StoredObject,
): StoredObject {
  const { resource } = write;
  const identified = checkIdentity(write, given);
  const metadata = objectAt(identified, 'metadata');
  if (textAt(metadata, 'resourceVersion') !== '') {
    // A real server answers 500 without a reason here.
    throw new ApiError(500, '', 'resourceVersion should not be set on objects to be created');
  }
  const generateName = textAt(metadata, 'generateName');
  const name = textAt(metadata, 'name') || write.name || (generateName === '' ? '' : generatedName(generateName));
  checkNamespace(api, write, name);
  const proposed = { ...identified, metadata: freshMetadata(api, metadata, name) };
  const { status: _status, ...withoutStatus } = proposed as JsonObject;
  let object = admit(api, write, resource.hasStatus ? withoutStatus : proposed, undefined);
  if (resource.strategy.generation !== 'none') {
    object = { ...object, metadata: { ...object.metadata, generation: 1 } };
  }
  object = track === undefined ? trackUpdate(api, write, object, undefined) : track(object);
  // What the server itself adds from here on belongs to no manager.
  object = resource.strategy.begin?.(object) ?? object;
  const place = { collection: resource.collection, namespace: write.namespace, name: object.metadata.name };
  if (api.store.get(place) !== undefined) throw alreadyExists(resource, object.metadata.name);
  if (resource.isNamespaced) checkQuota(api, write, object);
  return write.isDryRun ? object : api.store.put(place, object);
}

/** Only what a client may set; the server sets the rest. */
function freshMetadata(api: Api, metadata: JsonObject, name: string): JsonObject {
  const {
    uid: _uid,
    generation: _generation,
    deletionTimestamp: _deletionTimestamp,
    deletionGracePeriodSeconds: _deletionGracePeriodSeconds,
    selfLink: _selfLink,
    managedFields: _managedFields,
    ...kept
  } = metadata;
  return { ...kept, name, uid: randomUUID(), creationTimestamp: timestamp(api.nowMs()) };
}
