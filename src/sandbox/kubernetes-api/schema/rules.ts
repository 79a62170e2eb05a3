import type { Json } from '../../../lib/index.ts';
import { isObject, isSame } from '../kubernetes-object.ts';

/**
 * The small part of CEL that immutable fields use: `self == oldSelf`, `self.field == oldSelf.field`.
 * Any other rule holds: this server has no CEL, and a rule it cannot read must not refuse what a real server takes.
 */
export function isRuleBroken(rule: string, self: Json, oldSelf: Json | undefined): boolean {
  const match = /^\s*(self|oldSelf)((?:\.\w+)*)\s*==\s*(self|oldSelf)((?:\.\w+)*)\s*$/.exec(rule);
  if (match === null || oldSelf === undefined) return false;
  const [, left, leftPath = '', right, rightPath = ''] = match;
  const leftValue = at(left === 'self' ? self : oldSelf, leftPath);
  const rightValue = at(right === 'self' ? self : oldSelf, rightPath);
  return !isSame(leftValue, rightValue);
}

function at(value: Json, path: string): Json | undefined {
  let current: Json | undefined = value;
  for (const field of path.split('.').slice(1)) current = isObject(current) ? current[field] : undefined;
  return current;
}
