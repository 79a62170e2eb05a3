import { goType, toInt64 } from '../go-text.ts';
import type { Meter } from '../meter.ts';
import { compare } from '../operators.ts';
import { FLOAT, INT, type StaticType, UNKNOWN } from '../static-type.ts';
import { NamedNumber } from '../time/methods.ts';
import { Duration } from '../time/moment.ts';
import { CompileProblem, isList, isNumber, RuntimeProblem, type Value } from '../value.ts';
import { type Builtin, takesOne } from './builtin.ts';
import { parseFloat64, parseInteger } from './parse-number.ts';

/** Durations and months are integers to Go's reflect: several functions take them until they run. */
const NUMBERS: readonly StaticType['kind'][] = ['int', 'float', 'duration'];

/** Functions of numbers and of lists of numbers. */
export const OF_NUMBERS: Readonly<Record<string, Builtin>> = {
  abs: ofNumber('abs', undefined, (value) => {
    if (typeof value === 'bigint') return BigInt.asIntN(64, value < 0n ? -value : value);
    return Math.abs(value);
  }),
  ceil: ofNumber('ceil', FLOAT, (value) => Math.ceil(Number(value))),
  floor: ofNumber('floor', FLOAT, (value) => Math.floor(Number(value))),
  round: ofNumber('round', FLOAT, (value) => roundHalfAway(Number(value))),
  int: takesOne({ kinds: [...NUMBERS, 'string', 'named'], answer: INT, refuse: refusal('int') }, (value) =>
    toInt(value),
  ),
  float: takesOne({ kinds: [...NUMBERS, 'string'], answer: FLOAT, refuse: refusal('float') }, (value) => {
    if (isNumber(value)) return Number(value);
    const parsed = typeof value === 'string' ? parseFloat64(value) : undefined;
    if (parsed !== undefined) return parsed;
    throw new RuntimeProblem(`invalid operation: float(${typeof value === 'string' ? value : goType(value)})`);
  }),
  min: extreme('min', '>'),
  max: extreme('max', '<'),
  mean: aggregates('mean', (values) => (values.length === 0 ? 0 : total(values) / values.length)),
  median: aggregates('median', median),
};

function refusal(name: string): (goName: string) => string {
  return (goName) => `invalid argument for ${name} (type ${goName})`;
}

function ofNumber(name: string, answer: StaticType | undefined, run: (value: number | bigint) => Value): Builtin {
  const options = { kinds: NUMBERS, refuse: refusal(name), ...(answer && { answer }) };
  return takesOne(options, (value) => {
    if (isNumber(value)) return run(value);
    throw new RuntimeProblem(`invalid argument for ${name} (type ${goType(value)})`);
  });
}

/** Go rounds halves away from zero, JavaScript up; what has no fraction stays as it is. */
function roundHalfAway(value: number): number {
  const whole = Math.trunc(value);
  return Math.abs(value - whole) >= 0.5 ? whole + Math.sign(value) : whole;
}

function toInt(value: Value): bigint {
  if (isNumber(value)) return toInt64(value);
  if (value instanceof Duration) return value.nanoseconds;
  if (value instanceof NamedNumber) return value.value;
  const parsed = typeof value === 'string' ? parseInteger(value) : undefined;
  if (parsed !== undefined) return parsed;
  throw new RuntimeProblem(`invalid operation: int(${typeof value === 'string' ? value : goType(value)})`);
}

function checkAggregate(name: string): Builtin['check'] {
  return (args) => {
    if (args.length === 0) throw new CompileProblem(`not enough arguments to call ${name}`);
    for (const arg of args) {
      // As expr-lang: the first list ends the check.
      if (arg.kind === 'list' || arg.kind === 'unknown') return UNKNOWN;
      if (!NUMBERS.includes(arg.kind)) throw new CompileProblem(refusal(name)(arg.goName));
    }
    return args[0] ?? UNKNOWN;
  };
}

function aggregates(name: string, run: (values: readonly number[]) => Value): Builtin {
  return {
    check: checkAggregate(name),
    run: (args, { meter }) => run(collectNumbers(name, args, meter)),
  };
}

/** Numbers of arguments and of lists in them, however deep. */
function collectNumbers(name: string, args: readonly Value[], meter: Meter): readonly number[] {
  return args.flatMap((arg) => {
    meter.step();
    meter.see(arg);
    if (isNumber(arg)) return [Number(arg)];
    if (arg instanceof Duration) return [Number(arg.nanoseconds)];
    if (!isList(arg)) throw new RuntimeProblem(`invalid argument for ${name} (type ${goType(arg)})`);
    return collectNumbers(name, arg, meter);
  });
}

/** min and max: a single argument that is no number is given back as it is, as expr-lang does. */
function extreme(name: string, replaceWhen: '<' | '>'): Builtin {
  const find = (values: readonly Value[], meter: Meter): Value => {
    let found: Value = null;
    for (const value of values) {
      meter.step();
      meter.see(value);
      if (!isNumber(value) && !isList(value) && !(value instanceof Duration)) {
        throw new RuntimeProblem(`invalid argument for ${name} (type ${goType(value)})`);
      }
      const candidate = isList(value) ? find(value, meter) : value;
      if (candidate !== null && (found === null || compare(replaceWhen, found, candidate))) found = candidate;
    }
    return found;
  };
  return {
    check: checkAggregate(name),
    run: (args, { meter }) => {
      const [only = null] = args;
      const isPlain = args.length === 1 && !isNumber(only) && !isList(only);
      return isPlain ? only : find(args, meter);
    },
  };
}

function total(values: readonly number[]): number {
  let sum = 0;
  for (const value of values) sum += value;
  return sum;
}

function median(values: readonly number[]): number {
  // As Go's sort, NaN first.
  const sorted = [
    ...values.filter(Number.isNaN),
    ...values.filter((value) => !Number.isNaN(value)).sort((a, b) => a - b),
  ];
  const middle = Math.floor(sorted.length / 2);
  const upper = sorted[middle] ?? 0;
  return sorted.length % 2 === 1 ? upper : (upper + (sorted[middle - 1] ?? 0)) / 2;
}
