import type { Meter } from './meter.ts';
import { assertedType, compare, expectType, toFloat, toNumber } from './operators.ts';
import {
  BOOL,
  checkParameters,
  FLOAT,
  INT,
  INT64,
  isUnknown,
  LIST,
  listOf,
  STRING,
  type StaticType,
  UNKNOWN,
} from './static-type.ts';
import {
  CompileProblem,
  goText,
  goType,
  isList,
  isNumber,
  isRecord,
  RuntimeProblem,
  toInt64,
  type Value,
} from './value.ts';

/** One function that conditions may call. */
export interface Builtin {
  /** The type of the answer; throws CompileProblem where the arguments cannot be right. */
  check(args: readonly StaticType[]): StaticType;
  run(args: readonly Value[], context: CallContext): Value;
}

export interface CallContext {
  readonly meter: Meter;
  /** What the provider measured. */
  readonly result: Value;
}

const nil: Value = null;

/** Argo's own functions. */
const OF_ARGO: Readonly<Record<string, Builtin>> = {
  asInt: takes('asInt', [UNKNOWN], INT64, ([value = nil]) => asInt(value)),
  asFloat: takes('asFloat', [UNKNOWN], FLOAT, ([value = nil]) => asFloat(value)),
  isNaN: takes('isNaN', [FLOAT], BOOL, ([value = nil]) => Number.isNaN(asFloat64(value))),
  isInf: takes('isInf', [FLOAT], BOOL, ([value = nil]) => Math.abs(asFloat64(value)) === Number.POSITIVE_INFINITY),
  // As Argo (rollouts 1.10): isNil and default look at the whole result, whatever they are given.
  isNil: takes('isNil', [UNKNOWN], BOOL, (_, { result }) => result === null),
  default: takes('default', [UNKNOWN, UNKNOWN], UNKNOWN, ([, fallback = nil], { result }) =>
    result === null ? fallback : result,
  ),
};

const OF_NUMBERS: Readonly<Record<string, Builtin>> = {
  abs: takesOne('abs', ['int', 'float'], undefined, (value) => {
    if (typeof value === 'bigint') return value < 0n ? -value : value;
    return Math.abs(numberOf('abs', value));
  }),
  ceil: takesOne('ceil', ['int', 'float'], FLOAT, (value) => Math.ceil(numberOf('ceil', value))),
  floor: takesOne('floor', ['int', 'float'], FLOAT, (value) => Math.floor(numberOf('floor', value))),
  // Go rounds halves away from zero, JavaScript up.
  round: takesOne('round', ['int', 'float'], FLOAT, (value) => {
    const number = numberOf('round', value);
    return Math.sign(number) * Math.round(Math.abs(number));
  }),
  int: takesOne('int', ['int', 'float', 'string'], INT, (value) => {
    const parsed = typeof value === 'string' ? parseInteger(value) : toInt64(toNumber(value, 'int'));
    if (parsed === undefined) throw new RuntimeProblem(`invalid operation: int(${goText(value)})`);
    return parsed;
  }),
  float: takesOne('float', ['int', 'float', 'string'], FLOAT, (value) => {
    const parsed = typeof value === 'string' ? parseFloat64(value) : toFloat(value);
    if (parsed === undefined) throw new RuntimeProblem(`invalid operation: float(${goText(value)})`);
    return parsed;
  }),
  min: aggregates('min', (values) => extreme('>', values)),
  max: aggregates('max', (values) => extreme('<', values)),
  mean: aggregates('mean', (values) => (values.length === 0 ? 0 : total(values) / values.length)),
  median: aggregates('median', (values) => median(values.map(Number))),
};

const OF_TEXT: Readonly<Record<string, Builtin>> = {
  string: takes('string', [UNKNOWN], STRING, ([value = nil], { meter }) => {
    const text = goText(value);
    meter.grow(text.length);
    return text;
  }),
  type: takes('type', [UNKNOWN], STRING, ([value = nil]) => typeName(value)),
  lower: takes('lower', [STRING], STRING, ([text = nil]) => expectType(text, 'string').toLowerCase()),
  upper: takes('upper', [STRING], STRING, ([text = nil]) => expectType(text, 'string').toUpperCase()),
  trim: takes('trim', [STRING], STRING, ([text = nil]) => expectType(text, 'string').trim()),
  hasPrefix: takes('hasPrefix', [STRING, STRING], BOOL, ([text = nil, part = nil]) =>
    expectType(text, 'string').startsWith(expectType(part, 'string')),
  ),
  hasSuffix: takes('hasSuffix', [STRING, STRING], BOOL, ([text = nil, part = nil]) =>
    expectType(text, 'string').endsWith(expectType(part, 'string')),
  ),
  split: takes('split', [STRING, STRING], listOf(STRING), ([text = nil, separator = nil], { meter }) => {
    const whole = expectType(text, 'string');
    meter.grow(whole.length);
    return whole.split(expectType(separator, 'string'));
  }),
};

