import type { Json, JsonObject } from '../../../lib/index.ts';
import type { Api, Write } from '../api.ts';
import { badRequest, type FieldCause, forbidden, invalid, notFound } from '../api-error.ts';
import { isObject, objectAt, type StoredObject, textAt, valueAt, withField } from '../kubernetes-object.ts';
import { groupVersionOf, type Resource } from '../resources/resource.ts';
import { applyDefaults } from '../schema/defaults.ts';
import { prune } from '../schema/prune.ts';
import { validate } from '../schema/validate.ts';
import { checkMetadata, checkMetadataUpdate } from './metadata.ts';
import { toServed } from './served.ts';

function toStored(api: Api, resource: Resource, object: JsonObject): JsonObject {
  if (resource.convert !== undefined) return resource.convert.toStored(object);
  const stored = api.registry.storedAs(resource.collection);
  return stored === undefined ? object : withField(object, 'apiVersion', groupVersionOf(stored));
}

/** Says no to a body of another kind, another name or another namespace than the path's. */
export function checkIdentity(write: Write, given: JsonObject): JsonObject {
  const { resource, namespace, name } = write;
  const groupVersion = groupVersionOf(resource);
  const apiVersion = given.apiVersion ?? groupVersion;
  const kind = given.kind ?? resource.kind;
  if (kind !== resource.kind || apiVersion !== groupVersion) {
    throw badRequest(
      `${resource.kind} in version "${resource.version}" cannot be handled as a ${resource.kind}: the body is ${String(apiVersion)}, ${String(kind)}`,
    );
  }
  if (given.metadata !== undefined && !isObject(given.metadata)) {
    throw badRequest(
      `${resource.kind} in version "${resource.version}" cannot be handled as a ${resource.kind}: metadata is not an object`,
    );
  }
  const metadata = objectAt(given, 'metadata');
  const givenNamespace = textAt(metadata, 'namespace');
  if (resource.isNamespaced && givenNamespace !== '' && givenNamespace !== namespace) {
    throw badRequest(`the namespace of the provided object does not match the namespace sent on the request`);
  }
  const givenName = textAt(metadata, 'name');
  if (name !== '' && givenName !== '' && givenName !== name) {
    throw badRequest(`the name of the object (${givenName}) does not match the name on the URL (${name})`);
  }
  const { metadata: _m, kind: _k, apiVersion: _a, ...rest } = given;
  const { namespace: _n, ...named } = metadata;
  return {
    kind: resource.kind,
    apiVersion: groupVersion,
    metadata: resource.isNamespaced ? { ...named, namespace } : named,
    ...rest,
  };
}

/**
 * Takes a proposed object through schema and defaults into its stored form: unknown fields out, defaults in, then validated. `old` is the
 * stored object it replaces; parts that are the same object as before are not looked at again.
 */
export function admit(api: Api, write: Write, proposed: JsonObject, old: StoredObject | undefined): StoredObject {
  const { resource } = write;
  const unknown: string[] = [];
  const pruned = prune(resource.schema, proposed, '', { unknown, isBuiltIn: resource.isBuiltIn });
  reportUnknown(write, unknown);
  const defaulted = asObject(applyDefaults(resource.schema, pruned));
  const causes: FieldCause[] = [];
  const before = old === undefined ? undefined : toServed(resource, old);
  validate(resource.schema, defaulted, '', causes, before);
  if (!resource.isBuiltIn) addCustomCauses(write, defaulted, causes);
  refuseUndecodable(write, causes);
  const filled =
    resource.strategy.fill?.(toStored(api, resource, defaulted), old) ?? toStored(api, resource, defaulted);
  const object = asStored(filled);
  const own: FieldCause[] = [];
  checkMetadata(resource, object, own);
  if (old !== undefined) checkMetadataUpdate(object, old, own);
  resource.strategy.check?.(object, own, old);
  const isKnown = ({ field }: FieldCause) =>
    own.some((each) => each.field === field || each.field.startsWith(`${field}.`));
  const all = [...causes.filter((cause) => counts(resource, cause) && !isKnown(cause)), ...own];
  if (all.length > 0) throw invalid(resource, object.metadata.name, all);
  return object;
}

/** Built-in kinds decode into Go structs: an absent number is 0 there, also in a status. Doubled items their own checks word. */
function counts(resource: Resource, cause: FieldCause): boolean {
  if (!resource.isBuiltIn) return true;
  if (cause.reason === 'FieldValueDuplicate') return false;
  return !(cause.reason === 'FieldValueRequired' && cause.field.startsWith('status'));
}

const blocking = new Set([
  'FieldValueNotSupported',
  'FieldValueRequired',
  'FieldValueTooLong',
  'FieldValueTooMany',
  'FieldValueTypeInvalid',
]);

