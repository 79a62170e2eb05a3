import type { Meter } from './meter.ts';
import type { BinaryOperator } from './syntax.ts';
import { goType, isList, isNumber, isRecord, RuntimeProblem, toInt64, type Value } from './value.ts';

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
      return toFloat(left) / toFloat(right);
    case '**':
      return power(toFloat(left), toFloat(right));
    case '..':
      return makeRange(toInt64(toNumber(left, 'int')), toInt64(toNumber(right, 'int')), meter);
    case 'in':
      return isIn(left, right, meter);
    case 'matches':
      return applyToText([left, right], meter, (text, pattern) => meter.find(text, pattern));
    case 'contains':
      return applyToText([left, right], meter, (text, part) => text.includes(part));
    case 'startsWith':
      return applyToText([left, right], meter, (text, part) => text.startsWith(part));
    case 'endsWith':
      return applyToText([left, right], meter, (text, part) => text.endsWith(part));
  }
}

/** Deep equality; an int equals the same float; values of different types are different, never an error. */
function areEqual(left: Value, right: Value, meter: Meter): boolean {
  meter.step();
  // Loose on purpose: 1n == 1, and NaN equals nothing.
  // biome-ignore lint/suspicious/noDoubleEquals: the only comparison that knows both kinds of number
  if (isNumber(left) && isNumber(right)) return left == right;
  if (isList(left) && isList(right)) {
    return left.length === right.length && left.every((item, index) => areEqual(item, right[index] ?? null, meter));
  }
  if (isRecord(left) && isRecord(right)) {
    const keys = Object.keys(left);
    const haveSameSize = keys.length === Object.keys(right).length;
    return (
      haveSameSize &&
      keys.every((key) => Object.hasOwn(right, key) && areEqual(left[key] ?? null, right[key] ?? null, meter))
    );
  }
  return left === right;
}

/** Whether `left` is before `right`, both numbers or both strings. */
export function compare(operator: '<' | '>' | '<=' | '>=', left: Value, right: Value): boolean {
  const areNumbers = isNumber(left) && isNumber(right);
  const areStrings = typeof left === 'string' && typeof right === 'string';
  if (!areNumbers && !areStrings) {
    throw new RuntimeProblem(`invalid operation: ${goType(left)} ${operator} ${goType(right)}`);
  }
  if (operator === '<') return left < right;
  if (operator === '>') return left > right;
  return operator === '<=' ? left <= right : left >= right;
}

function calculate(operator: '+' | '-' | '*' | '%', left: Value, right: Value): Value {
  if (typeof left === 'bigint' && typeof right === 'bigint') {
    if (operator === '%' && right === 0n) throw new RuntimeProblem('runtime error: integer divide by zero');
    const results = {
      '+': () => left + right,
      '-': () => left - right,
      '*': () => left * right,
      '%': () => left % right,
    };
    return BigInt.asIntN(64, results[operator]());
  }
  if (!isNumber(left) || !isNumber(right) || operator === '%') {
    throw new RuntimeProblem(`invalid operation: ${goType(left)} ${operator} ${goType(right)}`);
  }
  const [a, b] = [Number(left), Number(right)];
  if (operator === '+') return a + b;
  return operator === '-' ? a - b : a * b;
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

export function toFloat(value: Value): number {
  return Number(toNumber(value, 'float'));
}

export function toNumber(value: Value, wanted: 'int' | 'float'): number | bigint {
  if (isNumber(value)) return value;
  throw new RuntimeProblem(`invalid operation: ${wanted}(${goType(value)})`);
}

function makeRange(from: bigint, to: bigint, meter: Meter): Value {
  const size = to - from + 1n;
  if (size <= 0n) return [];
  meter.grow(Number(size));
  return Array.from({ length: Number(size) }, (_, index) => from + BigInt(index));
}

function isIn(needle: Value, container: Value, meter: Meter): boolean {
  if (container === null) return false;
  if (isList(container)) return container.some((item) => areEqual(item, needle, meter));
  if (!isRecord(container)) throw new RuntimeProblem(`operator "in" not defined on ${goType(container)}`);
  if (needle === null) return Object.hasOwn(container, '');
  if (typeof needle === 'string') return Object.hasOwn(container, needle);
  throw new RuntimeProblem(`cannot use ${goType(needle)} as type string in map key`);
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

/** Go's type assertion. */
export function expectType(value: Value, wanted: 'string'): string;
export function expectType(value: Value, wanted: 'bool'): boolean;
export function expectType(value: Value, wanted: 'string' | 'bool'): string | boolean {
  if (wanted === 'string' ? typeof value === 'string' : typeof value === 'boolean') return value as string | boolean;
  throw new RuntimeProblem(`interface conversion: interface {} is ${assertedType(value)}, not ${wanted}`);
}

/** How a failed type assertion calls what it met. */
export function assertedType(value: Value): string {
  return value === null ? 'nil' : goType(value);
}