const OF_LISTS: Readonly<Record<string, Builtin>> = {
  len: takesOne('len', ['list', 'record', 'string'], INT, (value) => {
    if (typeof value === 'string') return BigInt([...value].length);
    if (isList(value)) return BigInt(value.length);
    if (isRecord(value)) return BigInt(Object.keys(value).length);
    throw new RuntimeProblem(`invalid argument for len (type ${goType(value)})`);
  }),
  first: takesElement('first', (list) => pick(list, 0)),
  last: takesElement('last', (list) => pick(list, -1)),
  get: {
    check: (args) => {
      checkCount(args, 2);
      const [base = UNKNOWN] = args;
      if (isUnknown(base) || base.kind === 'list' || base.kind === 'record') return base.element ?? UNKNOWN;
      throw new CompileProblem(`type ${base.goName} does not support indexing`);
    },
    run: ([from = nil, key = nil]) => {
      if (isRecord(from)) return typeof key === 'string' && Object.hasOwn(from, key) ? (from[key] ?? null) : null;
      return pick(from, Number(toInt64(toNumber(key, 'int'))));
    },
  },
  take: takes('take', [LIST, INT], LIST, ([list = nil, count = nil], { meter }) => {
    const items = expectList('take', list);
    const wanted = Number(toInt64(toNumber(count, 'int')));
    if (wanted < 0) throw new RuntimeProblem(`cannot take ${wanted} elements`);
    meter.grow(Math.min(wanted, items.length));
    return items.slice(0, wanted);
  }),
  keys: takesOne('keys', ['record'], LIST, (value) => Object.keys(expectRecord('keys', value)).sort()),
  values: takesOne('values', ['record'], LIST, (value) => Object.values(expectRecord('values', value))),
};

/** Every function by its name, those with a predicate apart (checker.ts, evaluate.ts). */
export const BUILTINS: ReadonlyMap<string, Builtin> = new Map(
  Object.entries({ ...OF_ARGO, ...OF_NUMBERS, ...OF_TEXT, ...OF_LISTS }),
);

function takes(name: string, parameters: readonly StaticType[], answer: StaticType, run: Builtin['run']): Builtin {
  return {
    check: (args) => {
      checkParameters(name, args, { types: parameters });
      return answer;
    },
    run,
  };
}

/** A function of one argument of these kinds; without `answer` it gives back the type it took. */
function takesOne(
  name: string,
  kinds: readonly StaticType['kind'][],
  answer: StaticType | undefined,
  run: (value: Value) => Value,
): Builtin {
  return {
    check: (args) => {
      checkCount(args, 1);
      const [arg = UNKNOWN] = args;
      if (isUnknown(arg) || kinds.includes(arg.kind)) return answer ?? arg;
      const isPart = name === 'keys' || name === 'values';
      const text = isPart
        ? `cannot get ${name} from ${arg.goName}`
        : `invalid argument for ${name} (type ${arg.goName})`;
      throw new CompileProblem(text);
    },
    run: ([value = nil]) => run(value),
  };
}

function takesElement(name: string, run: (list: Value) => Value): Builtin {
  return {
    check: (args) => {
      checkCount(args, 1);
      const [arg = UNKNOWN] = args;
      if (isUnknown(arg) || arg.kind === 'list') return arg.element ?? UNKNOWN;
      throw new CompileProblem(`cannot get ${name} element from ${arg.goName}`);
    },
    run: ([value = nil]) => run(value),
  };
}

function aggregates(name: string, run: (values: readonly (number | bigint)[]) => Value): Builtin {
  return {
    check: (args) => {
      if (args.length === 0) throw new CompileProblem(`not enough arguments to call ${name}`);
      const wrong = args.find((arg) => !['unknown', 'list', 'int', 'float'].includes(arg.kind));
      if (wrong === undefined) return args.some((arg) => arg.kind === 'list') ? UNKNOWN : (args[0] ?? UNKNOWN);
      throw new CompileProblem(`invalid argument for ${name} (type ${wrong.goName})`);
    },
    run: (args, { meter }) => run(collectNumbers(name, args, meter)),
  };
}

function checkCount(args: readonly StaticType[], expected: number): void {
  if (args.length === expected) return;
  throw new CompileProblem(`invalid number of arguments (expected ${expected}, got ${args.length})`);
}

