import { isList, isRecord, RuntimeProblem, Special, type Value } from './value.ts';

const GO_NAME = Symbol('the type of a list in Go');

/** Marks a list that is not a `[]interface {}` in Go: messages name its type. */
export function asGoList(goName: string, list: Value[]): readonly Value[] {
  Object.defineProperty(list, GO_NAME, { value: goName });
  return list;
}

export function goNameOfList(list: readonly Value[]): string {
  const goName: unknown = Reflect.get(list, GO_NAME);
  return typeof goName === 'string' ? goName : '[]interface {}';
}

/** Part of a list, of the same type. */
export function sliceList(list: readonly Value[], from: number, to: number): readonly Value[] {
  const goName = goNameOfList(list);
  const part = list.slice(from, to);
  return goName === '[]interface {}' ? part : asGoList(goName, part);
}

/** The type of a value as Go prints it with `%T`. */
export function goType(value: Value): string {
  if (value === null) return '<nil>';
  if (typeof value === 'bigint') return 'int';
  if (typeof value === 'number') return 'float64';
  if (typeof value === 'boolean') return 'bool';
  if (typeof value === 'string') return 'string';
  if (value instanceof Special) return value.goName;
  return isList(value) ? goNameOfList(value) : 'map[string]interface {}';
}

/** How a failed type assertion calls what it met. */
export function assertedType(value: Value): string {
  return value === null ? 'nil' : goType(value);
}

/** The kind of a value in Go's reflect: what several messages name instead of its type. */
export function goKind(value: Value): string {
  if (value === null) return 'invalid';
  if (isList(value)) return goNameOfList(value).startsWith('[2]') ? 'array' : 'slice';
  if (isRecord(value)) return 'map';
  return value instanceof Special ? value.goKind : goType(value);
}

/** A value as Go prints it with `%v`. */
export function goText(value: Value): string {
  if (value === null) return '<nil>';
  if (typeof value === 'number') return floatText(value);
  if (isList(value)) return `[${value.map(goText).join(' ')}]`;
  if (value instanceof Special) return value.print();
  if (typeof value !== 'object') return String(value);
  const keys = Object.keys(value).sort(inGoOrder);
  return `map[${keys.map((key) => `${key}:${goText(value[key] ?? null)}`).join(' ')}]`;
}

/** A float64 in the shortest form that reads back the same, as Go's `%v`: an exponent below 1e-4 and from a million. */
function floatText(value: number): string {
  if (Number.isNaN(value)) return 'NaN';
  if (!Number.isFinite(value)) return value > 0 ? '+Inf' : '-Inf';
  if (value === 0) return Object.is(value, -0) ? '-0' : '0';
  const [digits = '', exponent = '0'] = value.toExponential().split('e');
  const isShort = Number(exponent) >= -4 && Number(exponent) < 6;
  if (isShort) return String(value);
  return `${digits}e${exponent.replace(/^([+-])(\d)$/, '$10$2')}`;
}

/** Go compares strings by their bytes in UTF-8, which is the order of their code points, not of UTF-16's units. */
export function inGoOrder(a: string, b: string): number {
  const left = [...a];
  const right = [...b];
  for (const [index, character] of left.entries()) {
    const other = right[index];
    if (other === undefined) return 1;
    const difference = (character.codePointAt(0) ?? 0) - (other.codePointAt(0) ?? 0);
    if (difference !== 0) return difference;
  }
  return left.length === right.length ? 0 : -1;
}

/** Cuts a float to an int as Go does on amd64: what does not fit becomes the smallest int64. */
export function toInt64(value: number | bigint): bigint {
  if (typeof value === 'bigint') return BigInt.asIntN(64, value);
  const fits = value >= -(2 ** 63) && value < 2 ** 63;
  return fits ? BigInt(Math.trunc(value)) : -(2n ** 63n);
}

/** Go's type assertion. */
export function expectType(value: Value, wanted: 'string'): string;
export function expectType(value: Value, wanted: 'bool'): boolean;
export function expectType(value: Value, wanted: 'string' | 'bool'): string | boolean {
  if (wanted === 'string' && typeof value === 'string') return value;
  if (wanted === 'bool' && typeof value === 'boolean') return value;
  throw new RuntimeProblem(`interface conversion: interface {} is ${assertedType(value)}, not ${wanted}`);
}
