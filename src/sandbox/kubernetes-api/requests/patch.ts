import type { Json, JsonObject } from '../../../lib/index.ts';
import { badRequest, unknownMediaType, unsupportedMediaType } from '../api-error.ts';
import { isObject } from '../kubernetes-object.ts';
import { goText, usedUp } from '../patch/go-text.ts';
import { applyJsonPatch } from '../patch/json-patch.ts';
import { applyMergePatch } from '../patch/merge-patch.ts';
import { applyStrategicMergePatch } from '../patch/strategic-merge-patch.ts';
import type { Resource } from '../resources/resource.ts';
import { type ApiRequest, contentTypeOf, readBody } from './request.ts';

const jsonPatchType = 'application/json-patch+json';
const mergePatchType = 'application/merge-patch+json';
const strategicType = 'application/strategic-merge-patch+json';
export const applyType = 'application/apply-patch+yaml';

const knownTypes = [jsonPatchType, mergePatchType, strategicType];

/** A patch that is cut off is refused in Go's words. */
function readPatch(request: ApiRequest): Json {
  const text = request.body.toString('utf8');
  try {
    return JSON.parse(text);
  } catch {
    const isShort = /^[[{]/.test(text.trim());
    if (isShort) throw badRequest('error decoding patch: unexpected end of JSON input');
    return readBody(request);
  }
}

/** The object with the request's patch applied. */
export function patched(resource: Resource, served: JsonObject, request: ApiRequest): JsonObject {
  const type = contentTypeOf(request);
  const body = readPatch(request);
  if (type === jsonPatchType) return applyJsonPatch(served, body);
  if (!knownTypes.includes(type)) throw unknownMediaType();
  if (type !== mergePatchType && !(type === strategicType && resource.isBuiltIn)) {
    const strategic = resource.isBuiltIn ? [strategicType] : [];
    throw unsupportedMediaType([jsonPatchType, mergePatchType, ...strategic, applyType]);
  }
  if (!isObject(body)) throw badRequest('error decoding patch: json: cannot unmarshal into Go value of type map');
  if (type === strategicType) return applyStrategicMergePatch(resource.schema, served, body);
  return applyMergePatch(served, body);
}

/** What a refusal quotes: a strategic patch itself, of all others what they made. */
export function quotedPatch(request: ApiRequest, proposed: JsonObject): string {
  return contentTypeOf(request) === strategicType ? goText(usedUp(readPatch(request))) : sortedText(proposed);
}

function sortedText(value: Json): string {
  const sorted = (_field: string, child: Json): Json =>
    isObject(child) ? Object.fromEntries(Object.entries(child).sort(([a], [b]) => (a < b ? -1 : 1))) : child;
  return JSON.stringify(value, sorted);
}
