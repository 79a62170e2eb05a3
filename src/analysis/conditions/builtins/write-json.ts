import { goNameOfList, goText, inGoOrder } from '../go-text.ts';
import { NamedNumber } from '../time/methods.ts';
import { Duration, Moment } from '../time/moment.ts';
import { writeLayout } from '../time/write-layout.ts';
import { isList, isRecord, RuntimeProblem, Special, type Value } from '../value.ts';

/** Writes a value as Go's json.MarshalIndent does with two spaces: sorted keys, and <, > and & escaped. */
export function writeJson(value: Value, indent: string): string {
  if (value === null) return 'null';
  if (typeof value === 'string') return quote(value);
  if (typeof value === 'number') return writeFloat(value);
  if (isList(value)) return writeList(value, indent);
  if (value instanceof Special) return writeSpecial(value);
  if (!isRecord(value)) return String(value);
  const keys = Object.keys(value).sort(inGoOrder);
  const inner = `${indent}  `;
  const lines = keys.map((key) => `\n${inner}${quote(key)}: ${writeJson(value[key] ?? null, inner)}`);
  return lines.length === 0 ? '{}' : `{${lines.join(',')}\n${indent}}`;
}

function writeList(list: readonly Value[], indent: string): string {
  if (goNameOfList(list) === '[]uint8') {
    return quote(btoa(list.map((byte) => String.fromCharCode(Number(byte))).join('')));
  }
  const inner = `${indent}  `;
  const lines = list.map((item) => `\n${inner}${writeJson(item, inner)}`);
  return lines.length === 0 ? '[]' : `[${lines.join(',')}\n${indent}]`;
}

function writeSpecial(value: Special): string {
  if (value instanceof Duration) return String(value.nanoseconds);
  if (value instanceof NamedNumber) return String(value.value);
  if (value instanceof Moment) return quote(writeLayout(value, '2006-01-02T15:04:05.999999999Z07:00'));
  if (value.goKind === 'ptr') return '{}';
  throw new RuntimeProblem(`json: unsupported type: ${value.goName}`);
}

/** Unlike Go's %v, JSON has an exponent below 1e-6 and from 1e21, of as few digits as it needs: JavaScript's own form. */
function writeFloat(value: number): string {
  if (!Number.isFinite(value)) throw new RuntimeProblem(`json: unsupported value: ${goText(value)}`);
  return Object.is(value, -0) ? '-0' : String(value);
}

const ESCAPED = /[<>&\u2028\u2029]/g;

function quote(text: string): string {
  return JSON.stringify(text).replace(ESCAPED, (character) => {
    return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
  });
}