/** What a real server adds for custom kinds: the replicas of /scale, and that rules were skipped for a broken object. */
function addCustomCauses(write: Write, object: JsonObject, causes: FieldCause[]): void {
  const { resource, subresource } = write;
  // Only the status is validated there, as if it were the whole body.
  if (subresource === 'status') {
    for (const [index, cause] of causes.entries()) {
      causes[index] = { ...cause, message: cause.message.replaceAll('status.', '') };
    }
  }
  const replicas = resource.scale === undefined ? undefined : valueAt(object, resource.scale.specReplicas);
  if (typeof replicas === 'number' && replicas < 0 && resource.scale !== undefined) {
    const field = `.${resource.scale.specReplicas.join('.')}`;
    const message = `Invalid value: ${replicas}: should be a non-negative integer`;
    causes.push({ field, reason: 'FieldValueInvalid', message });
  }
  if (resource.scale !== undefined) {
    for (const path of subresource === 'status' ? [resource.scale.statusReplicas] : [resource.scale.specReplicas]) {
      const value = valueAt(object, path);
      if (typeof value !== 'string' && typeof value !== 'boolean') continue;
      const field = `.${path.join('.')}`;
      const why = `${field} accessor error: ${value} is of the type ${typeof value === 'string' ? 'string' : 'bool'}, expected int64`;
      causes.push({ field, reason: 'FieldValueInvalid', message: `Invalid value: 0: ${why}` });
    }
  }
  if (!resource.hasRules || !causes.some((cause) => blocking.has(cause.reason))) return;
  causes.push({
    field: '<nil>',
    reason: 'FieldValueInvalid',
    message:
      'Invalid value: null: some validation rules were not checked because the object was invalid; ' +
      'correct the existing errors to complete validation',
  });
}

function reportUnknown(write: Write, unknown: readonly string[]): void {
  if (unknown.length === 0 || write.fieldValidation === 'Ignore') return;
  const words = unknown.toSorted().map((path) => `unknown field "${path}"`);
  const { kind, version } = write.resource;
  if (write.fieldValidation === 'Strict' && write.patchText !== undefined) {
    throw badPatch(`${JSON.stringify(write.patchText())}: strict decoding error: ${words.join(', ')}`);
  }
  if (write.fieldValidation === 'Strict') {
    throw badRequest(
      `${kind} in version "${version}" cannot be handled as a ${kind}: strict decoding error: ${words.join(', ')}`,
    );
  }
  write.warnings.push(...words);
}

/** A value of the wrong type in a built-in kind, or in anyone's metadata, never becomes an object: 400, not 422. */
function refuseUndecodable({ resource, isPatch, patchText }: Write, causes: readonly FieldCause[]): void {
  const wrong = causes.find(
    (cause) => cause.reason === 'FieldValueTypeInvalid' && (resource.isBuiltIn || cause.field.startsWith('metadata')),
  );
  if (wrong === undefined) return;
  const why = `json: cannot unmarshal ${wrong.field}: ${wrong.message}`;
  const wanted = /must be of type (\w+)/.exec(wrong.message)?.[1];
  if (patchText !== undefined && wanted === 'integer')
    throw badPatch(`${JSON.stringify(patchText())}: unrecognized type: int32`);
  if (isPatch) throw badPatch(why);
  const { kind, version } = resource;
  throw badRequest(`${kind} in version "${version}" cannot be handled as a ${kind}: ${why}`);
}

function badPatch(why: string): Error {
  return invalid({ group: '', kind: '' }, '', [
    { field: 'patch', reason: 'FieldValueInvalid', message: `Invalid value: ${why}` },
  ]);
}

function asObject(value: Json): JsonObject {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as JsonObject;
  throw new Error('schema handling turned an object into something else');
}

/** True after `checkIdentity` and the metadata schema: kind and apiVersion are there, metadata is an object. */
function asStored(object: JsonObject): StoredObject {
  const { kind, apiVersion, metadata, ...rest } = object;
  const { name, uid, resourceVersion, creationTimestamp, ...more } = objectAt(object, 'metadata');
  return {
    kind: String(kind),
    apiVersion: String(apiVersion),
    metadata: {
      name: typeof name === 'string' ? name : '',
      ...more,
      uid: typeof uid === 'string' ? uid : '',
      resourceVersion: typeof resourceVersion === 'string' ? resourceVersion : '',
      creationTimestamp: typeof creationTimestamp === 'string' ? creationTimestamp : '',
    },
    ...rest,
  };
}

/** New objects need a namespace that exists and is not going away. */
export function checkNamespace(api: Api, write: Write, name: string): void {
  const { resource, namespace } = write;
  if (!resource.isNamespaced) return;
  const found = api.store.collection('namespaces').get('', namespace);
  if (found === undefined) throw notFound({ group: '', plural: 'namespaces' }, namespace);
  if (found.metadata.deletionTimestamp === undefined) return;
  const why = `unable to create new content in namespace ${namespace} because it is being terminated`;
  throw forbidden(resource, name, why);
}
