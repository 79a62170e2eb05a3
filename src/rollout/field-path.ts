import { isObject } from './deep-equal.ts';
import type { Rollout } from './rollout.ts';

/**
 * Reads a `fieldRef.fieldPath` of a Rollout or an Experiment as text: the downward API's forms (`metadata.labels['app']`), or any path that ends in
 * a scalar (`spec.strategy.canary.steps[0].setWeight`). Undefined: nothing there.
 */
export function readFieldPath(rollout: Pick<Rollout, 'metadata'>, path: string): string | undefined {
  const keyed = /^metadata\.(labels|annotations)\['([^']+)'\]$/.exec(path);
  if (keyed !== null) {
    const map = keyed[1] === 'labels' ? rollout.metadata.labels : rollout.metadata.annotations;
    // The API server's own rule: a label that is not there is an empty string.
    return map[keyed[2] ?? ''] ?? '';
  }
  const whole = /^metadata\.(labels|annotations)$/.exec(path);
  if (whole !== null) return formatMap(whole[1] === 'labels' ? rollout.metadata.labels : rollout.metadata.annotations);
  let value: unknown = rollout;
  for (const [, name, index] of path.matchAll(/([^.[\]]+)|\[(\d+)\]/g)) {
    if (name !== undefined) value = isObject(value) ? value[name] : undefined;
    else value = Array.isArray(value) ? value[Number(index)] : undefined;
  }
  return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean'
    ? String(value)
    : undefined;
}

/** As the downward API writes a whole map: `app="checkout"`, a line for each key. */
function formatMap(map: Readonly<Record<string, string>>): string {
  const keys = Object.keys(map).sort();
  return keys.map((key) => `${key}=${JSON.stringify(map[key])}`).join('\n');
}

/**
 * Why a path can never name a value, in Argo's words where it has some: what begins with `metadata` must be one of the downward API's
 * forms. What is missing in the spec is a slip of the pen; what is missing in the status may come.
 */
export function explainFieldPath(rollout: Rollout, path: string): string | undefined {
  if (path.startsWith('metadata')) {
    const isSupported = /^metadata\.(name|namespace|uid|(labels|annotations)(\['[^']+'\])?)$/.test(path);
    return isSupported ? undefined : 'Analyses arguments must refer to valid object metadata supported by downwardAPI';
  }
  const isMissing = path.startsWith('spec.') && readFieldPath(rollout, path) === undefined;
  return isMissing ? 'no text, number or truth value is there' : undefined;
}
