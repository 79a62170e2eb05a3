import type { Node } from './syntax.ts';
import { listOfBytes } from './utf8.ts';
import { CompileProblem, type Value } from './value.ts';

/** Reads a number of a condition: an int (decimal, 0x, 0o, 0b) or, with a point or an exponent, a float. */
export function readNumber(text: string): number | bigint {
  const digits = text.replaceAll('_', '');
  const prefix = digits.slice(0, 2).toLowerCase();
  // As expr-lang: 0x1e is a whole number, and 0b1.5 a decimal one that cannot be read.
  if (prefix !== '0x' && /[.e]/i.test(digits)) return readFloat(digits);
  const kind = KINDS.get(prefix) ?? 'integer';
  const value = /^(?:0[xX][0-9a-fA-F]+|0[oO][0-7]+|0[bB][01]+|[0-9]+)$/.test(digits) ? BigInt(digits) : undefined;
  if (value !== undefined && value < 2n ** 63n) return value;
  const why = value === undefined ? 'invalid syntax' : 'value out of range';
  throw new CompileProblem(`invalid ${kind} literal: strconv.ParseInt: parsing ${JSON.stringify(digits)}: ${why}`);
}

const KINDS = new Map([
  ['0x', 'hex'],
  ['0o', 'octal'],
  ['0b', 'binary'],
]);

function readFloat(digits: string): number {
  const value = /^(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?$/.test(digits) ? Number(digits) : Number.NaN;
  if (Number.isFinite(value)) return value;
  const why = Number.isNaN(value) ? 'invalid syntax' : 'value out of range';
  throw new CompileProblem(`invalid float literal: strconv.ParseFloat: parsing ${JSON.stringify(digits)}: ${why}`);
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
