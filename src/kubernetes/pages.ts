import type { ApiClient } from './api-client.ts';
import type { KubernetesObject, Resource } from './cluster.ts';
import { parseList } from './objects.ts';
import { pathOf } from './resources.ts';

export interface Page {
  readonly items: readonly KubernetesObject[];
  /** Of the snapshot that all pages of one list show. */
  readonly resourceVersion: string;
}

export interface PageQuery {
  readonly resource: Resource;
  /** '' lists all. */
  readonly namespace: string;
  readonly labelSelector?: string | undefined;
  readonly fieldSelector?: string | undefined;
  /** Only their metadata. */
  readonly isOfMetadata?: boolean | undefined;
  readonly signal: AbortSignal;
  /** For each page; default 5 s. */
  readonly timeoutMs?: number;
  /** Objects in a page; default 500. */
  readonly limit?: number;
}

/** A list in pages of 500, all of one snapshot. Throws `ExpiredError` when the snapshot is gone before the last page: begin again. */
export async function* readPages(api: ApiClient, query: PageQuery): AsyncGenerator<Page> {
  let next: string | undefined;
  do {
    const answer = await api.request({
      method: 'GET',
      path: pathOf(query.resource, query.namespace),
      query: {
        limit: String(query.limit ?? 500),
        ...(next === undefined ? {} : { continue: next }),
        ...selectorsOf(query),
      },
      accept: query.isOfMetadata === true ? metadataOf('PartialObjectMetadataList') : undefined,
      signal: query.signal,
      timeoutMs: query.timeoutMs ?? 5000,
    });
    const { items, resourceVersion, continueFrom } = parseList(answer, query.resource);
    yield { items, resourceVersion };
    next = continueFrom;
  } while (next !== undefined);
}

/**
 * What to accept for metadata alone; a server that cannot sends objects whole. A list and a watch have each its own: asked for lists, a
 * watch is accepted and tells nothing (Kubernetes 1.34).
 */
export function metadataOf(kind: 'PartialObjectMetadataList' | 'PartialObjectMetadata'): string {
  return `application/json;as=${kind};g=meta.k8s.io;v=v1,application/json`;
}

export function selectorsOf(query: Pick<PageQuery, 'labelSelector' | 'fieldSelector'>): Record<string, string> {
  const { labelSelector, fieldSelector } = query;
  return { ...(labelSelector && { labelSelector }), ...(fieldSelector && { fieldSelector }) };
}
