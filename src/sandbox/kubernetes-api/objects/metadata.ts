import type { JsonObject } from '../../../lib/index.ts';
import type { FieldCause } from '../api-error.ts';
import { isObject, listAt, objectAt, type StoredObject, textAt, textsAt } from '../kubernetes-object.ts';
import type { Resource } from '../resources/resource.ts';

const label1123 = '[a-z0-9]([-a-z0-9]*[a-z0-9])?';
const subdomain = `${label1123}(\\.${label1123})*`;
const label1035 = '[a-z]([-a-z0-9]*[a-z0-9])?';

const subdomainWords =
  `a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an ` +
  `alphanumeric character (e.g. 'example.com', regex used for validation is '${subdomain}')`;
const label1123Words =
  `a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric ` +
  `character (e.g. 'my-name',  or '123-abc', regex used for validation is '${label1123}')`;
const label1035Words =
  `a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an alphabetic character, and end with an ` +
  `alphanumeric character (e.g. 'my-name',  or 'abc-123', regex used for validation is '${label1035}')`;
const labelValue = '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?';
const labelValueWords =
  `a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an ` +
  `alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used for validation is '${labelValue}')`;
const qualifiedName = '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]';
const qualifiedNameWords =
  `name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. ` +
  `'MyName',  or 'my.name',  or '123-abc', regex used for validation is '${qualifiedName}')`;

const nameRules = {
  subdomain: { pattern: new RegExp(`^${subdomain}$`), words: subdomainWords, longest: 253 },
  label: { pattern: new RegExp(`^${label1123}$`), words: label1123Words, longest: 63 },
  service: { pattern: new RegExp(`^${label1035}$`), words: label1035Words, longest: 63 },
  path: { pattern: /^(?!\.{1,2}$)[^/%]+$/, words: `may not contain '/'`, longest: Number.POSITIVE_INFINITY },
} as const;

/** Names, labels and annotations, in Kubernetes' words. */
export function checkMetadata(resource: Resource, object: StoredObject, causes: FieldCause[]): void {
  const { name } = object.metadata;
  const rule = nameRules[resource.strategy.names];
  if (name === '') {
    const message = 'Required value: name or generateName is required';
    causes.push({ field: 'metadata.name', reason: 'FieldValueRequired', message });
  } else {
    if (name.length > rule.longest) {
      causes.push(wrong('metadata.name', name, `must be no more than ${rule.longest} characters`));
    }
    if (!rule.pattern.test(name)) causes.push(wrong('metadata.name', name, rule.words));
  }
  checkLabels(objectAt(object.metadata, 'labels'), 'metadata.labels', causes);
  checkKeys(objectAt(object.metadata, 'annotations'), 'metadata.annotations', causes);
  checkSize(objectAt(object.metadata, 'annotations'), causes);
  checkOwners(object, causes);
}

const longestAnnotationsBytes = 262_144;

/** What kubectl apply writes down of a large object does not fit. */
function checkSize(annotations: JsonObject, causes: FieldCause[]): void {
  let sizeBytes = 0;
  for (const [key, value] of Object.entries(annotations)) sizeBytes += key.length + Buffer.byteLength(String(value));
  if (sizeBytes <= longestAnnotationsBytes) return;
  const message = `Too long: may not be more than ${longestAnnotationsBytes} bytes`;
  causes.push({ field: 'metadata.annotations', reason: 'FieldValueTooLong', message });
}

/** A DNS label, e.g. a container's name. */
export function checkLabelName(name: string, field: string, causes: FieldCause[]): void {
  if (!nameRules.label.pattern.test(name)) causes.push(wrong(field, name, label1123Words));
}

function checkOwners(object: StoredObject, causes: FieldCause[]): void {
  for (const owner of listAt(object.metadata, 'ownerReferences').filter(isObject)) {
    for (const field of ['apiVersion', 'kind', 'name', 'uid']) {
      if (textAt(owner, field) === '') causes.push(wrong(`metadata.ownerReferences.${field}`, '', 'must not be empty'));
    }
  }
}

/** What of metadata may not change any more. */
export function checkMetadataUpdate(object: StoredObject, old: StoredObject, causes: FieldCause[]): void {
  if (old.metadata.deletionTimestamp === undefined) return;
  const before = new Set(textsAt(old.metadata, 'finalizers'));
  const added = textsAt(object.metadata, 'finalizers').filter((finalizer) => !before.has(finalizer));
  if (added.length === 0) return;
  const list = `[]string{${added.map((finalizer) => JSON.stringify(finalizer)).join(', ')}}`;
  const message = `Forbidden: no new finalizers can be added if the object is being deleted, found new finalizers ${list}`;
  causes.push({ field: 'metadata.finalizers', reason: 'FieldValueForbidden', message });
}

function wrong(field: string, value: string, words: string): FieldCause {
  return { field, reason: 'FieldValueInvalid', message: `Invalid value: ${JSON.stringify(value)}: ${words}` };
}

function checkLabels(labels: JsonObject, field: string, causes: FieldCause[]): void {
  checkKeys(labels, field, causes);
  for (const key of Object.keys(labels)) {
    const value = textAt(labels, key);
    if (value.length > 63) causes.push(wrong(field, value, 'must be no more than 63 bytes'));
    if (!new RegExp(`^${labelValue}$`).test(value)) causes.push(wrong(field, value, labelValueWords));
  }
}

function checkKeys(map: JsonObject, field: string, causes: FieldCause[]): void {
  for (const key of Object.keys(map)) {
    const name = key.slice(key.indexOf('/') + 1);
    if (name.length > 63) causes.push(wrong(field, key, 'name part must be no more than 63 bytes'));
    if (!new RegExp(`^${qualifiedName}$`).test(name)) causes.push(wrong(field, key, qualifiedNameWords));
  }
}

const suffixLetters = 'bcdfghjklmnpqrstvwxz2456789';

/** `web-` → `web-x7k2p`, cut so that the whole stays a name. */
export function generatedName(prefix: string): string {
  let suffix = '';
  for (let index = 0; index < 5; index += 1) {
    suffix += suffixLetters[Math.floor(Math.random() * suffixLetters.length)] ?? '';
  }
  return `${prefix.slice(0, 58)}${suffix}`;
}
