import type { Json } from '../../../lib/index.ts';
import { isList, isObject } from '../kubernetes-object.ts';

const stepPattern =
  /\.([\w\uE000/-]+)|\[(-?\d+):?\]|\[\*\]|\['([^']+)'\]|\[\?\(@\.([\w.]+)\s*==\s*["']([^"']*)["']\)\]/gy;

/** The first value at a CRD column's JSONPath: `.a.b`, `.a[0]`, `.a[-1:]`, `.a['x.y']`, `.conditions[?(@.type=="Ready")].status`. */
export function readJsonPath(object: Json, path: string): Json | undefined {
  let values: readonly Json[] = [object];
  const steps = path.replaceAll('\\.', '\uE000');
  const step = new RegExp(stepPattern);
  for (let match = step.exec(steps); match !== null; match = step.exec(steps)) {
    const [text, field, index, quoted, filterPath, wanted] = match;
    const name = (field ?? quoted)?.replaceAll('\uE000', '.');
    values = values.flatMap((value) => {
      if (name !== undefined) return isObject(value) ? wrap(value[name]) : [];
      if (index !== undefined) return isList(value) ? wrap(value.at(Number(index))) : [];
      if (filterPath === undefined) return text === '[*]' && isList(value) ? value : [];
      return isList(value) ? value.filter((item) => readJsonPath(item, `.${filterPath}`) === wanted) : [];
    });
  }
  return values[0];
}

/** `flatMap` would open a list: only `[*]` may. */
function wrap(value: Json | undefined): Json[] {
  return value === undefined ? [] : [value];
}
