import { isObject } from './deep-equal.ts';
import goFields from './go-fields.generated.json' with { type: 'json' };
import { canonicalQuantity } from './quantity.ts';

/**
 * The fields of every Go type that a PodTemplateSpec (k8s.io/api 0.34) or a canary step (argo-rollouts 1.9) reaches, in the order
 * of their structs: `name`, then `*` for a pointer, `!` where there is no `omitempty`, `0` for `omitzero`; then `:` and the type.
 */
type Fields = Readonly<Record<string, readonly string[]>>;
const FIELDS: Fields = goFields;
/** k8s.io/api before 0.34 has no `omitzero`, and writes `"creationTimestamp":null` into every template. */
const EARLIER_FIELDS: Fields = {
  ...goFields,
  ObjectMeta: goFields.ObjectMeta.map((field) => field.replace('creationTimestamp0:', 'creationTimestamp!:')),
};

/** JSON exactly as Go's `json.Marshal` writes a PodTemplateSpec; fields unknown to the table come last, sorted. */
export function writePodTemplateJson(template: unknown, era: 'k8s 0.34' | 'before' = 'k8s 0.34'): string {
  const fields = era === 'before' ? EARLIER_FIELDS : FIELDS;
  return writeStruct(fields, 'PodTemplateSpec', isObject(template) ? template : {});
}

/** JSON exactly as Go's `json.Marshal` writes the steps of a canary; `null` where there are none. */
export function writeStepsJson(steps: readonly unknown[] | undefined): string {
  return writeKind(FIELDS, '[]CanaryStep', steps);
}

/** JSON as Go writes values without a known type: keys sorted, HTML characters escaped. */
function writeSortedJson(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(writeSortedJson).join(',')}]`;
  if (!isObject(value)) return writeScalar(value);
  const keys = Object.keys(value).filter((key) => value[key] !== undefined);
  return `{${keys
    .sort(byBytes)
    .map((key) => `${writeScalar(key)}:${writeSortedJson(value[key])}`)
    .join(',')}}`;
}

function writeStruct(fields: Fields, type: string, value: Record<string, unknown>): string {
  const parts: string[] = [];
  const known = new Set<string>();
  for (const field of fields[type] ?? []) {
    const [, name = '', flags = '', kind = ''] = /^([^*!0:]+)([*!0]*):(.+)$/.exec(field) ?? [];
    known.add(name);
    const given = value[name] ?? undefined;
    if (given === undefined && flags.includes('*')) {
      if (flags.includes('!')) parts.push(`${writeScalar(name)}:null`);
      continue;
    }
    if (!flags.includes('!') && !flags.includes('*') && isZero(fields, kind, given)) continue;
    parts.push(`${writeScalar(name)}:${writeKind(fields, kind, given)}`);
  }
  for (const name of Object.keys(value).sort(byBytes)) {
    if (!known.has(name) && value[name] !== undefined)
      parts.push(`${writeScalar(name)}:${writeSortedJson(value[name])}`);
  }
  return `{${parts.join(',')}}`;
}

/** What `omitempty` leaves out. A struct is never left out, even an empty one: Go writes `"resources":{}`. */
function isZero(fields: Fields, kind: string, value: unknown): boolean {
  if (kind.startsWith('[]')) return !Array.isArray(value) || value.length === 0;
  if (kind.startsWith('{}')) return !isObject(value) || Object.keys(value).length === 0;
  if (kind in fields || kind === 'quantity' || kind === 'intstr') return false;
  return value === undefined || value === '' || value === 0 || value === false;
}

function writeKind(fields: Fields, kind: string, value: unknown): string {
  if (kind.startsWith('[]')) {
    if (!Array.isArray(value)) return 'null';
    return `[${value.map((item) => writeKind(fields, kind.slice(2), item)).join(',')}]`;
  }
  if (kind.startsWith('{}')) {
    if (!isObject(value)) return 'null';
    const keys = Object.keys(value).sort(byBytes);
    return `{${keys.map((key) => `${writeScalar(key)}:${writeKind(fields, kind.slice(2), value[key])}`).join(',')}}`;
  }
  if (kind in fields) return writeStruct(fields, kind, isObject(value) ? value : {});
  if (kind === 'quantity') {
    return writeScalar(typeof value === 'string' || typeof value === 'number' ? canonicalQuantity(value) : '0');
  }
  if (kind === 'raw') return writeSortedJson(value);
  if (value === undefined || value === null)
    return { string: '""', bool: 'false', int: '0', intstr: '0' }[kind] ?? 'null';
  return writeScalar(value);
}

function writeScalar(value: unknown): string {
  // Go escapes these even outside HTML; JSON.stringify does not.
  return (JSON.stringify(value) ?? 'null').replace(
    /[<>&\u2028\u2029]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

/** Go sorts keys by their UTF-8 bytes; code points sort the same way, UTF-16 units do not. */
function byBytes(left: string, right: string): number {
  const a = [...left];
  const b = [...right];
  for (let at = 0; at < Math.min(a.length, b.length); at++) {
    const difference = (a[at]?.codePointAt(0) ?? 0) - (b[at]?.codePointAt(0) ?? 0);
    if (difference !== 0) return difference;
  }
  return a.length - b.length;
}
