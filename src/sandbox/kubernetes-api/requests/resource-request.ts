import type { ServerResponse } from 'node:http';
import type { JsonObject } from '../../../lib/index.ts';
import type { Api, Write } from '../api.ts';
import { ApiError, badRequest, invalid, methodNotAllowed, notFound, nothingThere, pageNotFound } from '../api-error.ts';
import { applyConfiguration } from '../fields/apply.ts';
import { isObject, objectAt, type StoredObject, textAt, textsAt } from '../kubernetes-object.ts';
import { checkIdentity } from '../objects/admit.ts';
import { createObject } from '../objects/create.ts';
import { deleteObject, parseDeleteOptions } from '../objects/delete.ts';
import { toServed } from '../objects/served.ts';
import { updateObject } from '../objects/update.ts';
import { groupVersionOf, type Resource } from '../resources/resource.ts';
import { prune } from '../schema/prune.ts';
import { type Answer, listAnswer, objectAnswer, successAnswer } from './answer.ts';
import { answerBinding } from './binding.ts';
import { answerEviction } from './eviction.ts';
import { listPage, scopeOf } from './list.ts';
import { answerLog } from './log.ts';
import { applyType, patched, quotedPatch } from './patch.ts';
import {
  type ApiRequest,
  contentTypeOf,
  isTrue,
  managerOf,
  type ResourcePath,
  readBody,
  readObjectBody,
} from './request.ts';
import { answerScale } from './scale.ts';
import { eventWriter, shapedObject, shapedPage, shapeOf, tableOptions } from './table.ts';
import { WatchStream } from './watch.ts';

/** Handles a request about one kind. A watch and a log answer for themselves and return undefined. */
export function answerResource(
  api: Api,
  request: ApiRequest,
  path: ResourcePath,
  tools: {
    readonly response: ServerResponse;
    readonly onWatch: (watch: WatchStream) => void;
    readonly warnings: string[];
  },
): Answer | undefined {
  const resource = api.registry.find(path.group, path.version, path.plural);
  if (resource === undefined) throw api.registry.hasGroup(path.group) ? pageNotFound() : nothingThere();
  const { method, query } = request;
  if (resource.collection === 'endpoints') tools.warnings.push(endpointsWarning);
  if (isTrue(query.get('watch')) && method === 'GET') {
    const scope = scopeOf(resource, path.namespace, query, path.name);
    const write = eventWriter(shapeOf(request.headers.accept), resource, query, api.nowMs);
    tools.onWatch(new WatchStream(api, scope, query, { response: tools.response, write }));
    return undefined;
  }
  if (path.name === '') return answerCollection(api, request, path, resource, tools.warnings);
  if (method === 'POST' && path.subresource === '') throw methodNotAllowed();
  const write = writeOf(request, path, resource, tools.warnings);
  const current = api.store.get({
    collection: resource.collection,
    namespace: resource.isNamespaced ? path.namespace : '',
    name: path.name,
  });
  switch (path.subresource) {
    case '':
      return answerObject(api, request, write, current);
    case 'status':
      if (!resource.hasStatus) throw noSubresource(resource, path.name);
      return answerObject(api, request, write, current);
    case 'scale':
      if (resource.scale === undefined) throw noSubresource(resource, path.name);
      return answerScale(api, request, write, present(write, current));
    case 'binding':
      if (resource.collection !== 'pods') throw pageNotFound();
      return answerBinding(api, request, write, present(write, current));
    case 'eviction':
      if (resource.collection !== 'pods') throw pageNotFound();
      return answerEviction(api, request, write, present(write, current));
    case 'log':
      if (resource.collection !== 'pods') throw pageNotFound();
      answerLog(api, request, present(write, current), tools.response);
      return undefined;
    case 'finalize':
      if (resource.collection !== 'namespaces') throw pageNotFound();
      return answerObject(api, request, write, current);
    default:
      throw noSubresource(resource, path.name);
  }
}

const endpointsWarning = 'v1 Endpoints is deprecated in v1.33+; use discovery.k8s.io/v1 EndpointSlice';

/** A custom kind without this subresource answers as if the object were not there. */
function noSubresource(resource: Resource, name: string): Error {
  return resource.isBuiltIn ? pageNotFound() : notFound(resource, name);
}

function present(write: Write, current: StoredObject | undefined): StoredObject {
  if (current === undefined) throw notFound(write.resource, write.name);
  return current;
}

const optionsKinds: { readonly [method: string]: string } = {
  POST: 'CreateOptions',
  PUT: 'UpdateOptions',
  PATCH: 'PatchOptions',
};

/** A deletion says it in its body. */
function dryRunOf(request: ApiRequest): readonly string[] {
  const asked = request.query.getAll('dryRun');
  if (request.method !== 'DELETE' || asked.length > 0 || request.body.length === 0) return asked;
  const body = readBody(request);
  return isObject(body) ? textsAt(body, 'dryRun') : [];
}

