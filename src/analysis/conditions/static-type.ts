import { goNameOfList } from './go-text.ts';
import { CompileProblem, isList, Special, type Value } from './value.ts';

/** What is known of a value before it is computed; `goName` is how Go's messages call it. */
export interface StaticType {
  readonly kind:
    | 'unknown'
    | 'nil'
    | 'bool'
    | 'int'
    | 'float'
    | 'string'
    | 'list'
    | 'record'
    | 'time'
    | 'duration'
    | 'function'
    /** time.Month, time.Weekday, *time.Location: known by its name alone */
    | 'named';
  readonly goName: string;
  /** Of a list, or of the values of a record. */
  readonly element?: StaticType;
  /** Of a record's keys; string where it is left out. */
  readonly key?: StaticType;
  /** Of a function. */
  readonly signature?: Signature;
}

/** The parameters of a Go function, and the type of its (first) answer. */
export interface Signature {
  readonly parameters: readonly StaticType[];
  readonly answer: StaticType;
}

/** Nothing is known. */
export const UNKNOWN: StaticType = { kind: 'unknown', goName: 'unknown' };
/** Known to be anything: what a map or a list of JSON holds, what a parameter takes. Only messages tell the two apart. */
export const ANY: StaticType = { kind: 'unknown', goName: 'interface {}' };
export const NIL: StaticType = { kind: 'nil', goName: 'unknown' };
export const BOOL: StaticType = { kind: 'bool', goName: 'bool' };
export const INT: StaticType = { kind: 'int', goName: 'int' };
export const INT64: StaticType = { kind: 'int', goName: 'int64' };
export const FLOAT: StaticType = { kind: 'float', goName: 'float64' };
export const STRING: StaticType = { kind: 'string', goName: 'string' };
export const RECORD: StaticType = { kind: 'record', goName: 'map[string]interface {}', element: ANY };
export const LIST: StaticType = { kind: 'list', goName: '[]interface {}', element: ANY };
export const FLOATS: StaticType = { kind: 'list', goName: '[]float64', element: FLOAT };
export const INTS: StaticType = { kind: 'list', goName: '[]int', element: INT };
export const STRINGS: StaticType = { kind: 'list', goName: '[]string', element: STRING };
const BYTES: StaticType = { kind: 'list', goName: '[]uint8', element: { kind: 'int', goName: 'uint8' } };
export const DICTIONARY: StaticType = {
  kind: 'record',
  goName: 'map[interface {}]interface {}',
  key: ANY,
  element: ANY,
};
/** What groupBy makes. */
export const GROUPS: StaticType = {
  kind: 'record',
  goName: 'map[interface {}][]interface {}',
  key: ANY,
  element: LIST,
};
export const TIME: StaticType = { kind: 'time', goName: 'time.Time' };
export const DURATION: StaticType = { kind: 'duration', goName: 'time.Duration' };
export const ZONE: StaticType = { kind: 'named', goName: '*time.Location' };

export function listOf(element: StaticType): StaticType {
  return { kind: 'list', goName: '[]interface {}', element };
}

/** The type that a value has in Go; values inside JSON stay unknown until they are looked at. */
export function staticTypeOf(value: Value): StaticType {
  if (value === null) return NIL;
  if (typeof value === 'bigint') return INT;
  if (typeof value === 'number') return FLOAT;
  if (typeof value === 'boolean') return BOOL;
  if (typeof value === 'string') return STRING;
  if (isList(value)) return [FLOATS, BYTES].find(({ goName }) => goName === goNameOfList(value)) ?? LIST;
  return value instanceof Special ? { kind: 'named', goName: value.goName } : RECORD;
}

export function isNumeric(type: StaticType): boolean {
  return type.kind === 'int' || type.kind === 'float';
}

export function isUnknown(type: StaticType): boolean {
  return type.kind === 'unknown';
}

/** Whether both may turn out to be of one of these kinds, at least one of them being unknown. */
export function mayBoth(left: StaticType, right: StaticType, kinds: readonly StaticType['kind'][]): boolean {
  if (isUnknown(left)) return isUnknown(right) || kinds.includes(right.kind);
  return isUnknown(right) && kinds.includes(left.kind);
}

/** Whether Go would take a value of one type where another is asked for. */
export function isAssignable(from: StaticType, to: StaticType): boolean {
  if (isUnknown(to)) return true;
  return from.kind === 'nil' ? ['list', 'record', 'function'].includes(to.kind) : from.goName === to.goName;
}

export function areComparable(left: StaticType, right: StaticType): boolean {
  const isAnyOpen = isUnknown(left) || isUnknown(right) || left.kind === 'nil' || right.kind === 'nil';
  const areLists = left.kind === 'list' && right.kind === 'list';
  return isAnyOpen || (isNumeric(left) && isNumeric(right)) || areLists || isAssignable(left, right);
}

/** Checks a call against the parameters of a Go function; the texts are expr-lang's, the space at the end included. */
export function checkParameters(name: string, args: readonly StaticType[], { parameters }: Signature): void {
  if (args.length > parameters.length) throw new CompileProblem(`too many arguments to call ${name}`);
  if (args.length < parameters.length) throw new CompileProblem(`not enough arguments to call ${name}`);
  for (const [index, arg] of args.entries()) {
    const parameter = parameters[index] ?? UNKNOWN;
    const isWidened = arg.kind === 'int' && isNumeric(parameter);
    if (isWidened || isUnknown(arg) || (isUnknown(parameter) && arg.kind === 'nil')) continue;
    if (arg.kind !== 'nil' && isAssignable(arg, parameter)) continue;
    const target = `as argument (type ${parameter.goName}) to call ${name}`;
    throw new CompileProblem(arg.kind === 'nil' ? `cannot use nil ${target}` : `cannot use ${arg.goName} ${target} `);
  }
}
