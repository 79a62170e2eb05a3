import { areEqual } from './equality.ts';
import { asGoList, expectType, goNameOfList, goType, inGoOrder, toInt64 } from './go-text.ts';
import type { Meter } from './meter.ts';
import type { BinaryOperator } from './syntax.ts';
import { Duration, Moment } from './time/moment.ts';
import { Dictionary, isList, isNumber, isRecord, RuntimeProblem, type Value } from './value.ts';

/** The operators that need both sides; the others (`&&`, `||`, `??`) decide in evaluate.ts whether to look at the right one. */
export type StrictOperator = Exclude<BinaryOperator, '&&' | '||' | '??'>;

export function applyOperator(operator: StrictOperator, left: Value, right: Value, meter: Meter): Value {
  switch (operator) {
    case '==':
      return areEqual(left, right, meter);
    case '!=':
      return !areEqual(left, right, meter);
    case '<':
    case '>':
    case '<=':
    case '>=':
      return compare(operator, left, right);
    case '+':
      if (typeof left === 'string' && typeof right === 'string') {
        meter.grow(left.length + right.length);
        return left + right;
      }
      return calculate(operator, left, right);
    case '-':
    case '*':
    case '%':
      return calculate(operator, left, right);
    case '/':
      if (isNumber(left) && isNumber(right)) return Number(left) / Number(right);
      return refuse(operator, left, right);
    case '**':
      return power(toFloat(left), toFloat(right));
    case '..':
      return makeRange(toInt64(toNumber(left, 'int')), toInt64(toNumber(right, 'int')), meter);
    case 'in':
      return isIn(left, right, meter);
    case 'matches':
      return isMatch(left, right, meter);
    case 'contains':
      return applyToText([left, right], meter, (text, part) => text.includes(part));
    case 'startsWith':
      return applyToText([left, right], meter, (text, part) => text.startsWith(part));
    case 'endsWith':
      return applyToText([left, right], meter, (text, part) => text.endsWith(part));
  }
}

function refuse(operator: string, left: Value, right: Value): never {
  throw new RuntimeProblem(`invalid operation: ${goType(left)} ${operator} ${goType(right)}`);
}

/** Whether `left` is before `right`: two numbers, strings, times or durations. */
export function compare(operator: '<' | '>' | '<=' | '>=', left: Value, right: Value): boolean {
  if (isNumber(left) && isNumber(right)) return holds(operator, left, right);
  if (typeof left === 'string' && typeof right === 'string') return holds(operator, inGoOrder(left, right), 0);
  if (left instanceof Moment && right instanceof Moment) return holds(operator, left.nanoseconds, right.nanoseconds);
  if (left instanceof Duration && right instanceof Duration)
    return holds(operator, left.nanoseconds, right.nanoseconds);
  return refuse(operator, left, right);
}

function holds(operator: '<' | '>' | '<=' | '>=', left: number | bigint, right: number | bigint): boolean {
  if (operator === '<') return left < right;
  if (operator === '>') return left > right;
  return operator === '<=' ? left <= right : left >= right;
}

function calculate(operator: '+' | '-' | '*' | '%', left: Value, right: Value): Value {
  if (typeof left === 'bigint' && typeof right === 'bigint') return calculateIntegers(operator, left, right);
  if (!isNumber(left) || !isNumber(right) || operator === '%') return calculateTimes(operator, left, right);
  const [a, b] = [Number(left), Number(right)];
  if (operator === '+') return a + b;
  return operator === '-' ? a - b : a * b;
}

function calculateIntegers(operator: '+' | '-' | '*' | '%', left: bigint, right: bigint): bigint {
  switch (operator) {
    case '+':
      return BigInt.asIntN(64, left + right);
    case '-':
      return BigInt.asIntN(64, left - right);
    case '*':
      return BigInt.asIntN(64, left * right);
    case '%':
      if (right === 0n) throw new RuntimeProblem('runtime error: integer divide by zero');
      return left % right;
  }
}

