import { Callable, goNameOfSignature } from '../callable.ts';
import { assertedType, goText, goType, toInt64 } from '../go-text.ts';
import { ANY, BOOL, FLOAT, INT64, type StaticType } from '../static-type.ts';
import { RuntimeProblem, type Value } from '../value.ts';
import { type Builtin, takes } from './builtin.ts';
import { parseFloat64, parseInteger } from './parse-number.ts';

function define(name: string, parameters: readonly StaticType[], answer: StaticType, run: Builtin['run']) {
  const signature = { parameters, answer };
  return {
    builtin: takes(name, parameters, answer, run),
    value: new Callable(goNameOfSignature(signature), signature, run),
  };
}

/** Argo's own functions. As values they stand beside `result` in the environment. */
const DEFINED: Readonly<Record<string, ReturnType<typeof define>>> = {
  asInt: define('asInt', [ANY], INT64, ([value = null]) => asInt(value)),
  asFloat: define('asFloat', [ANY], FLOAT, ([value = null]) => asFloat(value)),
  isNaN: define('isNaN', [FLOAT], BOOL, ([value = null]) => Number.isNaN(expectFloat(value))),
  isInf: define('isInf', [FLOAT], BOOL, ([value = null]) => Math.abs(expectFloat(value)) === Number.POSITIVE_INFINITY),
  // As Argo (rollouts 1.10): isNil and default look at the whole result, whatever they are given.
  isNil: define('isNil', [ANY], BOOL, (_, { result }) => result === null),
  default: define('default', [ANY, ANY], ANY, ([, fallback = null], { result }) => result ?? fallback),
};

export const OF_ARGO: Readonly<Record<string, Builtin>> = Object.fromEntries(
  Object.entries(DEFINED).map(([name, { builtin }]) => [name, builtin]),
);

export const ARGO_FUNCTIONS: ReadonlyMap<string, Callable> = new Map(
  Object.entries(DEFINED).map(([name, { value }]) => [name, value]),
);

/** An int that was computed is refused, as in Go; the parser has made floats of those that were written. */
function expectFloat(value: Value): number {
  if (typeof value === 'number') return value;
  throw new RuntimeProblem(`interface conversion: interface {} is ${assertedType(value)}, not float64`);
}

function asInt(value: Value): bigint {
  if (typeof value === 'number' || typeof value === 'bigint') return toInt64(value);
  if (typeof value !== 'string') throw new RuntimeProblem(`asInt() not supported on ${goType(value)} ${goText(value)}`);
  const parsed = parseInteger(value);
  if (parsed !== undefined) return parsed;
  const why = /^[+-]?[0-9]+$/.test(value) ? 'value out of range' : 'invalid syntax';
  throw new RuntimeProblem(`strconv.ParseInt: parsing ${JSON.stringify(value)}: ${why}`);
}

function asFloat(value: Value): number {
  if (typeof value === 'number' || typeof value === 'bigint') return Number(value);
  if (typeof value !== 'string')
    throw new RuntimeProblem(`asFloat() not supported on ${goType(value)} ${goText(value)}`);
  const parsed = parseFloat64(value);
  if (parsed !== undefined) return parsed;
  const why =
    Number.isNaN(Number(value)) || value.trim() !== value || value === '' ? 'invalid syntax' : 'value out of range';
  throw new RuntimeProblem(`strconv.ParseFloat: parsing ${JSON.stringify(value)}: ${why}`);
}
