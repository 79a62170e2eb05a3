import type { Logger } from 'pino';
import { z } from 'zod';
import type { MessagePlace } from '../notifications/index.ts';

/** Where a message would be, if it is anywhere. */
export interface LostPost {
  readonly key: string;
  readonly channel: string;
  readonly thread: string | undefined;
}

/**
 * Slack has no idempotency key: a post whose answer was lost may be there all the same. It is looked up by the claim in its metadata
 * before it is sent again. That needs the optional scope channels:history; without it such a message may come twice.
 */
export interface LostAnswers {
  /** The answer of this post was lost: it may or may not be there, since then (left out: since now). */
  lost(key: string, sinceMs?: number): void;
  /** The place of a post whose answer was lost; undefined: it is not there, or nobody can look. */
  find(post: LostPost, read: ReadMessages): Promise<MessagePlace | undefined>;
}

/** Reads the newest messages with their metadata; throws a refusal where the app has no right to. */
export type ReadMessages = (oldestMs: number) => Promise<unknown>;

const Messages = z
  .array(
    z.looseObject({
      ts: z.string(),
      metadata: z.looseObject({ event_payload: z.looseObject({ claim: z.string().optional() }).optional() }).optional(),
    }),
  )
  .default([]);

/** Clocks of Slack and ours may differ. */
const clockSlackMs = 60_000;
const maxRemembered = 2000;

export function createLostAnswers(tools: { readonly log: Logger; readonly now: () => number }): LostAnswers {
  const lostAtMs = new Map<string, number>();
  return {
    lost(key, sinceMs = tools.now()) {
      if (lostAtMs.size >= maxRemembered) lostAtMs.clear();
      if (!lostAtMs.has(key)) lostAtMs.set(key, sinceMs);
    },
    async find(post, read) {
      const sinceMs = lostAtMs.get(post.key);
      if (sinceMs === undefined) return undefined;
      const messages = Messages.parse(await read(sinceMs - clockSlackMs));
      lostAtMs.delete(post.key);
      const found = messages.find((message) => message.metadata?.event_payload?.claim === post.key);
      if (found === undefined) return undefined;
      tools.log.info({ channel: post.channel }, 'a message whose answer was lost was found in slack');
      return { channel: post.channel, ts: found.ts };
    },
  };
}
