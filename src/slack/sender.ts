import type { WebClient } from '@slack/web-api';
import type { Logger } from 'pino';
import { NotNowError } from '../lib/index.ts';
import type { MessagePlace } from '../notifications/index.ts';
import { createChartFallback, type Draw } from './chart-fallback.ts';
import { fitMessage } from './limits.ts';
import { createLostAnswers } from './lost-answers.ts';
import type { Message } from './messages/blocks.ts';
import { type Call, createCall, SlackRefusedError } from './method-calls.ts';
import { redactPayload } from './redact.ts';
import { createBudget, type Urgency } from './send-budget.ts';
import type { SlackHealth } from './slack-health.ts';
import { slackFailure } from './web-client.ts';

/** One message to post. */
export interface Post {
  readonly channel: string;
  readonly thread: string | undefined;
  readonly isBroadcast: boolean;
  /** Whose turn this is at the channel's budget: the card's claim, the notice's id. */
  readonly key: string;
  /** Another process may have posted it since then, and died before it could say so. */
  readonly mayBeThereSinceMs?: number | undefined;
  readonly urgency: Urgency;
  readonly metadata: { readonly eventType: string; readonly payload: Readonly<Record<string, string>> };
  readonly draw: Draw;
}

export interface Sender {
  post(what: Post, signal: AbortSignal): Promise<MessagePlace>;
  update(
    what: { readonly at: MessagePlace; readonly urgency: Urgency; readonly draw: Draw },
    signal: AbortSignal,
  ): Promise<void>;
  /** Any other method, at its own 429 clock. */
  readonly call: Call;
  /** Takes secrets out and drops what breaks a limit: everything that leaves passes here. */
  prepare(message: Message): Message;
  /** Until when this workspace gets sparklines, because it refused the chart block. */
  chartsRefusedUntilMs(): number | undefined;
}

const unreachableRetryMs = 3000;
/** Sends within Slack's limits: who must wait is told so at once (NotNowError), nobody sleeps here. */
export function createSender(tools: {
  readonly client: WebClient;
  readonly log: Logger;
  readonly updatesPerMinute: number;
  readonly now: () => number;
  readonly health: SlackHealth;
}): Sender {
  const { client, log, now } = tools;
  const updates = createBudget({ perMinute: tools.updatesPerMinute, burst: 20, now });
  const channels = new Map<string, ReturnType<typeof createBudget>>();
  const lostAnswers = createLostAnswers({ log, now });
  const call = createCall({ client, log, now, health: tools.health });
  const fallback = createChartFallback({ prepare, log, now });

  function channelBudget(channel: string) {
    const known = channels.get(channel);
    if (known !== undefined) return known;
    // chat.postMessage: one a second in each channel, short bursts tolerated.
    const budget = createBudget({ perMinute: 60, burst: 3, now });
    channels.set(channel, budget);
    return budget;
  }

  function prepare(message: Message): Message {
    const { message: fitted, dropped } = fitMessage(redactPayload(message));
    if (dropped.length > 0)
      log.error({ dropped: dropped.slice(0, 5) }, 'a message broke a limit of Slack and lost blocks');
    return fitted;
  }

  async function findLost(what: Post, signal: AbortSignal): Promise<MessagePlace | undefined> {
    const { key, channel, thread } = what;
    const read = async (oldestMs: number) => {
      const page = { channel, oldest: String(Math.floor(oldestMs / 1000)), limit: 100, include_all_metadata: true };
      const answer = await call(
        'conversations.history',
        (web) =>
          thread === undefined ? web.conversations.history(page) : web.conversations.replies({ ...page, ts: thread }),
        signal,
      );
      return answer.messages;
    };
    try {
      return await lostAnswers.find({ key, channel, thread }, read);
    } catch (error) {
      // Without the scope nobody can look: sent again, and perhaps there twice. Said so in the product's promises.
      if (error instanceof SlackRefusedError) return undefined;
      throw error;
    }
  }

  return {
    prepare,
    call,
    chartsRefusedUntilMs: fallback.refusedUntilMs,
    async post(what, signal) {
      if (what.mayBeThereSinceMs !== undefined) lostAnswers.lost(what.key, what.mayBeThereSinceMs);
      const found = await findLost(what, signal);
      if (found !== undefined) return found;
      const waitMs = channelBudget(what.channel).take(what.key, what.urgency);
      if (waitMs > 0) throw new NotNowError('the channel takes one message a second', waitMs);
      try {
        const posted = await fallback.send(what.draw, (message) =>
          call(
            'chat.postMessage',
            (web) => web.chat.postMessage(postArguments(what, message)),
            signal,
            `post:${what.channel}`,
          ),
        );
        if (posted.ts === undefined) throw new NotNowError('chat.postMessage answered without ts', unreachableRetryMs);
        return { channel: posted.channel ?? what.channel, ts: posted.ts };
      } catch (error) {
        if (error instanceof NotNowError && mayHaveArrived(error.cause)) lostAnswers.lost(what.key);
        throw error;
      }
    },
    async update({ at, urgency, draw }, signal) {
      const waitMs = updates.take(`${at.channel}/${at.ts}`, urgency);
      if (waitMs > 0) throw new NotNowError('the workspace takes 50 edits a minute', waitMs);
      try {
        await fallback.send(draw, (message) =>
          call('chat.update', (web) => web.chat.update(updateArguments(at, message)), signal),
        );
      } catch (error) {
        if (error instanceof NotNowError && slackFailure(error.cause)?.kind === 'rateLimited')
          updates.limited(error.retryAfterMs);
        throw error;
      }
    },
  };
}

/** The request may have been done though no answer came. A refused connection or a 429 was not. */
function mayHaveArrived(cause: unknown): boolean {
  const failure = slackFailure(cause);
  if (failure === undefined) return cause !== undefined;
  return failure.kind === 'unreachable' && !/ECONNREFUSED|ENOTFOUND|EAI_AGAIN/.test(failure.error);
}

type PostArguments = Parameters<WebClient['chat']['postMessage']>[0];
type UpdateArguments = Parameters<WebClient['chat']['update']>[0];

function postArguments(what: Post, message: Message): PostArguments {
  return {
    channel: what.channel,
    text: message.text,
    blocks: [...message.blocks],
    metadata: { event_type: what.metadata.eventType, event_payload: { ...what.metadata.payload } },
    unfurl_links: false,
    unfurl_media: false,
    link_names: false,
    ...inThread(what),
  };
}

function inThread({ thread, isBroadcast }: Post) {
  if (thread === undefined) return {};
  return isBroadcast ? { thread_ts: thread, reply_broadcast: true as const } : { thread_ts: thread };
}

function updateArguments(at: MessagePlace, message: Message): UpdateArguments {
  return {
    channel: at.channel,
    ts: at.ts,
    text: message.text,
    blocks: [...message.blocks],
    link_names: false,
  };
}
