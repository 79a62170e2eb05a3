/**
 * What a condition computes with. Go's two kinds of number stay apart: `bigint` is an int (literals, `len`), `number` a float64
 * (whatever a provider measured, and every `/`).
 */
export type Value = null | boolean | number | bigint | string | readonly Value[] | { readonly [key: string]: Value };

/** The condition cannot be right, whatever is measured; the message is Argo's (expr-lang's). */
export class CompileProblem extends Error {
  override readonly name = 'CompileProblem';
}

/** This evaluation cannot go on; the message is Argo's (expr-lang's). */
export class RuntimeProblem extends Error {
  override readonly name = 'RuntimeProblem';
}

export function isList(value: Value): value is readonly Value[] {
  return Array.isArray(value);
}

export function isRecord(value: Value): value is { readonly [key: string]: Value } {
  return value !== null && typeof value === 'object' && !Array.isArray(value);
}

export function isNumber(value: Value): value is number | bigint {
  return typeof value === 'number' || typeof value === 'bigint';
}

/** Whether Go would have a `[]float64` here: what Prometheus' vectors become. An empty list counts as one. */
export function isFloats(value: readonly Value[]): value is readonly number[] {
  return value.every((item) => typeof item === 'number');
}

/** The type of a value as Go prints it with `%T`. */
export function goType(value: Value): string {
  if (value === null) return '<nil>';
  if (typeof value === 'bigint') return 'int';
  if (typeof value === 'number') return 'float64';
  if (typeof value === 'boolean') return 'bool';
  if (typeof value === 'string') return 'string';
  if (!isList(value)) return 'map[string]interface {}';
  return isFloats(value) ? '[]float64' : '[]interface {}';
}

/** A value as Go prints it with `%v`. */
export function goText(value: Value): string {
  if (value === null) return '<nil>';
  if (typeof value === 'number') return floatText(value);
  if (isList(value)) return `[${value.map(goText).join(' ')}]`;
  if (typeof value !== 'object') return String(value);
  const keys = Object.keys(value).sort();
  return `map[${keys.map((key) => `${key}:${goText(value[key] ?? null)}`).join(' ')}]`;
}

/** A float64 in the shortest form that reads back the same, as Go's `%v`: exponents below 1e-4 and from 1e21. */
function floatText(value: number): string {
  if (Number.isNaN(value)) return 'NaN';
  if (!Number.isFinite(value)) return value > 0 ? '+Inf' : '-Inf';
  const size = Math.abs(value);
  if (size !== 0 && (size < 1e-4 || size >= 1e21)) {
    return value.toExponential().replace(/e([+-])(\d)$/, 'e$10$2');
  }
  return Object.is(value, -0) ? '-0' : String(value);
}

/** Cuts a float to an int as Go does on amd64: what does not fit becomes the smallest int64. */
export function toInt64(value: number | bigint): bigint {
  if (typeof value === 'bigint') return BigInt.asIntN(64, value);
  const fits = value >= -(2 ** 63) && value < 2 ** 63;
  return fits ? BigInt(Math.trunc(value)) : -(2n ** 63n);
}