/** Numbers of arguments and of lists in them, however deep. */
function collectNumbers(name: string, args: readonly Value[], meter: Meter): readonly (number | bigint)[] {
  return args.flatMap((arg) => {
    meter.step();
    meter.see(arg);
    if (isNumber(arg)) return [arg];
    if (!isList(arg)) throw new RuntimeProblem(`invalid argument for ${name} (type ${goType(arg)})`);
    return collectNumbers(name, arg, meter);
  });
}

function extreme(replaceWhen: '<' | '>', values: readonly (number | bigint)[]): Value {
  let found: number | bigint | undefined;
  for (const value of values) {
    if (found === undefined || compare(replaceWhen, found, value)) found = value;
  }
  return found ?? null;
}

function total(values: readonly (number | bigint)[]): number {
  let sum = 0;
  for (const value of values) sum += Number(value);
  return sum;
}

function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  const upper = sorted[middle] ?? 0;
  return sorted.length % 2 === 1 ? upper : (upper + (sorted[middle - 1] ?? 0)) / 2;
}

function pick(list: Value, index: number): Value {
  return isList(list) ? (list.at(index) ?? null) : null;
}

export function expectList(name: string, value: Value): readonly Value[] {
  if (isList(value)) return value;
  throw new RuntimeProblem(`builtin ${name} takes only array (got ${goType(value)})`);
}

function expectRecord(name: string, value: Value): { readonly [key: string]: Value } {
  if (isRecord(value)) return value;
  throw new RuntimeProblem(`cannot get ${name} from ${goType(value)}`);
}

function numberOf(name: string, value: Value): number {
  if (isNumber(value)) return Number(value);
  throw new RuntimeProblem(`invalid argument for ${name} (type ${goType(value)})`);
}

function asFloat64(value: Value): number {
  if (isNumber(value)) return Number(value);
  throw new RuntimeProblem(`interface conversion: interface {} is ${assertedType(value)}, not float64`);
}

function asInt(value: Value): bigint {
  if (isNumber(value)) return toInt64(value);
  if (typeof value !== 'string') throw new RuntimeProblem(`asInt() not supported on ${goType(value)} ${goText(value)}`);
  const parsed = parseInteger(value);
  if (parsed !== undefined) return parsed;
  const why = /^[+-]?[0-9]+$/.test(value) ? 'value out of range' : 'invalid syntax';
  throw new RuntimeProblem(`strconv.ParseInt: parsing ${JSON.stringify(value)}: ${why}`);
}

function asFloat(value: Value): number {
  if (isNumber(value)) return Number(value);
  if (typeof value !== 'string')
    throw new RuntimeProblem(`asFloat() not supported on ${goType(value)} ${goText(value)}`);
  const parsed = parseFloat64(value);
  if (parsed !== undefined) return parsed;
  const why =
    Number.isNaN(Number(value)) || value.trim() !== value || value === '' ? 'invalid syntax' : 'value out of range';
  throw new RuntimeProblem(`strconv.ParseFloat: parsing ${JSON.stringify(value)}: ${why}`);
}

function parseInteger(text: string): bigint | undefined {
  if (!/^[+-]?[0-9]{1,30}$/.test(text)) return undefined;
  const value = BigInt(text.replace(/^\+/, ''));
  return BigInt.asIntN(64, value) === value ? value : undefined;
}

const DIGITS = '[0-9](?:_?[0-9])*';
const DECIMAL = new RegExp(`^[+-]?(?:${DIGITS}\\.?(?:${DIGITS})?|\\.${DIGITS})(?:[eE][+-]?${DIGITS})?$`);

/** Go's ParseFloat, without its hexadecimal form: decimal, `NaN`, `Inf`, `infinity` in any case; too large is refused. */
function parseFloat64(text: string): number | undefined {
  if (/^[+-]?nan$/i.test(text)) return /^[+-]/.test(text) ? undefined : Number.NaN;
  const infinity = /^([+-]?)inf(?:inity)?$/i.exec(text);
  if (infinity !== null) return infinity[1] === '-' ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY;
  if (!DECIMAL.test(text)) return undefined;
  const value = Number(text.replaceAll('_', ''));
  return Number.isFinite(value) ? value : undefined;
}

function typeName(value: Value): string {
  if (value === null) return 'nil';
  if (isList(value)) return 'array';
  if (typeof value === 'object') return 'map';
  const names = { bigint: 'int', number: 'float', boolean: 'bool', string: 'string' } as const;
  return names[typeof value as keyof typeof names];
}
