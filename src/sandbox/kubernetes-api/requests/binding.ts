import type { Api, Write } from '../api.ts';
import { conflict, methodNotAllowed } from '../api-error.ts';
import { objectAt, type StoredObject, textAt, withValueAt } from '../kubernetes-object.ts';
import { toServed } from '../objects/served.ts';
import { updateObject } from '../objects/update.ts';
import { type Answer, jsonAnswer } from './answer.ts';
import { type ApiRequest, readObjectBody } from './request.ts';

/** `/binding`: a scheduler puts a Pod on a node, once. */
export function answerBinding(api: Api, request: ApiRequest, write: Write, pod: StoredObject): Answer {
  if (request.method !== 'POST') throw methodNotAllowed();
  const node = textAt(objectAt(readObjectBody(request), 'target'), 'name');
  const held = textAt(objectAt(pod, 'spec'), 'nodeName');
  if (held !== '')
    throw conflict(
      { group: '', plural: 'pods/binding' },
      write.name,
      `pod ${write.name} is already assigned to node "${held}"`,
    );
  const bound = withValueAt(toServed(write.resource, pod), ['spec', 'nodeName'], node);
  updateObject(api, { ...write, subresource: '' }, pod, bound, { needsResourceVersion: false });
  return jsonAnswer({ kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Success', code: 201 }, 201);
}
