import { CompileProblem, isFloats, isList, type Value } from './value.ts';

/** What is known of a value before it is computed; `goName` is how Go's messages call it. */
export interface StaticType {
  readonly kind: 'unknown' | 'nil' | 'bool' | 'int' | 'float' | 'string' | 'list' | 'record';
  readonly goName: string;
  /** Of a list. */
  readonly element?: StaticType;
}

export const UNKNOWN: StaticType = { kind: 'unknown', goName: 'interface {}' };
export const NIL: StaticType = { kind: 'nil', goName: 'unknown' };
export const BOOL: StaticType = { kind: 'bool', goName: 'bool' };
export const INT: StaticType = { kind: 'int', goName: 'int' };
export const INT64: StaticType = { kind: 'int', goName: 'int64' };
export const FLOAT: StaticType = { kind: 'float', goName: 'float64' };
export const STRING: StaticType = { kind: 'string', goName: 'string' };
export const RECORD: StaticType = { kind: 'record', goName: 'map[string]interface {}' };
export const LIST: StaticType = { kind: 'list', goName: '[]interface {}', element: UNKNOWN };

export function listOf(element: StaticType): StaticType {
  return { kind: 'list', goName: '[]interface {}', element };
}

/** The type that a provider's value has in Go; values inside JSON stay unknown until they are looked at. */
export function staticTypeOf(value: Value): StaticType {
  if (value === null) return NIL;
  if (typeof value === 'bigint') return INT;
  if (typeof value === 'number') return FLOAT;
  if (typeof value === 'boolean') return BOOL;
  if (typeof value === 'string') return STRING;
  if (!isList(value)) return RECORD;
  return isFloats(value) ? { kind: 'list', goName: '[]float64', element: FLOAT } : LIST;
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

export function areComparable(left: StaticType, right: StaticType): boolean {
  const isAnyOpen = isUnknown(left) || isUnknown(right) || left.kind === 'nil' || right.kind === 'nil';
  return isAnyOpen || (isNumeric(left) && isNumeric(right)) || left.kind === right.kind;
}

/** Checks a call against the parameters of a Go function; the texts are expr-lang's, the space at the end included. */
export function checkParameters(
  name: string,
  args: readonly StaticType[],
  parameters: { readonly types: readonly StaticType[]; readonly required?: number },
): void {
  if (args.length > parameters.types.length) throw new CompileProblem(`too many arguments to call ${name}`);
  if (args.length < (parameters.required ?? parameters.types.length)) {
    throw new CompileProblem(`not enough arguments to call ${name}`);
  }
  for (const [index, arg] of args.entries()) {
    const parameter = parameters.types[index] ?? UNKNOWN;
    const isFitting = isUnknown(parameter) || isUnknown(arg) || arg.kind === parameter.kind;
    const isWidened = parameter.kind === 'float' && arg.kind === 'int';
    if (isFitting || isWidened || (arg.kind === 'nil' && parameter.kind === 'list')) continue;
    const target = `as argument (type ${parameter.goName}) to call ${name}`;
    throw new CompileProblem(arg.kind === 'nil' ? `cannot use nil ${target}` : `cannot use ${arg.goName} ${target} `);
  }
}
