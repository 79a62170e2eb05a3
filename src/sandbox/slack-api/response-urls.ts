import { z } from 'zod';
import { createSecret } from './ids.ts';

export interface ResponseTarget {
  readonly channel: string;
  readonly userId: string;
  /** The message whose button was pressed, if it was one. */
  readonly messageTs: string | undefined;
  readonly isEphemeral: boolean;
  readonly threadTs: string | undefined;
}

export interface ResponseUrls {
  create(target: ResponseTarget): string;
  use(
    id: string,
  ): { readonly kind: 'ok'; readonly target: ResponseTarget } | { readonly kind: 'refused'; readonly error: string };
}

const lifeMs = 30 * 60_000;
const maxUses = 5;

/** Response urls: whoever knows one may answer five times in thirty minutes. */
export function createResponseUrls(nowMs: () => number): ResponseUrls {
  const known = new Map<string, { readonly target: ResponseTarget; readonly expiresAtMs: number; uses: number }>();
  return {
    create(target) {
      for (const [id, entry] of known) {
        if (entry.expiresAtMs >= nowMs()) break;
        known.delete(id);
      }
      const id = createSecret();
      known.set(id, { target, expiresAtMs: nowMs() + lifeMs, uses: 0 });
      return id;
    },
    use(id) {
      const entry = known.get(id);
      if (entry === undefined || entry.expiresAtMs < nowMs()) return { kind: 'refused', error: 'expired_url' };
      if (entry.uses >= maxUses) return { kind: 'refused', error: 'used_url' };
      entry.uses += 1;
      return { kind: 'ok', target: entry.target };
    },
  };
}

const blocks = z.array(z.record(z.string(), z.json()));

/** What may be posted to a response url, and what a slash command's acknowledgement may say. */
export const Response = z.looseObject({
  text: z.string().optional(),
  blocks: blocks.optional(),
  attachments: blocks.optional(),
  response_type: z.enum(['in_channel', 'ephemeral']).default('ephemeral'),
  replace_original: z.boolean().default(false),
  delete_original: z.boolean().default(false),
  thread_ts: z.string().optional(),
});
export type Response = z.infer<typeof Response>;
