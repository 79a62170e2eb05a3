import type { Json, JsonObject } from '../../../lib/index.ts';
import { badRequest, patchDoesNotApply } from '../api-error.ts';
import { isList, isObject, isSame } from '../kubernetes-object.ts';

/** RFC 6902 on an immutable value: shares what the patch does not touch. */
export function applyJsonPatch(value: JsonObject, patch: Json): JsonObject {
  if (!isList(patch))
    throw badRequest(
      'error decoding patch: json: cannot unmarshal object into Go value of type []handlers.jsonPatchOp',
    );
  let result: Json = value;
  for (const operation of patch) {
    if (!isObject(operation)) throw badRequest('error decoding patch: an operation is not an object');
    result = applyOperation(result, operation);
  }
  if (!isObject(result)) throw badRequest('the patched object is not an object');
  return result;
}

function applyOperation(value: Json, operation: JsonObject): Json {
  const { op, path, from } = operation;
  if (typeof path !== 'string') throw patchDoesNotApply();
  const steps = parsePointer(path);
  switch (op) {
    case 'add':
      return set(value, steps, required(operation), 'add');
    case 'replace':
      return set(value, steps, required(operation), 'replace');
    case 'remove':
      return remove(value, steps);
    case 'test':
      if (!isSame(read(value, steps) ?? null, operation.value ?? null)) {
        throw patchDoesNotApply();
      }
      return value;
    case 'copy':
    case 'move': {
      if (typeof from !== 'string') throw patchDoesNotApply();
      const moved = read(value, parsePointer(from));
      if (moved === undefined) throw patchDoesNotApply();
      return set(op === 'move' ? remove(value, parsePointer(from)) : value, steps, moved, 'add');
    }
    default:
      throw patchDoesNotApply();
  }
}

function required(operation: JsonObject): Json {
  const { value } = operation;
  if (value === undefined) throw patchDoesNotApply();
  return value;
}

function parsePointer(path: string): readonly string[] {
  if (path === '') return [];
  if (!path.startsWith('/')) throw patchDoesNotApply();
  return path
    .slice(1)
    .split('/')
    .map((step) => step.replaceAll('~1', '/').replaceAll('~0', '~'));
}

function read(value: Json, steps: readonly string[]): Json | undefined {
  let current: Json | undefined = value;
  for (const step of steps) {
    if (isList(current)) current = current[indexIn(current, step)];
    else current = isObject(current) ? current[step] : undefined;
  }
  return current;
}

function indexIn(list: readonly Json[], step: string): number {
  const index = Number(step);
  if (step === '' || !Number.isInteger(index)) return -1;
  return index < 0 ? list.length + index : index;
}

function set(value: Json, steps: readonly string[], next: Json, mode: 'add' | 'replace'): Json {
  const [step, ...rest] = steps;
  if (step === undefined) return next;
  if (isList(value)) {
    const index = mode === 'add' && rest.length === 0 && step === '-' ? value.length : indexIn(value, step);
    const last = mode === 'add' && rest.length === 0 ? value.length : value.length - 1;
    if (index < 0 || index > last) throw patchDoesNotApply();
    if (rest.length > 0) return value.with(index, set(value[index] ?? null, rest, next, mode));
    return mode === 'add' ? value.toSpliced(index, 0, next) : value.with(index, next);
  }
  if (!isObject(value)) throw patchDoesNotApply();
  const child = value[step];
  if (rest.length === 0) {
    // Replacing a field that is not there sets it, in Kubernetes' library as here; RFC 6902 would refuse.
    return { ...value, [step]: next };
  }
  if (child === undefined) throw patchDoesNotApply();
  return { ...value, [step]: set(child, rest, next, mode) };
}

function remove(value: Json, steps: readonly string[]): Json {
  const [step, ...rest] = steps;
  if (step === undefined) return null;
  if (isList(value)) {
    const index = indexIn(value, step);
    if (index < 0 || index >= value.length) throw patchDoesNotApply();
    return rest.length === 0 ? value.toSpliced(index, 1) : value.with(index, remove(value[index] ?? null, rest));
  }
  const child = isObject(value) ? value[step] : undefined;
  if (!isObject(value) || child === undefined) {
    throw patchDoesNotApply();
  }
  if (rest.length > 0) return { ...value, [step]: remove(child, rest) };
  const { [step]: _gone, ...kept } = value;
  return kept;
}