function calculateTimes(operator: '+' | '-' | '*' | '%', left: Value, right: Value): Value {
  if (operator === '*') return multiplyDuration(left, right);
  const sign = operator === '-' ? -1n : 1n;
  if (operator !== '%' && right instanceof Duration) {
    if (left instanceof Moment) return left.plus(sign * right.nanoseconds);
    if (left instanceof Duration) return new Duration(left.nanoseconds + sign * right.nanoseconds);
  }
  if (operator === '-' && left instanceof Moment && right instanceof Moment) return left.minus(right);
  if (operator === '+' && left instanceof Duration && right instanceof Moment) return right.plus(left.nanoseconds);
  return refuse(operator, left, right);
}

/** As in expr-lang, an int keeps a duration a duration, and a float makes it a float of nanoseconds. */
function multiplyDuration(left: Value, right: Value): Value {
  const a = left instanceof Duration ? left.nanoseconds : left;
  const b = right instanceof Duration ? right.nanoseconds : right;
  if (!isNumber(a) || !isNumber(b)) return refuse('*', left, right);
  if (typeof a === 'bigint' && typeof b === 'bigint') return new Duration(a * b);
  return Number(a) * Number(b);
}

/** Go's math.Pow, which says 1 where JavaScript says NaN. */
function power(base: number, exponent: number): number {
  return base === 1 || (base === -1 && !Number.isFinite(exponent) && !Number.isNaN(exponent)) ? 1 : base ** exponent;
}

export function negate(value: Value): Value {
  if (typeof value === 'bigint') return BigInt.asIntN(64, -value);
  if (typeof value === 'number') return -value;
  throw new RuntimeProblem(`invalid operation: - ${goType(value)}`);
}

function toFloat(value: Value): number {
  return Number(toNumber(value, 'float'));
}

export function toNumber(value: Value, wanted: 'int' | 'float'): number | bigint {
  if (isNumber(value)) return value;
  throw new RuntimeProblem(`invalid operation: ${wanted}(${goType(value)})`);
}

function makeRange(from: bigint, to: bigint, meter: Meter): Value {
  const size = to - from + 1n;
  if (size <= 0n) return asGoList('[]int', []);
  meter.grow(Number(size));
  return asGoList(
    '[]int',
    Array.from({ length: Number(size) }, (_, index) => from + BigInt(index)),
  );
}

function isIn(needle: Value, container: Value, meter: Meter): boolean {
  if (container === null) return false;
  if (isList(container)) return container.some((item) => areEqual(item, needle, meter));
  if (container instanceof Dictionary) return container.entries.has(needle);
  if (container instanceof Moment) {
    if (typeof needle === 'string') return false;
    throw new RuntimeProblem(`cannot use ${goType(needle)} as field name of time.Time`);
  }
  if (!isRecord(container)) throw new RuntimeProblem(`operator "in" not defined on ${goType(container)}`);
  return Object.hasOwn(container, toKey(needle));
}

/** The key of a record that a value names; nil names the empty one. */
export function toKey(value: Value): string {
  if (value === null) return '';
  if (typeof value === 'string') return value;
  throw new RuntimeProblem(`cannot use ${goType(value)} as type string in map key`);
}

/** Nil on either side is no match; any other type is an error. */
function applyToText(
  [left, right]: readonly [Value, Value],
  meter: Meter,
  test: (text: string, part: string) => boolean,
): boolean {
  if (left === null || right === null) return false;
  meter.touch(left);
  return test(expectType(left, 'string'), expectType(right, 'string'));
}

/** A pattern is found in a text, or in bytes (`b"…"`). */
function isMatch(left: Value, pattern: Value, meter: Meter): boolean {
  if (left === null || pattern === null) return false;
  if (typeof left === 'string') return meter.find(left, expectType(pattern, 'string'));
  if (!isList(left) || goNameOfList(left) !== '[]uint8') {
    throw new RuntimeProblem(`interface conversion: interface {} is ${goType(left)}, not []uint8`);
  }
  return meter.find(new TextDecoder().decode(Uint8Array.from(left, Number)), expectType(pattern, 'string'));
}
