import type { IncomingHttpHeaders } from 'node:http';
import { parse as parseYaml } from 'yaml';
import type { Json, JsonObject } from '../../../lib/index.ts';
import { badRequest } from '../api-error.ts';
import { isObject } from '../kubernetes-object.ts';
import { protobufType, readProtobuf } from './protobuf.ts';

/** Who asks. */
export interface User {
  readonly user: string;
  readonly groups: readonly string[];
}

/** A path of the API, taken apart the way Kubernetes does it (its RequestInfo). */
export interface ResourcePath {
  readonly group: string;
  readonly version: string;
  readonly plural: string;
  readonly namespace: string;
  readonly name: string;
  readonly subresource: string;
}

/** One HTTP request. */
export interface ApiRequest {
  readonly method: string;
  readonly path: string;
  readonly query: URLSearchParams;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
  readonly user: User;
}

/** `/api/v1/namespaces/shop/pods/web/log` and its siblings; undefined for anything that is not a resource. */
export function parseResourcePath(path: string): ResourcePath | undefined {
  const parts = path
    .split('/')
    .filter((part) => part !== '')
    .map(decodeURIComponent);
  const root = parts.shift();
  if (root !== 'api' && root !== 'apis') return undefined;
  const group = root === 'api' ? '' : (parts.shift() ?? '');
  const version = parts.shift() ?? '';
  if (parts.length === 0) return undefined;
  let namespace = '';
  if (parts[0] === 'namespaces') {
    namespace = parts[1] ?? '';
    const isNamespaceItself = parts.length <= 2 || parts[2] === 'status' || parts[2] === 'finalize';
    if (!isNamespaceItself) parts.splice(0, 2);
  }
  const [plural = '', name = '', ...rest] = parts;
  const isNamespace = group === '' && plural === 'namespaces';
  return { group, version, plural, namespace: isNamespace ? name : namespace, name, subresource: rest.join('/') };
}

/** The verb that RBAC rules name. */
export function verbOf(method: string, path: ResourcePath, query: URLSearchParams): string {
  switch (method) {
    case 'POST':
      return 'create';
    case 'PUT':
      return 'update';
    case 'PATCH':
      return 'patch';
    case 'DELETE':
      return path.name === '' ? 'deletecollection' : 'delete';
    default:
      if (isTrue(query.get('watch'))) return 'watch';
      return path.name === '' ? 'list' : 'get';
  }
}

export function isTrue(value: string | null): boolean {
  return value !== null && value !== '0' && value.toLowerCase() !== 'false';
}

/** Reads a JSON or YAML body. */
export function readBody(request: ApiRequest): Json {
  if (contentTypeOf(request) === protobufType) return readProtobuf(request.body);
  const text = request.body.toString('utf8');
  try {
    const isJson = /^\s*[[{]/.test(text);
    return isJson ? JSON.parse(text) : parseYaml(text);
  } catch (error) {
    throw badRequest(`error decoding: ${error instanceof Error ? error.message : String(error)}`);
  }
}

export function readObjectBody(request: ApiRequest): JsonObject {
  const body = readBody(request);
  if (isObject(body)) return body;
  throw badRequest("couldn't get version/kind; json parse error: the body is not an object");
}

export function contentTypeOf(request: ApiRequest): string {
  return (request.headers['content-type'] ?? '').split(';')[0]?.trim() ?? '';
}

/** The manager that a write's fields belong to: as asked, or the first word of the user agent. */
export function managerOf(request: ApiRequest): string {
  const asked = request.query.get('fieldManager');
  if (asked !== null && asked !== '') return asked;
  return (request.headers['user-agent'] ?? 'unknown').split('/')[0] ?? 'unknown';
}
