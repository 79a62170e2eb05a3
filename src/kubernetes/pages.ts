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
  readonly accept?: string | undefined;
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
      accept: query.accept,
      signal: query.signal,
      timeoutMs: query.timeoutMs ?? 5000,
    });
    const { items, resourceVersion, continueFrom } = parseList(answer, query.resource);
    yield { items, resourceVersion };
    next = continueFrom;
  } while (next !== undefined);
}

export function selectorsOf(query: Pick<PageQuery, 'labelSelector' | 'fieldSelector'>): Record<string, string> {
  const { labelSelector, fieldSelector } = query;
  return { ...(labelSelector && { labelSelector }), ...(fieldSelector && { fieldSelector }) };
}
