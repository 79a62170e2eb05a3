import { goText, goType, sliceList, toInt64 } from './go-text.ts';
import { toKey, toNumber } from './operators.ts';
import { readMethod } from './time/methods.ts';
import { byteOf, lengthInBytes, sliceText } from './utf8.ts';
import { Dictionary, isList, isRecord, RuntimeProblem, Special, type Value } from './value.ts';

/** `object[key]` and `object.key`, with negative indexes from the end; a key that a map does not have is nil. */
export function readMember(object: Value, key: Value): Value {
  if (isList(object) || typeof object === 'string') {
    const length = isList(object) ? object.length : lengthInBytes(object);
    const position = positionOf(key, length);
    if (position >= 0 && position < length) return itemAt(object, position);
    throw new RuntimeProblem(`index out of range: ${position} (array length is ${length})`);
  }
  if (isRecord(object)) {
    const name = toKey(key);
    return Object.hasOwn(object, name) ? (object[name] ?? null) : null;
  }
  if (object instanceof Dictionary) return object.read(key);
  const method = object instanceof Special && typeof key === 'string' ? readMethod(object, key) : undefined;
  if (method !== undefined) return method;
  throw new RuntimeProblem(`cannot fetch ${goText(key)} from ${goType(object)}`);
}

/** `get(object, key)`: nil where `object[key]` is out of range or not possible. */
export function readOrNil(object: Value, key: Value): Value {
  if (!isList(object) && typeof object !== 'string') {
    return isRecord(object) || object instanceof Special ? readMember(object, key) : null;
  }
  const length = isList(object) ? object.length : lengthInBytes(object);
  const position = positionOf(key, length);
  return position >= 0 && position < length ? itemAt(object, position) : null;
}

function positionOf(key: Value, length: number): number {
  const index = Number(toInt64(toNumber(key, 'int')));
  return index < 0 ? length + index : index;
}

function itemAt(object: readonly Value[] | string, position: number): Value {
  return typeof object === 'string' ? byteOf(object, position) : (object[position] ?? null);
}

/** `object[from:to]`, counted from the end where negative, cut to what there is. */
export function readSlice(object: Value, from: Value | undefined, to: Value | undefined): readonly Value[] | string {
  const edge = (value: Value): number => Number(toInt64(toNumber(value, 'int')));
  if (!isList(object) && typeof object !== 'string') throw new RuntimeProblem(`cannot slice ${goType(object)}`);
  const length = typeof object === 'string' ? lengthInBytes(object) : object.length;
  const place = (index: number): number => Math.min(Math.max(index < 0 ? length + index : index, 0), length);
  const end = to === undefined ? length : place(edge(to));
  const start = Math.min(from === undefined ? 0 : place(edge(from)), end);
  return typeof object === 'string' ? sliceText(object, start, end) : sliceList(object, start, end);
}
