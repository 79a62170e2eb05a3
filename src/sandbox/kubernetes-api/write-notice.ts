import type { Json, JsonObject } from '../../lib/index.ts';
import type { Api } from './api.ts';
import { isList, isObject, isSame, type StoredObject } from './kubernetes-object.ts';
import { type ApiRequest, managerOf, parseResourcePath } from './requests/request.ts';

/** One write, told after it was answered. */
export interface WriteNotice {
  readonly atMs: number;
  /** The HTTP method. */
  readonly verb: string;
  readonly resource: string;
  readonly namespace: string;
  readonly name: string;
  readonly user: string;
  readonly fieldManager: string;
  /** One line, e.g. `PATCH service/web port=8080`. */
  readonly summary: string;
  /** The HTTP status code. */
  readonly status: number;
  /** As it stands after the write; undefined when nothing changed. */
  readonly object: JsonObject | undefined;
}

/** What a request changed in the store: collected while it runs. */
export interface Touched {
  readonly object: StoredObject;
  readonly previous: StoredObject | undefined;
}

const mostFields = 4;
const longestValue = 40;

export function noticeOf(
  api: Api,
  request: ApiRequest,
  code: number,
  touched: Touched | undefined,
): WriteNotice | undefined {
  const path = parseResourcePath(request.path);
  if (path === undefined || path.plural === '') return undefined;
  const resource = api.registry.find(path.group, path.version, path.plural);
  const name = path.name || touched?.object.metadata.name || '';
  const subresource = path.subresource === '' ? '' : `/${path.subresource}`;
  const subject = `${request.method} ${resource?.singular ?? path.plural}/${name}${subresource}`;
  return {
    atMs: api.nowMs(),
    verb: request.method,
    resource: path.plural,
    namespace: path.namespace,
    name,
    user: request.user.user,
    fieldManager: managerOf(request),
    summary: [subject, ...changedFields(touched)].join(' '),
    status: code,
    object: touched?.object,
  };
}

function changedFields(touched: Touched | undefined): readonly string[] {
  if (touched?.previous === undefined) return [];
  const found: string[] = [];
  collect(managed(touched.previous), managed(touched.object), '', found);
  return found.length > mostFields ? [...found.slice(0, mostFields), `+${found.length - mostFields}`] : found;
}

function managed(object: StoredObject): JsonObject {
  const { managedFields: _f, resourceVersion: _r, generation: _g, ...metadata } = object.metadata;
  return { ...object, metadata };
}

/** `field=value` for each leaf that differs; an annotation goes by the last part of its name. */
function collect(before: Json | undefined, after: Json | undefined, name: string, found: string[]): void {
  if (isSame(before, after)) return;
  if (isObject(after) && (isObject(before) || before === undefined)) {
    const old = before ?? {};
    for (const field of new Set([...Object.keys(old), ...Object.keys(after)])) {
      collect(old[field], after[field], field.slice(field.lastIndexOf('/') + 1), found);
    }
    return;
  }
  found.push(`${name}=${shown(after)}`);
}

function shown(value: Json | undefined): string {
  if (value === undefined) return '(removed)';
  if (isList(value)) return `[${value.length}]`;
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  return text.length > longestValue ? `${text.slice(0, longestValue)}…` : text;
}
