import type { Json, JsonObject } from '../../../lib/index.ts';
import type { StoredObject } from '../kubernetes-object.ts';
import { groupVersionOf, type Resource } from '../resources/resource.ts';
import type { Page } from './list.ts';
import { itemTextOf, textOf } from './texts.ts';

/** What goes back: a status code and a body. */
export interface Answer {
  readonly code: number;
  readonly contentType: string;
  readonly text: string | Buffer;
}

export function jsonAnswer(value: Json, code = 200): Answer {
  return { code, contentType: 'application/json', text: JSON.stringify(value) };
}

export function objectAnswer(resource: Resource, object: StoredObject, code = 200): Answer {
  return { code, contentType: 'application/json', text: textOf(resource, object) };
}

export function listAnswer(resource: Resource, page: Page): Answer {
  const items = page.objects.map((object) => itemTextOf(resource, object)).join(',');
  const head = `"kind":"${resource.listKind}","apiVersion":"${groupVersionOf(resource)}"`;
  const metadata = JSON.stringify(listMetadata(page));
  return { code: 200, contentType: 'application/json', text: `{${head},"metadata":${metadata},"items":[${items}]}` };
}

export function listMetadata(page: Page): JsonObject {
  return {
    resourceVersion: page.resourceVersion,
    ...(page.continueToken === '' ? {} : { continue: page.continueToken }),
    ...(page.remainingItemCount === undefined ? {} : { remainingItemCount: page.remainingItemCount }),
  };
}

export function successAnswer(resource: Resource, object: StoredObject): Answer {
  return jsonAnswer({
    kind: 'Status',
    apiVersion: 'v1',
    metadata: {},
    status: 'Success',
    details: {
      name: object.metadata.name,
      ...(resource.group === '' ? {} : { group: resource.group }),
      kind: resource.plural,
      uid: object.metadata.uid,
    },
  });
}
