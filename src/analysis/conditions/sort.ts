import type { Meter } from './meter.ts';
import { compare } from './operators.ts';
import type { Value } from './value.ts';

/** Go sorts so few by insertion: then equal values, NaN and mistakes come out as they do there. */
const FEW = 12;

/** The items in the order of their keys. */
export function sortValues(
  items: readonly Value[],
  keys: readonly Value[],
  { isDescending, meter }: { readonly isDescending: boolean; readonly meter: Meter },
): readonly Value[] {
  meter.grow(items.length);
  const isLess = (a: Value, b: Value): boolean => {
    meter.step();
    return isDescending ? compare('<', b, a) : compare('<', a, b);
  };
  const pairs = items.map((item, index) => ({ item, key: keys[index] ?? null }));
  const sorted = pairs.length <= FEW ? sortByInsertion(pairs, isLess) : sortMany(pairs, isLess);
  return sorted.map(({ item }) => item);
}

interface Pair {
  readonly item: Value;
  readonly key: Value;
}

function sortByInsertion(pairs: readonly Pair[], isLess: (a: Value, b: Value) => boolean): readonly Pair[] {
  const sorted: Pair[] = [];
  for (const pair of pairs) {
    let position = sorted.length;
    while (position > 0 && isLess(pair.key, sorted[position - 1]?.key ?? null)) position -= 1;
    sorted.splice(position, 0, pair);
  }
  return sorted;
}

function sortMany(pairs: readonly Pair[], isLess: (a: Value, b: Value) => boolean): readonly Pair[] {
  return pairs.toSorted((a, b) => {
    if (isLess(a.key, b.key)) return -1;
    return isLess(b.key, a.key) ? 1 : 0;
  });
}