function writeOf(request: ApiRequest, path: ResourcePath, resource: Resource, warnings: string[]): Write {
  const dryRun = dryRunOf(request);
  if (dryRun.some((stage) => stage !== 'All')) {
    const message = `Unsupported value: ${JSON.stringify(dryRun)}: supported values: "All"`;
    throw invalid({ group: 'meta.k8s.io', kind: optionsKinds[request.method] ?? 'DeleteOptions' }, '', [
      { field: 'dryRun', reason: 'FieldValueNotSupported', message },
    ]);
  }
  return {
    resource,
    namespace: resource.isNamespaced ? path.namespace : '',
    name: path.name,
    subresource: path.subresource,
    user: request.user,
    manager: managerOf(request),
    isDryRun: dryRun.length > 0,
    isPatch: request.method === 'PATCH',
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
    case 'GET': {
      const page = listPage(api, scope, request.query);
      const options = tableOptions(request.query, api.nowMs());
      return shapedPage(shapeOf(request.headers.accept), resource, page, options) ?? listAnswer(resource, page);
    }
    case 'POST': {
      if (resource.isNamespaced && path.namespace === '') throw methodNotAllowed();
      const object = createObject(api, writeOf(request, path, resource, warnings), readObjectBody(request));
      return shaped(api, request, resource, object, 201);
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

/** Server-side apply: creates what is not there. */
function answerApply(api: Api, request: ApiRequest, write: Write, current: StoredObject | undefined): Answer {
  const { resource } = write;
  if ((request.query.get('fieldManager') ?? '') === '') {
    const message = 'Required value: is required for apply patch';
    throw invalid({ group: 'meta.k8s.io', kind: 'PatchOptions' }, '', [
      { field: 'fieldManager', reason: 'FieldValueRequired', message },
    ]);
  }
  if (current === undefined && write.subresource !== '') throw notFound(resource, write.name);
  const body = readObjectBody(request);
  const config = checkIdentity(write, body);
  checkConfiguration(write, config, textAt(objectAt(body, 'metadata'), 'namespace'));
  const options = { config, given: body, force: isTrue(request.query.get('force')) };
  const served = current === undefined ? { metadata: {} } : toServed(resource, current);
  const { object, track } = applyConfiguration(api, write, { stored: current, served }, options);
  if (current === undefined) return shaped(api, request, resource, createObject(api, write, object, track), 201);
  const stored = updateObject(api, write, current, object, { needsResourceVersion: false, track });
  return shaped(api, request, resource, stored);
}

/** A configuration is typed strictly, whatever field validation was asked for. */
function checkConfiguration({ resource, name }: Write, config: JsonObject, namespace: string): void {
  if (objectAt(config, 'metadata').managedFields !== undefined) throw badRequest('metadata.managedFields must be nil');
  const unknown: string[] = [];
  prune(resource.schema, config, '', { unknown, isBuiltIn: resource.isBuiltIn });
  if (unknown.length === 0) return;
  const [first] = unknown;
  const lines = unknown.map((path) => `.${path}: field not declared in schema`);
  const words = unknown.length === 1 ? `.${first}: field not declared in schema` : `errors:\n  ${lines.join('\n  ')}`;
  const subject = `(${namespace}/${name}; ${groupVersionOf(resource)}, Kind=${resource.kind})`;
  throw new ApiError(500, '', `failed to create typed patch object ${subject}: ${words}`);
}

function shaped(api: Api, request: ApiRequest, resource: Resource, object: StoredObject, code = 200): Answer {
  const shape = shapeOf(request.headers.accept);
  const answer = shapedObject(shape, resource, object, tableOptions(request.query, api.nowMs()));
  return answer === undefined ? objectAnswer(resource, object, code) : { ...answer, code };
}

/** Kinds whose deletion is answered with the object that went; the others are answered with a Status. */
const returnsDeleted = new Set(['pods', 'services', 'persistentvolumeclaims', 'serviceaccounts', 'podtemplates']);

function answerObject(api: Api, request: ApiRequest, write: Write, current: StoredObject | undefined): Answer {
  const { resource } = write;
  if (request.method === 'PATCH' && contentTypeOf(request) === applyType)
    return answerApply(api, request, write, current);
  if (current === undefined) {
    if (request.method === 'PUT' && resource.strategy.mayCreateOnUpdate && write.subresource === '') {
      return objectAnswer(resource, createObject(api, write, readObjectBody(request)), 201);
    }
    throw notFound(resource, write.name);
  }
  switch (request.method) {
    case 'GET':
      return shaped(api, request, resource, current);
    case 'PUT': {
      const proposed = readObjectBody(request);
      const object = updateObject(api, write, current, proposed, { needsResourceVersion: true });
      return shaped(api, request, resource, object);
    }
    case 'PATCH': {
      const proposed = patched(resource, toServed(resource, current), request);
      const quoted = { ...write, patchText: () => quotedPatch(request, proposed) };
      const object = updateObject(api, quoted, current, proposed, { needsResourceVersion: false });
      return shaped(api, request, resource, object);
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
