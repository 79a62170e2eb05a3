import { goNameOfList } from './go-text.ts';
import type { Meter } from './meter.ts';
import { Duration, Moment } from './time/moment.ts';
import { Dictionary, isList, isNil, isNumber, isRecord, Special, type Value } from './value.ts';

/** `==`: an int equals the same float, a list an equal list; values of different types are different, never an error. */
export function areEqual(left: Value, right: Value, meter: Meter): boolean {
  meter.step();
  // Loose on purpose: 1n == 1, and NaN equals nothing.
  // biome-ignore lint/suspicious/noDoubleEquals: the only comparison that knows both kinds of number
  if (isNumber(left) && isNumber(right)) return left == right;
  if (isList(left) && isList(right) && haveCommonType(left, right)) {
    return left.length === right.length && left.every((item, index) => areEqual(item, right[index] ?? null, meter));
  }
  if (left instanceof Moment && right instanceof Moment) return left.nanoseconds === right.nanoseconds;
  return (isNil(left) && isNil(right)) || areIdentical(left, right, meter);
}

/** As in expr-lang: `[]interface {}` is compared with any list, other lists with their like. */
function haveCommonType(left: readonly Value[], right: readonly Value[]): boolean {
  const names = [goNameOfList(left), goNameOfList(right)];
  return names[0] === names[1] || names.includes('[]interface {}');
}

/** Go's reflect.DeepEqual, which judges what is in maps: there 1 and 1.0 differ, and NaN from itself, but for the very same map. */
function areIdentical(left: Value, right: Value, meter: Meter): boolean {
  meter.step();
  if (left === right)
    return typeof left !== 'object' || left === null || !(left instanceof Special) || isComparable(left);
  if (isList(left) && isList(right)) {
    if (goNameOfList(left) !== goNameOfList(right) || left.length !== right.length) return false;
    return left.every((item, index) => areIdentical(item, right[index] ?? null, meter));
  }
  if (left instanceof Special && right instanceof Special) return areSame(left, right, meter);
  if (!isRecord(left) || !isRecord(right)) return false;
  const keys = Object.keys(left);
  const haveSameSize = keys.length === Object.keys(right).length;
  const isSame = (key: string) =>
    Object.hasOwn(right, key) && areIdentical(left[key] ?? null, right[key] ?? null, meter);
  return haveSameSize && keys.every(isSame);
}

/** Go's functions are equal to nothing, not even to themselves. */
function isComparable(value: Special): boolean {
  return value.goKind !== 'func';
}

function areSame(left: Special, right: Special, meter: Meter): boolean {
  if (left.goName !== right.goName || !isComparable(left)) return false;
  if (left instanceof Dictionary && right instanceof Dictionary) {
    return (
      left.entries.size === right.entries.size &&
      [...left.entries].every(
        ([key, value]) => right.entries.has(key) && areIdentical(value, right.entries.get(key) ?? null, meter),
      )
    );
  }
  if (left instanceof Duration && right instanceof Duration) return left.nanoseconds === right.nanoseconds;
  return left.print() === right.print();
}
