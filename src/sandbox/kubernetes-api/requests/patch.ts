import type { JsonObject } from '../../../lib/index.ts';
import { badRequest, unknownMediaType, unsupportedMediaType } from '../api-error.ts';
import { isObject } from '../kubernetes-object.ts';
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

/** The object with the request's patch applied. */
export function patched(resource: Resource, served: JsonObject, request: ApiRequest): JsonObject {
  const type = contentTypeOf(request);
  const body = readBody(request);
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
