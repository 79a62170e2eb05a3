import type { Logger } from 'pino';
import { NotNowError } from '../lib/index.ts';
import type { CardPlace } from '../notifications/index.ts';
import { SlackRefusedError } from './method-calls.ts';
import type { Post, Sender } from './sender.ts';
import { isTokenRefusal } from './slack-health.ts';

/** The thread is gone: told in the channel instead. */
const threadGone: ReadonlySet<string> = new Set(['thread_not_found', 'cannot_reply_to_message', 'message_not_found']);
/** An admin must act (invite the bot, renew the token): asking more often does not help. */
const refusedRetryMs = 60_000;
const toldAgainMs = 600_000;

/** Posts, and where Slack says no, waits for the person who must act there. */
export interface Posting {
  post(what: Post, signal: AbortSignal): Promise<CardPlace>;
  /** A refusal as "not now"; every other error as it is. Logged once in ten minutes. */
  asNotNow(error: unknown, channel: string): unknown;
  /** True after Slack said that the bot is not in this channel, until a message arrives there. */
  isOutside(channel: string): boolean;
}

export function createPosting(tools: {
  readonly sender: Sender;
  readonly log: Logger;
  readonly now: () => number;
}): Posting {
  const { sender, log, now } = tools;
  const outside = new Set<string>();
  const toldAtMs = new Map<string, number>();

  function asNotNow(error: unknown, channel: string): unknown {
    if (!(error instanceof SlackRefusedError)) return error;
    if (error.slackError === 'not_in_channel' || error.slackError === 'channel_not_found') outside.add(channel);
    const key = `${channel}/${error.slackError}`;
    // A token is refused in every channel: that has been said once.
    if (!isTokenRefusal(error.slackError) && now() - (toldAtMs.get(key) ?? -toldAgainMs) >= toldAgainMs) {
      toldAtMs.set(key, now());
      log.error(
        { channel, slackError: error.slackError, method: error.method },
        'slack refuses messages in a channel: they wait',
      );
    }
    return new NotNowError(error.message, refusedRetryMs, { cause: error });
  }

  async function postOrThrow(what: Post, signal: AbortSignal): Promise<CardPlace> {
    try {
      return await sender.post(what, signal);
    } catch (error) {
      const isRefused = error instanceof SlackRefusedError && threadGone.has(error.slackError);
      if (!isRefused || what.thread === undefined) throw error;
    }
    const place = await sender.post({ ...what, thread: undefined, urgency: 'final' }, signal);
    return { ...place, opensThread: true };
  }

  return {
    asNotNow,
    isOutside: (channel) => outside.has(channel),
    async post(what, signal) {
      try {
        const place = await postOrThrow(what, signal);
        outside.delete(place.channel);
        return place;
      } catch (error) {
        throw asNotNow(error, what.channel);
      }
    },
  };
}
