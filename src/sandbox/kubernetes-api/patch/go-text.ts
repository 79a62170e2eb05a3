import type { Json } from '../../../lib/index.ts';
import { isList, isObject } from '../kubernetes-object.ts';

/** A JSON value as Go prints it with %v: `map[a:1 b:[x y]]`, keys in order. Refusals of patches quote them so. */
export function goText(value: Json): string {
  if (value === null) return '<nil>';
  if (isList(value)) return `[${value.map(goText).join(' ')}]`;
  if (!isObject(value)) return String(value);
  const fields = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return `map[${fields.map(([field, child]) => `${field}:${goText(child)}`).join(' ')}]`;
}

/** A strategic patch as it stands once it was merged: the lists that it orders are used up, and their order with them. */
export function usedUp(patch: Json): Json {
  if (!isObject(patch)) return patch;
  const ordered = Object.keys(patch)
    .filter((field) => field.startsWith('$setElementOrder/'))
    .flatMap((field) => [field, field.slice('$setElementOrder/'.length)]);
  const left = Object.entries(patch).filter(([field]) => !ordered.includes(field));
  return Object.fromEntries(left.map(([field, child]) => [field, usedUp(child)]));
}
