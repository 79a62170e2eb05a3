import type { Node } from './syntax.ts';
import { listOfBytes } from './utf8.ts';
import { CompileProblem, type Value } from './value.ts';

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

/** Bytes of a condition (`b"…"`); each character stands for one. */
export function readBytes(text: string): Value {
  return listOfBytes(Uint8Array.from(text, (character) => character.charCodeAt(0)));
}

/** Makes floats of the ints that are written in an argument, as expr-lang does where a function takes a float; computed ones stay. */
export function widen(node: Node): Node {
  if (node.kind === 'literal' && typeof node.value === 'bigint') return { ...node, value: Number(node.value) };
  if (node.kind === 'unary') return { ...node, operand: widen(node.operand) };
  const isSum = node.kind === 'binary' && ['+', '-', '*'].includes(node.operator);
  return isSum ? { ...node, left: widen(node.left), right: widen(node.right) } : node;
}
