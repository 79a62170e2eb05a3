import { areEqual } from '../equality.ts';
import { goKind, goNameOfList, goType, sliceList, toInt64 } from '../go-text.ts';
import type { Meter } from '../meter.ts';
import { toNumber } from '../operators.ts';
import { readOrNil } from '../read-member.ts';
import { sortValues } from '../sort.ts';
import { FLOATS, INT, INTS, LIST, STRING, STRINGS, type StaticType, UNKNOWN } from '../static-type.ts';
import { CompileProblem, Dictionary, isList, isRecord, RuntimeProblem, type Value } from '../value.ts';
import { type Builtin, checkCount, takesOne, takesOneOf } from './builtin.ts';

/** Functions of lists, those with a predicate apart (predicates.ts). */
export const OF_LISTS: Readonly<Record<string, Builtin>> = {
  len: takesOne({ kinds: ['list', 'record', 'string'], answer: INT, refuse: (type) => wrongForLen(type) }, (value) => {
    if (typeof value === 'string') return BigInt([...value].length);
    if (isList(value)) return BigInt(value.length);
    if (value instanceof Dictionary) return BigInt(value.entries.size);
    if (isRecord(value)) return BigInt(Object.keys(value).length);
    throw new RuntimeProblem(wrongForLen(goType(value)));
  }),
  first: takesElement('first', 0n),
  last: takesElement('last', -1n),
  get: { check: checkGet, run: ([from = null, key = null]) => readOrNil(from, key) },
  take: { check: checkTake, run: ([list = null, count = null], { meter }) => take(list, count, meter) },
  reverse: makesList('reverse', (list) => list.toReversed()),
  uniq: makesList('uniq', (list, meter) => {
    const kept: Value[] = [];
    for (const item of list) if (!kept.some((known) => areEqual(item, known, meter))) kept.push(item);
    return kept;
  }),
  flatten: makesList('flatten', flatten),
  concat: {
    check: (args) => {
      if (args.length === 0) throw new CompileProblem('invalid number of arguments (expected at least 1, got 0)');
      for (const arg of args) expectListType('concat', arg);
      return LIST;
    },
    run: (args, { meter }) => {
      for (const arg of args) meter.grow(lengthOf('concat', arg));
      return args.flatMap((arg) => (isList(arg) ? arg : []));
    },
  },
  sort: takesOneOf(
    'sort',
    [[LIST, STRING], [INTS, STRING], [FLOATS, STRING], [STRINGS, STRING], [LIST], [FLOATS], [STRINGS], [INTS]],
    LIST,
    (args, { meter }) => {
      const [list = null, order] = args;
      if (order !== undefined && typeof order !== 'string') {
        throw new RuntimeProblem(`sort order argument must be a string (got ${goType(order)})`);
      }
      if (order !== undefined && order !== 'asc' && order !== 'desc') {
        throw new RuntimeProblem(`invalid order ${order}, expected asc or desc`);
      }
      // As expr-lang, what is no list counts as an empty one.
      const items = isList(list) && !goNameOfList(list).includes('2') && goNameOfList(list) !== '[]uint8' ? list : [];
      return sortValues(items, items, { isDescending: order === 'desc', meter });
    },
  ),
};

function wrongForLen(goName: string): string {
  return `invalid argument for len (type ${goName})`;
}

function takesElement(name: string, index: bigint): Builtin {
  return {
    check: (args) => {
      checkCount(args, 1);
      const [arg = UNKNOWN] = args;
      if (arg.kind === 'unknown' || arg.kind === 'list') return arg.element ?? UNKNOWN;
      throw new CompileProblem(`cannot get ${name} element from ${arg.goName}`);
    },
    run: ([value = null]) => (isList(value) || typeof value === 'string' ? readOrNil(value, index) : null),
  };
}

function checkGet(args: readonly StaticType[]): StaticType {
  checkCount(args, 2);
  const [base = UNKNOWN, key = UNKNOWN] = args;
  if (base.kind === 'unknown') return UNKNOWN;
  if (base.kind === 'list') {
    if (key.kind === 'int' || key.kind === 'unknown') return base.element ?? UNKNOWN;
    throw new CompileProblem(`non-integer slice index ${key.goName}`);
  }
  if (base.kind !== 'record') throw new CompileProblem(`type ${base.goName} does not support indexing`);
  const isKey = key.kind === 'string' || key.kind === 'unknown' || base.key?.kind === 'unknown';
  if (isKey) return base.element ?? UNKNOWN;
  throw new CompileProblem(`cannot use ${key.goName} to get an element from ${base.goName}`);
}

function checkTake(args: readonly StaticType[]): StaticType {
  checkCount(args, 2);
  const [list = UNKNOWN, count = UNKNOWN] = args;
  expectListType('take from', list);
  if (count.kind === 'int' || count.kind === 'unknown') return list;
  throw new CompileProblem(`cannot take ${count.goName} elements`);
}

function take(list: Value, count: Value, meter: Meter): Value {
  if (!isList(list)) throw new RuntimeProblem(`cannot take from ${goKind(list)}`);
  if (typeof count !== 'bigint') throw new RuntimeProblem(`cannot take ${goKind(count)} elements`);
  const wanted = Number(toInt64(toNumber(count, 'int')));
  if (wanted < 0) throw new RuntimeProblem('reflect.Value.Slice: slice index out of bounds');
  meter.grow(Math.min(wanted, list.length));
  return sliceList(list, 0, wanted);
}

/** A function from a list to a list. */
function makesList(name: string, run: (list: readonly Value[], meter: Meter) => Value): Builtin {
  return {
    check: (args) => {
      checkCount(args, 1);
      expectListType(name, args[0] ?? UNKNOWN);
      return LIST;
    },
    run: ([list = null], { meter }) => {
      meter.grow(lengthOf(name, list));
      return run(isList(list) ? list : [], meter);
    },
  };
}

function expectListType(verb: string, type: StaticType): void {
  if (type.kind === 'list' || type.kind === 'unknown') return;
  throw new CompileProblem(`cannot ${verb} ${type.goName}`);
}

function lengthOf(verb: string, value: Value): number {
  if (isList(value)) return value.length;
  throw new RuntimeProblem(`cannot ${verb} ${goKind(value)}`);
}

function flatten(list: readonly Value[], meter: Meter): readonly Value[] {
  const flat: Value[] = [];
  for (const item of list) {
    meter.grow(1);
    if (!isList(item)) flat.push(item);
    else for (const inner of flatten(item, meter)) flat.push(inner);
  }
  return flat;
}
