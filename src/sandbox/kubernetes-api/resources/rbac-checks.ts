import type { JsonObject } from '../../../lib/index.ts';
import type { FieldCause } from '../api-error.ts';
import { isObject, isSame, listAt, objectAt, type StoredObject, textAt, textsAt } from '../kubernetes-object.ts';
import type { Strategy } from './resource.ts';

const named: Strategy = { generation: 'none', names: 'path', mayCreateOnUpdate: true };

export const roleStrategy: Strategy = { ...named, check: checkRules };
export const bindingStrategy: Strategy = { ...named, fill: fillBinding, check: checkBinding };

function fillBinding(object: JsonObject): JsonObject {
  const subjects = listAt(object, 'subjects').map((subject) => {
    if (!isObject(subject) || subject.apiGroup !== undefined || subject.kind === 'ServiceAccount') return subject;
    return { ...subject, apiGroup: 'rbac.authorization.k8s.io' };
  });
  return subjects.length === 0 ? object : { ...object, subjects };
}

function required(field: string, why: string): FieldCause {
  return { field, reason: 'FieldValueRequired', message: why === '' ? 'Required value' : `Required value: ${why}` };
}

function unsupported(field: string, value: string, supported: readonly string[]): FieldCause {
  const words = supported.map((each) => JSON.stringify(each)).join(', ');
  const message = `Unsupported value: ${JSON.stringify(value)}: supported values: ${words}`;
  return { field, reason: 'FieldValueNotSupported', message };
}

function checkRules(object: StoredObject, causes: FieldCause[]): void {
  for (const [index, rule] of listAt(object, 'rules').filter(isObject).entries()) {
    const path = `rules[${index}]`;
    if (textsAt(rule, 'verbs').length === 0)
      causes.push(required(`${path}.verbs`, 'verbs must contain at least one value'));
    if (textsAt(rule, 'nonResourceURLs').length > 0) continue;
    if (textsAt(rule, 'apiGroups').length === 0) {
      causes.push(required(`${path}.apiGroups`, 'resource rules must supply at least one api group'));
    }
    if (textsAt(rule, 'resources').length === 0) {
      causes.push(required(`${path}.resources`, 'resource rules must supply at least one resource'));
    }
  }
}

function checkBinding(object: StoredObject, causes: FieldCause[], old: StoredObject | undefined): void {
  const roleRef = objectAt(object, 'roleRef');
  const kind = textAt(roleRef, 'kind');
  const kinds = object.kind === 'RoleBinding' ? ['Role', 'ClusterRole'] : ['ClusterRole'];
  if (!kinds.includes(kind)) causes.push(unsupported('roleRef.kind', kind, kinds));
  if (textAt(roleRef, 'name') === '') causes.push(required('roleRef.name', ''));
  for (const [index, subject] of listAt(object, 'subjects').filter(isObject).entries()) {
    const path = `subjects[${index}]`;
    const known = ['ServiceAccount', 'User', 'Group'];
    const subjectKind = textAt(subject, 'kind');
    if (textAt(subject, 'name') === '') causes.push(required(`${path}.name`, ''));
    if (!known.includes(subjectKind)) causes.push(unsupported(`${path}.kind`, subjectKind, known));
  }
  if (old === undefined || isSame(object.roleRef, old.roleRef)) return;
  // Go's own field names, as the real message has them.
  const shown = JSON.stringify({ APIGroup: textAt(roleRef, 'apiGroup'), Kind: kind, Name: textAt(roleRef, 'name') });
  const message = `Invalid value: ${shown}: cannot change roleRef`;
  causes.push({ field: 'roleRef', reason: 'FieldValueInvalid', message });
}
