import type { JsonObject } from '../../../lib/index.ts';
import { badRequest } from '../api-error.ts';
import { isObject, labelsOf, listAt, objectAt, textAt, textsAt, valueAt } from '../kubernetes-object.ts';
import type { Resource } from '../resources/resource.ts';

type Labels = { readonly [label: string]: string };
type Requirement =
  | { readonly kind: 'in' | 'notIn'; readonly key: string; readonly values: readonly string[] }
  | { readonly kind: 'exists'; readonly key: string }
  | { readonly kind: 'absent'; readonly key: string };

/** Decides whether an object is asked for; undefined when everything is. */
export type Selection = ((object: JsonObject) => boolean) | undefined;

/** What may be selected by: names everywhere, and of some kinds what follows. */
const selectable: { readonly [collection: string]: readonly string[] } = {
  pods: [
    'spec.nodeName',
    'spec.restartPolicy',
    'spec.schedulerName',
    'spec.serviceAccountName',
    'spec.hostNetwork',
    'status.phase',
    'status.podIP',
    'status.nominatedNodeName',
  ],
  events: [
    'involvedObject.kind',
    'involvedObject.namespace',
    'involvedObject.name',
    'involvedObject.uid',
    'involvedObject.apiVersion',
    'involvedObject.resourceVersion',
    'involvedObject.fieldPath',
    'reason',
    'reportingComponent',
    'source',
    'type',
  ],
  secrets: ['type'],
  namespaces: ['status.phase'],
  nodes: ['spec.unschedulable'],
  services: ['spec.clusterIP', 'spec.type'],
  'replicasets.apps': ['status.replicas'],
  'jobs.batch': ['status.successful'],
};
const named = ['metadata.name', 'metadata.namespace'];

export function parseSelection(labelSelector: string, fieldSelector: string, resource: Resource): Selection {
  const isEvent = resource.collection === 'events';
  const requirements = labelSelector === '' ? [] : parseLabelSelector(labelSelector);
  const fields = fieldSelector === '' ? [] : parseFieldSelector(fieldSelector, isEvent);
  for (const field of fields) checkSelectable(field.path.join('.'), resource);
  if (requirements.length === 0 && fields.length === 0) return undefined;
  return (object) => {
    if (requirements.length > 0) {
      const labels = labelsOf(object);
      if (!requirements.every((requirement) => holds(requirement, labels))) return false;
    }
    return fields.every((field) => field.isEqual === (fieldText(object, field.path) === field.value));
  };
}

function checkSelectable(path: string, resource: Resource): void {
  const known = [...named, ...(selectable[resource.collection] ?? []), ...resource.selectableFields];
  if (known.includes(path)) return;
  if (!resource.isBuiltIn) throw badRequest(`field label not supported: ${path}`);
  const names = named.map((name) => JSON.stringify(name)).join(', ');
  if (selectable[resource.collection] !== undefined) throw badRequest(`field label not supported: ${path}`);
  throw badRequest(`${JSON.stringify(path)} is not a known field selector: only ${names}`);
}

function holds(requirement: Requirement, labels: Labels): boolean {
  const value = labels[requirement.key];
  switch (requirement.kind) {
    case 'in':
      return value !== undefined && requirement.values.includes(value);
    case 'notIn':
      return value === undefined || !requirement.values.includes(value);
    case 'exists':
      return value !== undefined;
    case 'absent':
      return value === undefined;
  }
}

