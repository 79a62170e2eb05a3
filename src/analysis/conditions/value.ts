/**
 * What a condition computes with. Go's two kinds of number stay apart: `bigint` is an int (literals, `len`), `number` a float64
 * (whatever a provider measured, and every `/`).
 */
export type Value =
  | null
  | boolean
  | number
  | bigint
  | string
  | readonly Value[]
  | Special
  | { readonly [key: string]: Value };

/** Values that JSON does not know: times, durations, time zones, functions, maps whose keys are not text. */
export abstract class Special {
  /** Its type as Go's `%T` calls it. */
  abstract readonly goName: string;
  /** Its kind in Go's reflect: `struct`, `int64`. */
  abstract readonly goKind: string;
  /** As Go's `%v` prints it. */
  abstract print(): string;
}

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
  return value !== null && typeof value === 'object' && !Array.isArray(value) && !(value instanceof Special);
}

export function isNumber(value: Value): value is number | bigint {
  return typeof value === 'number' || typeof value === 'bigint';
}

/** What Go has where a map of lists has no such key: a list of nothing that equals nil. */
const NIL_LIST: readonly Value[] = Object.freeze([]);

export function isNil(value: Value): value is null {
  return value === null || value === NIL_LIST;
}

/** A map whose keys may be any value: what groupBy and fromPairs make. */
export class Dictionary extends Special {
  readonly goKind = 'map';
  /** `map[interface {}]interface {}`, `map[interface {}][]interface {}` */
  readonly goName: string;
  readonly entries: ReadonlyMap<Value, Value>;
  readonly #print: (value: Value) => string;

  constructor(goName: string, entries: ReadonlyMap<Value, Value>, print: (value: Value) => string) {
    super();
    this.goName = goName;
    this.entries = entries;
    this.#print = print;
  }

  /** As in Go, a missing key gives the nil of the map's values. */
  read(key: Value): Value {
    const holdsLists = this.goName.endsWith('][]interface {}');
    return this.entries.get(key) ?? (holdsLists ? NIL_LIST : null);
  }

  print(): string {
    const parts = [...this.entries].map(([key, value]) => [key, `${this.#print(key)}:${this.#print(value)}`] as const);
    parts.sort(([a], [b]) => (a === b || isBefore(a, b) ? -1 : 1));
    return `map[${parts.map(([, text]) => text).join(' ')}]`;
  }
}

function isBefore(a: Value, b: Value): boolean {
  if (isNumber(a) && isNumber(b)) return a < b || Number.isNaN(a);
  return String(a) < String(b);
}
