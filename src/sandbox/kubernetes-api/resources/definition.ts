import type { Json, JsonObject } from '../../../lib/index.ts';
import type { FieldCause } from '../api-error.ts';
import { isObject, listAt, objectAt, type StoredObject, textAt, withField } from '../kubernetes-object.ts';
import type { Strategy } from './resource.ts';

/** A CustomResourceDefinition is established the moment it is stored: its kinds are served from the next request on. */
export const definitionStrategy: Strategy = {
  generation: 'spec',
  names: 'subdomain',
  mayCreateOnUpdate: false,
  fill(object, old) {
    const spec = objectAt(object, 'spec');
    const names = objectAt(spec, 'names');
    const kind = textAt(names, 'kind');
    const full = {
      ...names,
      singular: textAt(names, 'singular') || kind.toLowerCase(),
      listKind: textAt(names, 'listKind') || `${kind}List`,
    };
    const filled = { conversion: { strategy: 'None' }, ...spec, names: full };
    return old === undefined ? { ...object, spec: filled } : refreshed({ ...object, spec: filled });
  },
  begin: refreshed,
  check: checkDefinition,
};

/** The status that follows from the spec. */
function refreshed<T extends JsonObject>(object: T): T {
  const spec = objectAt(object, 'spec');
  const atTime = textAt(objectAt(object, 'metadata'), 'creationTimestamp');
  const condition = (type: string, reason: string, message: string): Json => ({
    type,
    status: 'True',
    lastTransitionTime: atTime,
    reason,
    message,
  });
  const stored = listAt(spec, 'versions').filter((version) => isObject(version) && version.storage === true);
  return withField(object, 'status', {
    conditions: [
      condition('NamesAccepted', 'NoConflicts', 'no conflicts found'),
      condition('Established', 'InitialNamesAccepted', 'the initial names have been accepted'),
    ],
    acceptedNames: objectAt(spec, 'names'),
    storedVersions: stored.map((version) => (isObject(version) ? (version.name ?? '') : '')),
  });
}

function checkDefinition(object: StoredObject, causes: FieldCause[], old: StoredObject | undefined): void {
  const spec = objectAt(object, 'spec');
  const scopeBefore = textAt(objectAt(old, 'spec'), 'scope');
  if (scopeBefore !== '' && scopeBefore !== spec.scope) {
    const message = `Invalid value: ${JSON.stringify(spec.scope)}: field is immutable`;
    causes.push({ field: 'spec.scope', reason: 'FieldValueInvalid', message });
  }
  const expected = `${textAt(objectAt(spec, 'names'), 'plural')}.${textAt(spec, 'group')}`;
  if (object.metadata.name !== expected) {
    const message = `Invalid value: ${JSON.stringify(object.metadata.name)}: must be spec.names.plural+"."+spec.group`;
    causes.push({ field: 'metadata.name', reason: 'FieldValueInvalid', message });
  }
  const stored = listAt(spec, 'versions').filter((version) => isObject(version) && version.storage === true);
  if (stored.length !== 1) {
    const message = `Invalid value: ${JSON.stringify(listAt(spec, 'versions'))}: must have exactly one version marked as storage version`;
    causes.push({ field: 'spec.versions', reason: 'FieldValueInvalid', message });
  }
  for (const [index, version] of listAt(spec, 'versions').entries()) {
    if (!isObject(version) || isObject(objectAt(version, 'schema').openAPIV3Schema)) continue;
    causes.push({
      field: `spec.versions[${index}].schema.openAPIV3Schema`,
      reason: 'FieldValueRequired',
      message: 'Required value',
    });
  }
}
