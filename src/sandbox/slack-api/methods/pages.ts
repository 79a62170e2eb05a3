import type { JsonObject } from '../../../lib/index.ts';
import { SlackError } from '../call.ts';

export interface Page<T> {
  readonly items: readonly T[];
  readonly hasMore: boolean;
  readonly metadata: JsonObject;
}

/** Cuts a page as Slack does: an opaque cursor leads to the next one, an empty one ends. */
export function takePage<T>(
  all: readonly T[],
  { cursor, limit = 100 }: { readonly cursor?: string | undefined; readonly limit?: number | undefined },
): Page<T> {
  const start =
    cursor === undefined || cursor === '' ? 0 : Number(Buffer.from(cursor, 'base64').toString().replace('next:', ''));
  if (!Number.isInteger(start)) throw new SlackError('invalid_cursor');
  const end = start + Math.max(1, Math.min(limit === 0 ? 100 : limit, 1000));
  const hasMore = end < all.length;
  const next = hasMore ? Buffer.from(`next:${end}`).toString('base64') : '';
  return { items: all.slice(start, end), hasMore, metadata: { response_metadata: { next_cursor: next } } };
}
