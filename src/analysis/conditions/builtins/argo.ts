import { assertedType } from '../operators.ts';
import { BOOL, FLOAT, INT64, UNKNOWN } from '../static-type.ts';
import { goText, goType, isNumber, RuntimeProblem, toInt64, type Value } from '../value.ts';
import { type Builtin, takes } from './builtin.ts';
import { parseFloat64, parseInteger } from './parse-number.ts';

/** Argo's own functions. */
export const OF_ARGO: Readonly<Record<string, Builtin>> = {
  asInt: takes('asInt', [UNKNOWN], INT64, ([value = null]) => asInt(value)),
  asFloat: takes('asFloat', [UNKNOWN], FLOAT, ([value = null]) => asFloat(value)),
  isNaN: takes('isNaN', [FLOAT], BOOL, ([value = null]) => Number.isNaN(asFloat64(value))),
  isInf: takes('isInf', [FLOAT], BOOL, ([value = null]) => Math.abs(asFloat64(value)) === Number.POSITIVE_INFINITY),
  // As Argo (rollouts 1.10): isNil and default look at the whole result, whatever they are given.
  isNil: takes('isNil', [UNKNOWN], BOOL, (_, { result }) => result === null),
  default: takes('default', [UNKNOWN, UNKNOWN], UNKNOWN, ([, fallback = null], { result }) =>
    result === null ? fallback : result,
  ),
};

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
