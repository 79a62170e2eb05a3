import type { Meter } from '../meter.ts';
import { compare, toFloat, toNumber } from '../operators.ts';
import { FLOAT, INT, UNKNOWN } from '../static-type.ts';
import { CompileProblem, goText, goType, isList, isNumber, RuntimeProblem, toInt64, type Value } from '../value.ts';
import { type Builtin, takesOne } from './builtin.ts';
import { parseFloat64, parseInteger } from './parse-number.ts';

/** Functions of numbers and of lists of numbers. */
export const OF_NUMBERS: Readonly<Record<string, Builtin>> = {
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

function numberOf(name: string, value: Value): number {
  if (isNumber(value)) return Number(value);
  throw new RuntimeProblem(`invalid argument for ${name} (type ${goType(value)})`);
}
