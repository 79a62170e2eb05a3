import { expectHashable } from './builtins/index.ts';
import { expectType, goText, goType } from './go-text.ts';
import type { Meter } from './meter.ts';
import { applyOperator } from './operators.ts';
import { sortValues } from './sort.ts';
import { GROUPS } from './static-type.ts';
import { encodeText, listOfBytes } from './utf8.ts';
import { Dictionary, isList, isRecord, RuntimeProblem, type Value } from './value.ts';

/** What `#`, `#index` and `#acc` are. */
export interface Element {
  readonly value: Value;
  readonly index: number;
  readonly accumulator: Value;
}

interface Predicate {
  /** The third argument: the order of sortBy, the first accumulator of reduce. */
  readonly third: Value | undefined;
  readonly ask: (element: Element) => Value;
  readonly meter: Meter;
}

/** Runs a function that asks its predicate about each element of a list. */
export function runPredicateCall(name: string, collection: Value, predicate: Predicate): Value {
  const { ask, meter } = predicate;
  const items = itemsOf(name, collection, meter);
  const about = (value: Value, index: number): Value => ask({ value, index, accumulator: null });
  const holds = (value: Value, index: number): boolean => expectType(about(value, index), 'bool');
  switch (name) {
    case 'all':
      return items.every(holds);
    case 'any':
      return items.some(holds);
    case 'none':
      return !items.some(holds);
    case 'one':
      return items.filter(holds).length === 1;
    case 'filter':
      meter.grow(items.length);
      return items.filter(holds);
    case 'map':
      meter.grow(items.length);
      return items.map(about);
    case 'find':
      return items.find(holds) ?? null;
    case 'findLast':
      return items.findLast(holds) ?? null;
    case 'findIndex':
      return indexOrNil(items.findIndex(holds));
    case 'findLastIndex':
      return indexOrNil(items.findLastIndex(holds));
    case 'count':
      return BigInt(items.filter(holds).length);
    case 'groupBy':
      return group(items, about, meter);
    case 'sortBy':
      return sortValues(items, items.map(about), { isDescending: isDescending(predicate.third), meter });
    case 'reduce':
      return reduce(items, predicate);
    default:
      return addUp(items.map(about), meter);
  }
}

/** The bytes of a string are a list too, and an empty map is an empty one; unlike expr-lang, the rest is refused in its own words. */
function itemsOf(name: string, collection: Value, meter: Meter): readonly Value[] {
  if (isList(collection)) return collection;
  if (typeof collection === 'string') {
    meter.grow(collection.length);
    return listOfBytes(encodeText(collection));
  }
  if (isRecord(collection) && Object.keys(collection).length === 0) return [];
  throw new RuntimeProblem(`builtin ${name} takes only array (got ${goType(collection)})`);
}

/** As expr-lang: nil when there is none, never -1. */
function indexOrNil(index: number): Value {
  return index < 0 ? null : BigInt(index);
}

function addUp(values: readonly Value[], meter: Meter): Value {
  let sum: Value = 0n;
  for (const value of values) {
    meter.step();
    meter.see(value);
    sum = applyOperator('+', value, sum, meter);
  }
  return sum;
}

function group(items: readonly Value[], keyOf: (value: Value, index: number) => Value, meter: Meter): Value {
  meter.grow(items.length);
  const groups = new Map<Value, Value[]>();
  for (const [index, item] of items.entries()) {
    const key = expectHashable(keyOf(item, index));
    const members = groups.get(key);
    if (members === undefined) groups.set(key, [item]);
    else members.push(item);
  }
  return new Dictionary(GROUPS.goName, groups, goText);
}

function isDescending(order: Value | undefined): boolean {
  if (order === undefined || order === 'asc') return false;
  if (order === 'desc') return true;
  const isText = typeof order === 'string';
  throw new RuntimeProblem(isText ? 'unknown order, use asc or desc' : 'sortBy order argument must be a string');
}

function reduce(items: readonly Value[], { third, ask }: Predicate): Value {
  const [first] = items;
  if (third === undefined && first === undefined) {
    throw new RuntimeProblem('reduce of empty array with no initial value');
  }
  let accumulator = third ?? first ?? null;
  for (const [index, value] of items.entries()) {
    if (index > 0 || third !== undefined) accumulator = ask({ value, index, accumulator });
  }
  return accumulator;
}
