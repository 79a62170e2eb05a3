import { z } from 'zod';
import type { ApiClient } from './api-client.ts';
import { parseWatchError } from './api-errors.ts';
import type { KubernetesObject, Resource } from './cluster.ts';
import { isObject } from './objects.ts';
import { metadataOf, selectorsOf } from './pages.ts';
import { pathOf } from './resources.ts';

/** What a watch tells. `opened`: the server accepted it. */
export type WatchEvent =
  | { readonly kind: 'opened' }
  | { readonly kind: 'bookmark'; readonly resourceVersion: string }
  | { readonly kind: 'changed' | 'deleted'; readonly object: KubernetesObject; readonly resourceVersion: string };

export interface WatchQuery {
  readonly resource: Resource;
  readonly namespace: string;
  readonly labelSelector?: string | undefined;
  readonly fieldSelector?: string | undefined;
  readonly resourceVersion: string;
  readonly timeoutSeconds: number;
  /** Only their metadata. */
  readonly isOfMetadata?: boolean | undefined;
  readonly signal: AbortSignal;
}

const Line = z.looseObject({ type: z.string(), object: z.unknown() });
const Bookmark = z.looseObject({ metadata: z.looseObject({ resourceVersion: z.string() }) });

/**
 * One watch, from the answer's first byte to its end. Unlike client-node's Watch (2.0.1) a line that is no JSON ends it: Watch
 * skips such a line without a word, and the change it told of would be missed until the next list.
 */
export async function* readWatch(api: ApiClient, query: WatchQuery): AsyncGenerator<WatchEvent> {
  const path = pathOf(query.resource, query.namespace);
  const body = await api.open({
    path,
    query: {
      watch: 'true',
      allowWatchBookmarks: 'true',
      resourceVersion: query.resourceVersion,
      timeoutSeconds: String(query.timeoutSeconds),
      ...selectorsOf(query),
    },
    accept: query.isOfMetadata === true ? metadataOf('PartialObjectMetadata') : undefined,
    signal: query.signal,
  });
  yield { kind: 'opened' };
  for await (const line of readLines(body)) {
    const { type, object } = Line.parse(JSON.parse(line));
    switch (type) {
      case 'BOOKMARK':
        yield { kind: 'bookmark', resourceVersion: Bookmark.parse(object).metadata.resourceVersion };
        break;
      case 'ADDED':
      case 'MODIFIED':
      case 'DELETED':
        if (!isObject(object)) throw new Error(`watch ${path}: no object in ${line.slice(0, 200)}`);
        yield {
          kind: type === 'DELETED' ? 'deleted' : 'changed',
          object,
          resourceVersion: object.metadata.resourceVersion,
        };
        break;
      case 'ERROR':
        throw parseWatchError(object, `watch ${path}`);
      default:
        throw new Error(`watch ${path}: unknown event type ${JSON.stringify(type)}`);
    }
  }
}

/** Whole lines only: what a broken connection leaves of a line is told again by the next watch. */
async function* readLines(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<string> {
  const decoder = new TextDecoder();
  let rest = '';
  for await (const chunk of chunks) {
    const lines = (rest + decoder.decode(chunk, { stream: true })).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) if (line !== '') yield line;
  }
}
