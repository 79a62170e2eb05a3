import type { ServerResponse } from 'node:http';
import type { Api, Write } from '../api.ts';
import { badRequest, methodNotAllowed, notFound, pageNotFound } from '../api-error.ts';
import { isObject, type StoredObject } from '../kubernetes-object.ts';
import { toServed } from '../objects/admit.ts';
import { createObject } from '../objects/create.ts';
import { deleteObject, parseDeleteOptions } from '../objects/delete.ts';
import { updateObject } from '../objects/update.ts';
import type { Resource } from '../resources/resource.ts';
import { type Answer, listAnswer, objectAnswer, successAnswer } from './answer.ts';
import { listPage, scopeOf } from './list.ts';
import { patched } from './patch.ts';
import { type ApiRequest, isTrue, managerOf, type ResourcePath, readBody, readObjectBody } from './request.ts';
import { startWatch } from './watch.ts';

/** Handles a request about one kind. A watch answers for itself and returns undefined. */
export function answerResource(
  api: Api,
  request: ApiRequest,
  path: ResourcePath,
  tools: {
    readonly response: ServerResponse;
    readonly onWatch: (end: () => void) => void;
    readonly warnings: string[];
  },
): Answer | undefined {
  const resource = api.registry.find(path.group, path.version, path.plural);
  if (resource === undefined) throw pageNotFound();
  const { method, query } = request;
  if (isTrue(query.get('watch')) && method === 'GET') {
    const scope = scopeOf(resource, path.namespace, query, path.name);
    tools.response.writeHead(200, { 'content-type': 'application/json' });
    tools.response.flushHeaders();
    tools.onWatch(startWatch(api, scope, query, tools.response, undefined));
    return undefined;
  }
  if (path.name === '') return answerCollection(api, request, path, resource, tools.warnings);
  const write = writeOf(request, path, resource, tools.warnings);
  if (path.subresource !== '' && !(path.subresource === 'status' && resource.hasStatus)) throw pageNotFound();
  const current = api.store.get({
    collection: resource.collection,
    namespace: resource.isNamespaced ? path.namespace : '',
    name: path.name,
  });
  return answerObject(api, request, write, current);
}

function writeOf(request: ApiRequest, path: ResourcePath, resource: Resource, warnings: string[]): Write {
  const dryRun = request.query.getAll('dryRun');
  if (dryRun.some((stage) => stage !== 'All')) {
    throw badRequest(`Invalid value: ${JSON.stringify(dryRun)}: dryRun: Unsupported value`);
  }
  return {
    resource,
    namespace: resource.isNamespaced ? path.namespace : '',
    name: path.name,
    subresource: path.subresource,
    user: request.user,
    manager: managerOf(request),
    isDryRun: dryRun.length > 0,
    fieldValidation: request.query.get('fieldValidation') ?? 'Warn',
    warnings,
  };
}

function answerCollection(
  api: Api,
  request: ApiRequest,
  path: ResourcePath,
  resource: Resource,
  warnings: string[],
): Answer {
  const scope = scopeOf(resource, path.namespace, request.query);
  switch (request.method) {
    case 'GET':
      return listAnswer(resource, listPage(api, scope, request.query));
    case 'POST': {
      if (resource.isNamespaced && path.namespace === '') throw methodNotAllowed();
      const object = createObject(api, writeOf(request, path, resource, warnings), readObjectBody(request));
      return objectAnswer(resource, object, 201);
    }
    case 'DELETE': {
      const page = listPage(api, scope, request.query);
      for (const object of page.objects) {
        const named = { ...path, namespace: object.metadata.namespace ?? '', name: object.metadata.name };
        deleteObject(api, writeOf(request, named, resource, warnings), object, deleteOptionsOf(request));
      }
      return listAnswer(resource, page);
    }
    default:
      throw methodNotAllowed();
  }
}

function deleteOptionsOf(request: ApiRequest): ReturnType<typeof parseDeleteOptions> {
  const body = request.body.length === 0 ? {} : readBody(request);
  return parseDeleteOptions(isObject(body) ? body : {}, request.query);
}

/** Kinds whose deletion is answered with the object that went; the others are answered with a Status. */
const returnsDeleted = new Set(['pods', 'services', 'persistentvolumeclaims', 'serviceaccounts', 'podtemplates']);

function answerObject(api: Api, request: ApiRequest, write: Write, current: StoredObject | undefined): Answer {
  const { resource } = write;
  if (current === undefined) {
    if (request.method === 'PUT' && resource.strategy.mayCreateOnUpdate && write.subresource === '') {
      return objectAnswer(resource, createObject(api, write, readObjectBody(request)), 201);
    }
    throw notFound(resource, write.name);
  }
  switch (request.method) {
    case 'GET':
      return objectAnswer(resource, current);
    case 'PUT': {
      const proposed = readObjectBody(request);
      return objectAnswer(resource, updateObject(api, write, current, proposed, { needsResourceVersion: true }));
    }
    case 'PATCH': {
      const proposed = patched(resource, toServed(resource, current), request);
      return objectAnswer(resource, updateObject(api, write, current, proposed, { needsResourceVersion: false }));
    }
    case 'DELETE': {
      if (write.subresource !== '') throw methodNotAllowed();
      const { object, gone } = deleteObject(api, write, current, deleteOptionsOf(request));
      const showsObject = !gone || returnsDeleted.has(resource.collection);
      return showsObject ? objectAnswer(resource, object) : successAnswer(resource, object);
    }
    default:
      throw methodNotAllowed();
  }
}