/** `a=b,c!=d,e in (f,g),h notin (i),j,!k`. */
function parseLabelSelector(text: string): Requirement[] {
  const parts = text.match(/(?:[^,(]|\([^)]*\))+/g) ?? [];
  return parts.map((part) => {
    const set = /^\s*(\S+)\s+(in|notin)\s*\(([^)]*)\)\s*$/.exec(part);
    if (set !== null) {
      const [, key = '', operator, list = ''] = set;
      const values = list.split(',').map((value) => value.trim());
      return { kind: operator === 'in' ? 'in' : 'notIn', key, values };
    }
    const equal = /^\s*([^\s=!]+)\s*(==|=|!=)\s*([^\s=!]*)\s*$/.exec(part);
    if (equal !== null) {
      const [, key = '', operator, value = ''] = equal;
      return { kind: operator === '!=' ? 'notIn' : 'in', key, values: [value] };
    }
    const bare = /^\s*(!?)\s*([^\s=!<>]+)\s*$/.exec(part);
    if (bare === null) throw badRequest(misread(part.trim()));
    const key = bare[2] ?? '';
    return bare[1] === '!' ? { kind: 'absent', key } : { kind: 'exists', key };
  });
}

/** What Kubernetes' parser says of a requirement that it cannot read. */
function misread(part: string): string {
  const list = /^\S+\s+(?:in|notin)\s+([^\s(]+)/.exec(part);
  if (list !== null) return `unable to parse requirement: found '${list[1]}' expected: '('`;
  if (/^[^\s=!]+\s*(?:==?|!=)\s*[^\s=!]*\s*=/.test(part)) return "found '=', expected: ',' or 'end of string'";
  return `unable to parse requirement: found '${part}', expected: !, identifier, or ','`;
}

interface FieldTest {
  readonly path: readonly string[];
  readonly value: string;
  readonly isEqual: boolean;
}

function parseFieldSelector(text: string, isEvent: boolean): FieldTest[] {
  return text
    .split(',')
    .filter((part) => part !== '')
    .map((part) => {
      const match = /^([^=!]+)(==|=|!=)(.*)$/.exec(part);
      if (match === null) throw badRequest(`invalid selector: '${text}'; can't understand '${part}'`);
      const [, path = '', operator, value = ''] = match;
      // Events are stored in their core/v1 form: the newer field names select the same.
      const known = isEvent
        ? path.replace(/^regarding\./, 'involvedObject.').replace(/^reportingController$/, 'reportingComponent')
        : path;
      return { path: known.split('.'), value, isEqual: operator !== '!=' };
    });
}

function fieldText(object: JsonObject, path: readonly string[]): string {
  const value = valueAt(object, path);
  if (value === undefined || value === null) return '';
  return typeof value === 'string' ? value : JSON.stringify(value);
}

/** A `LabelSelector` object (matchLabels, matchExpressions). An empty one matches everything. */
export function matchesLabelSelector(selector: JsonObject, labels: Labels): boolean {
  return requirementsOf(selector).every((requirement) => holds(requirement, labels));
}

function requirementsOf(selector: JsonObject): Requirement[] {
  const requirements: Requirement[] = [];
  for (const [key, value] of Object.entries(objectAt(selector, 'matchLabels'))) {
    if (typeof value === 'string') requirements.push({ kind: 'in', key, values: [value] });
  }
  for (const expression of listAt(selector, 'matchExpressions').filter(isObject)) {
    const key = textAt(expression, 'key');
    const values = textsAt(expression, 'values');
    if (expression.operator === 'In') requirements.push({ kind: 'in', key, values });
    if (expression.operator === 'NotIn') requirements.push({ kind: 'notIn', key, values });
    if (expression.operator === 'Exists') requirements.push({ kind: 'exists', key });
    if (expression.operator === 'DoesNotExist') requirements.push({ kind: 'absent', key });
  }
  return requirements;
}

/** The same selector as text, as /scale gives it. */
export function labelSelectorText(selector: JsonObject): string {
  return requirementsOf(selector)
    .map((requirement) => {
      if (requirement.kind === 'exists') return requirement.key;
      if (requirement.kind === 'absent') return `!${requirement.key}`;
      const { kind, key, values } = requirement;
      if (kind === 'in' && values.length === 1) return `${key}=${values[0]}`;
      return `${key} ${kind === 'in' ? 'in' : 'notin'} (${values.join(',')})`;
    })
    .join(',');
}
