import type { JsonObject } from '../../../lib/index.ts';
import type { Api, Write } from '../api.ts';
import { invalid, methodNotAllowed, pageNotFound } from '../api-error.ts';
import { trackUpdate } from '../fields/managed-fields.ts';
import { isObject, numberAt, objectAt, type StoredObject, textAt, valueAt, withValueAt } from '../kubernetes-object.ts';
import { toServed } from '../objects/served.ts';
import { updateObject } from '../objects/update.ts';
import type { Resource, ScalePaths } from '../resources/resource.ts';
import { type Answer, jsonAnswer } from './answer.ts';
import { patched } from './patch.ts';
import { type ApiRequest, readObjectBody } from './request.ts';
import { labelSelectorText } from './selectors.ts';

/** `/scale`: the replicas of any kind that has some, under one face. */
export function answerScale(api: Api, request: ApiRequest, write: Write, current: StoredObject): Answer {
  const paths = write.resource.scale;
  if (paths === undefined) throw pageNotFound();
  const scale = scaleOf(current, paths);
  if (request.method === 'GET') return jsonAnswer(scale);
  if (request.method !== 'PUT' && request.method !== 'PATCH') throw methodNotAllowed();
  const wanted =
    request.method === 'PUT' ? readObjectBody(request) : patched(scaleResource(write.resource), scale, request);
  const replicas = numberAt(objectAt(wanted, 'spec'), 'replicas') ?? 0;
  if (replicas < 0 || !Number.isInteger(replicas)) {
    const message = `Invalid value: ${replicas}: must be greater than or equal to 0`;
    throw invalid({ group: 'autoscaling', kind: 'Scale' }, write.name, [
      { field: 'spec.replicas', reason: 'FieldValueInvalid', message },
    ]);
  }
  const resourceVersion = textAt(objectAt(wanted, 'metadata'), 'resourceVersion') || current.metadata.resourceVersion;
  const replaced = withValueAt(toServed(write.resource, current), paths.specReplicas, replicas);
  const proposed = withValueAt(replaced, ['metadata', 'resourceVersion'], resourceVersion);
  // A Scale leaves out its zero, so whoever scales to zero owns nothing by it.
  const track = (object: StoredObject) => trackUpdate(api, write, object, current, replicas !== 0);
  const stored = updateObject(api, write, current, proposed, { needsResourceVersion: false, track });
  return jsonAnswer(scaleOf(stored, paths));
}

/** Patches of a Scale merge like those of a built-in kind, whatever the kind behind it. */
function scaleResource(resource: Resource): Resource {
  return { ...resource, isBuiltIn: true, schema: {} };
}

function scaleOf(object: StoredObject, paths: ScalePaths): JsonObject {
  const { name, namespace = '', uid, resourceVersion, creationTimestamp } = object.metadata;
  const selector = paths.selector.length === 0 ? undefined : valueAt(object, paths.selector);
  const text = isObject(selector) ? labelSelectorText(selector) : selector;
  const replicas = valueAt(object, paths.specReplicas);
  const observed = valueAt(object, paths.statusReplicas);
  return {
    kind: 'Scale',
    apiVersion: 'autoscaling/v1',
    metadata: { name, namespace, uid, resourceVersion, creationTimestamp },
    // Go leaves out a zero here, unlike in the object itself.
    spec: typeof replicas === 'number' && replicas !== 0 ? { replicas } : {},
    status: {
      replicas: typeof observed === 'number' ? observed : 0,
      ...(typeof text === 'string' && text !== '' ? { selector: text } : {}),
    },
  };
}
