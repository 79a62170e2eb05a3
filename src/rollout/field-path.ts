import { isObject } from './deep-equal.ts';
import type { Rollout } from './rollout.ts';

/**
 * Reads a `fieldRef.fieldPath` of a Rollout as text: the downward API's forms (`metadata.labels['app']`), or any path that ends in
 * a scalar (`spec.strategy.canary.steps[0].setWeight`). Undefined: nothing there.
 */
export function readFieldPath(rollout: Rollout, path: string): string | undefined {
  const keyed = /^metadata\.(labels|annotations)\['([^']+)'\]$/.exec(path);
  if (keyed !== null) {
    const map = keyed[1] === 'labels' ? rollout.metadata.labels : rollout.metadata.annotations;
    // The API server's own rule: a label that is not there is an empty string.
    return map[keyed[2] ?? ''] ?? '';
  }
  let value: unknown = rollout;
  for (const [, name, index] of path.matchAll(/([^.[\]]+)|\[(\d+)\]/g)) {
    if (name !== undefined) value = isObject(value) ? value[name] : undefined;
    else value = Array.isArray(value) ? value[Number(index)] : undefined;
  }
  return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean'
    ? String(value)
    : undefined;
}
