import { goType } from '../go-text.ts';
import { INT } from '../static-type.ts';
import { RuntimeProblem, type Value } from '../value.ts';
import { type Builtin, takes } from './builtin.ts';

/** Functions of the bits of an int64. */
export const OF_BITS: Readonly<Record<string, Builtin>> = {
  bitand: ofTwo('bitand', (a, b) => a & b),
  bitor: ofTwo('bitor', (a, b) => a | b),
  bitxor: ofTwo('bitxor', (a, b) => a ^ b),
  // As expr-lang, which calls Go's "and not" so.
  bitnand: ofTwo('bitnand', (a, b) => a & ~b),
  bitshl: ofTwo('bitshl', (a, count) => shift(count, (by) => a << by)),
  bitshr: ofTwo('bitshr', (a, count) => shift(count, (by) => a >> by)),
  bitushr: ofTwo('bitushr', (a, count) => shift(count, (by) => BigInt.asUintN(64, a) >> by)),
  bitnot: takes('bitnot', [INT], INT, (args) => ~intAt('bitnot', args, 0)),
};

function ofTwo(name: string, run: (a: bigint, b: bigint) => bigint): Builtin {
  return takes(name, [INT, INT], INT, (args) => BigInt.asIntN(64, run(intAt(name, args, 0), intAt(name, args, 1))));
}

function intAt(name: string, args: readonly Value[], index: number): bigint {
  const value = args[index] ?? null;
  if (typeof value === 'bigint') return value;
  throw new RuntimeProblem(`cannot use ${goType(value)} as argument (type int) to call ${name}`);
}

/** A shift by more than all bits, without making a number of that size. */
function shift(count: bigint, run: (by: bigint) => bigint): bigint {
  if (count < 0n) throw new RuntimeProblem(`invalid operation: negative shift count ${count} (type int)`);
  return run(count > 64n ? 64n : count);
}
