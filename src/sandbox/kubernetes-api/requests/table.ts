import type { Json, JsonObject } from '../../../lib/index.ts';
import { ApiError } from '../api-error.ts';
import type { StoredObject } from '../kubernetes-object.ts';
import { toServed } from '../objects/served.ts';
import type { Resource } from '../resources/resource.ts';
import { type Answer, jsonAnswer, listMetadata } from './answer.ts';
import type { Page } from './list.ts';

/** What a client wants to see: whole objects, a table to print, or only the metadata (of one, or of a list). */
export type Shape = 'objects' | 'table' | 'metadata' | 'metadata list';

export function shapeOf(accept: string | undefined): Shape {
  for (const type of (accept ?? '').split(',')) {
    if (!type.includes('json')) continue;
    if (/;as=Table;/.test(`${type};`) && /v=v1\b/.test(type) && !type.includes('v1beta1')) return 'table';
    if (`${type};`.includes(';as=PartialObjectMetadataList;')) return 'metadata list';
    if (/;as=PartialObjectMetadata;/.test(`${type};`)) return 'metadata';
    if (!type.includes(';as=')) return 'objects';
  }
  return 'objects';
}

export interface TableOptions {
  readonly nowMs: number;
  /** Metadata (default), Object or None: what each row carries beside its cells. */
  readonly includeObject: string;
}

export function tableOptions(query: URLSearchParams, nowMs: number): TableOptions {
  return { nowMs, includeObject: query.get('includeObject') ?? 'Metadata' };
}

function tableOf(
  resource: Resource,
  objects: readonly StoredObject[],
  metadata: JsonObject,
  options: TableOptions & { readonly withoutColumns?: boolean },
): JsonObject {
  const columns = resource.columns.map(({ name, type, format, description, priority }) => ({
    name,
    type,
    format,
    description,
    priority,
  }));
  return {
    kind: 'Table',
    apiVersion: 'meta.k8s.io/v1',
    metadata,
    columnDefinitions: options.withoutColumns ? null : columns,
    rows: objects.map((object) => rowOf(resource, object, options)),
  };
}

function rowOf(resource: Resource, object: StoredObject, options: TableOptions): JsonObject {
  const served = toServed(resource, object);
  const cells = resource.columns.map((column) => column.read(object, options.nowMs));
  if (options.includeObject === 'None') return { cells, object: null };
  return { cells, object: options.includeObject === 'Object' ? served : metadataOf(object) };
}

function metadataOf(object: StoredObject): JsonObject {
  return { kind: 'PartialObjectMetadata', apiVersion: 'meta.k8s.io/v1', metadata: object.metadata };
}

/** One object, a page, or a watch event in the shape that was asked for; undefined when that is the plain one. */
export function shapedObject(
  shape: Shape,
  resource: Resource,
  object: StoredObject,
  options: TableOptions,
): Answer | undefined {
  if (shape === 'table') {
    return jsonAnswer(tableOf(resource, [object], { resourceVersion: object.metadata.resourceVersion }, options));
  }
  if (shape === 'metadata list') throw notAcceptable('PartialObjectMetadataList', 'not a list', resource, '');
  return shape === 'metadata' ? jsonAnswer(metadataOf(object)) : undefined;
}

function notAcceptable(asked: string, what: string, { group, kind }: Resource, suffix: string): ApiError {
  const type = `*${group === '' ? 'core' : group.split('.')[0]}.${kind}${suffix}`;
  return new ApiError(406, 'NotAcceptable', `you requested ${asked}, but the requested object is ${what} (${type})`);
}

export function shapedPage(shape: Shape, resource: Resource, page: Page, options: TableOptions): Answer | undefined {
  if (shape === 'table') return jsonAnswer(tableOf(resource, page.objects, listMetadata(page), options));
  if (shape === 'objects') return undefined;
  if (shape === 'metadata') throw notAcceptable('PartialObjectMetadata', 'a list', resource, 'List');
  return jsonAnswer({
    kind: 'PartialObjectMetadataList',
    apiVersion: 'meta.k8s.io/v1',
    metadata: listMetadata(page),
    items: page.objects.map(metadataOf),
  });
}

/** Only the first event of a watched table names its columns. */
export function eventWriter(
  shape: Shape,
  resource: Resource,
  query: URLSearchParams,
  nowMs: () => number,
): ((type: string, object: StoredObject) => string) | undefined {
  if (shape === 'objects') return undefined;
  // A real server, asked for lists, accepts the watch and tells nothing.
  if (shape === 'metadata list') return () => '';
  let isFirst = true;
  return (type, object) => {
    const options = { ...tableOptions(query, nowMs()), withoutColumns: !isFirst };
    isFirst = false;
    const metadata = { resourceVersion: object.metadata.resourceVersion };
    const shown: Json = shape === 'table' ? tableOf(resource, [object], metadata, options) : metadataOf(object);
    return `${JSON.stringify({ type, object: shown })}\n`;
  };
}
