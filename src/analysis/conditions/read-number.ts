import { CompileProblem } from './value.ts';

/** Reads a number of a condition: an int (decimal, 0x, 0o, 0b) or, with a point or an exponent, a float. */
export function readNumber(text: string): number | bigint {
  const digits = text.replaceAll('_', '');
  if (/^0x/i.test(digits) || !/[.e]/i.test(digits)) return readInteger(digits);
  const value = Number(digits);
  if (Number.isNaN(value) || !Number.isFinite(value)) {
    const why = Number.isNaN(value) ? 'invalid syntax' : 'value out of range';
    throw new CompileProblem(`invalid float literal: strconv.ParseFloat: parsing ${JSON.stringify(digits)}: ${why}`);
  }
  return value;
}

function readInteger(digits: string): bigint {
  const isEmpty = /^0[xob]$/i.test(digits);
  const value = isEmpty ? undefined : BigInt(digits);
  if (value === undefined || value > 2n ** 63n - 1n) {
    const why = isEmpty ? 'invalid syntax' : 'value out of range';
    throw new CompileProblem(`invalid integer literal: strconv.ParseInt: parsing ${JSON.stringify(digits)}: ${why}`);
  }
  return value;
}
