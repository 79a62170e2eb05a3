import { createHash } from 'node:crypto';
import type { Logger } from 'pino';
import { NotNowError } from '../lib/index.ts';
import type { MessagePlace, Notifier } from '../notifications/index.ts';
import type { Delivery } from '../rollout/index.ts';
import type { Signer } from './actions/signed-value.ts';
import type { ChartUploads } from './chart-uploads.ts';
import type { Identity } from './identity.ts';
import { type CardView, renderCard } from './messages/card.ts';
import { renderNotice, slackIdOf } from './messages/notice.ts';
import type { Urgency } from './send-budget.ts';
import { type Sender, SlackRefusedError } from './sender.ts';

/** A card that can no longer be edited is posted again in its thread. */
const cannotEdit: ReadonlySet<string> = new Set([
  'edit_window_closed',
  'message_not_found',
  'cant_update_message',
  'is_archived',
  'cant_edit_message',
]);
/** The thread is gone: told in the channel instead. */
const threadGone: ReadonlySet<string> = new Set(['thread_not_found', 'cannot_reply_to_message', 'message_not_found']);
/** An admin must act (invite the bot, renew the token): asking more often does not help. */
const refusedRetryMs = 60_000;
const toldAgainMs = 600_000;

/** What one replica remembers of a card: how urgent the next edit is, and whose thread it is. */
interface Shown {
  readonly state: string;
  readonly namespace: string;
  readonly name: string;
}

export interface SlackNotifier extends Notifier {
  /** The rollout whose card (or its thread) this is, as far as this replica has shown it. */
  rolloutAt(place: MessagePlace): { readonly namespace: string; readonly name: string } | undefined;
  /** True after Slack said that the bot is not in this channel, until a message arrives there. */
  isOutside(channel: string): boolean;
}

export function createNotifier(tools: {
  readonly sender: Sender;
  readonly signer: Signer;
  readonly identity: Identity;
  readonly uploads: ChartUploads;
  readonly log: Logger;
  readonly now: () => number;
}): SlackNotifier {
  const { sender, signer, identity, log, now } = tools;
  const shown = new Map<string, Shown>();
  const outside = new Map<string, number>();
  const toldAtMs = new Map<string, number>();

  function view(hasCharts: boolean): CardView {
    return {
      sign: signer.sign,
      asOfMs: now(),
      nameOf: (user) => {
        const id = slackIdOf(user);
        return id === undefined ? undefined : identity.nameOf(id);
      },
      hasCharts,
    };
  }

  function remember(delivery: Delivery, place: MessagePlace): MessagePlace {
    if (shown.size > 20_000) shown.clear();
    const { namespace, name } = delivery;
    shown.set(`${place.channel}/${place.ts}`, { state: stateOf(delivery), namespace, name });
    outside.delete(place.channel);
    return place;
  }

  function urgencyOf(delivery: Delivery, at: MessagePlace): Urgency {
    if (shown.get(`${at.channel}/${at.ts}`)?.state === stateOf(delivery)) return 'numbers';
    return needsEyes(delivery) ? 'final' : 'change';
  }

  /** Slack said no to a post: somebody must act there; the message waits. */
  function notNow(error: unknown, channel: string): unknown {
    if (!(error instanceof SlackRefusedError)) return error;
    if (error.slackError === 'not_in_channel' || error.slackError === 'channel_not_found') outside.set(channel, now());
    const key = `${channel}/${error.slackError}`;
    if (now() - (toldAtMs.get(key) ?? -toldAgainMs) >= toldAgainMs) {
      toldAtMs.set(key, now());
      log.error(
        { channel, slackError: error.slackError, method: error.method },
        'slack refuses messages in a channel: they wait',
      );
    }
    return new NotNowError(error.message, refusedRetryMs, { cause: error });
  }

  type Post = Parameters<Sender['post']>[0];

  async function post(what: Post, signal: AbortSignal): Promise<MessagePlace> {
    try {
      return await sender.post(what, signal);
    } catch (error) {
      const isGone =
        error instanceof SlackRefusedError && threadGone.has(error.slackError) && what.thread !== undefined;
      if (!isGone) throw notNow(error, what.channel);
    }
    try {
      return await sender.post({ ...what, thread: undefined, urgency: 'final' }, signal);
    } catch (error) {
      throw notNow(error, what.channel);
    }
  }

  async function learnNames(users: readonly (string | undefined)[]): Promise<void> {
    await Promise.all(
      users.map(async (user) => {
        const id = slackIdOf(user);
        if (id !== undefined) await identity.learnName(id);
      }),
    );
  }

  return {
    async showCard(delivery, where, signal) {
      await learnNames([delivery.startedBy]);
      const draw = (hasCharts: boolean) => renderCard(delivery, view(hasCharts));
      let thread = where.thread;
      if (where.at !== undefined) {
        try {
          await sender.update({ at: where.at, urgency: urgencyOf(delivery, where.at), draw }, signal);
          return remember(delivery, where.at);
        } catch (error) {
          if (!(error instanceof SlackRefusedError)) throw error;
          if (!cannotEdit.has(error.slackError)) throw notNow(error, where.at.channel);
          log.info(
            { slackError: error.slackError, channel: where.at.channel },
            'card can not be edited any more: posted again in its thread',
          );
          thread ??= where.at.ts;
        }
      }
      const channel = where.at?.channel ?? where.channel;
      const place = await post(
        {
          channel,
          thread,
          isBroadcast: thread !== undefined,
          key: where.claim,
          urgency: needsEyes(delivery) ? 'final' : 'change',
          metadata: {
            eventType: 'stepwise_card',
            payload: { claim: where.claim, rollout_uid: delivery.uid, revision: String(delivery.revision) },
          },
          draw,
        },
        signal,
      );
      return remember(delivery, place);
    },

    async tell(delivery, notice, card, signal) {
      await learnNames([notice.by, delivery.startedBy]);
      // A notice's id is unique within its record only.
      const claim = `${delivery.uid}/${delivery.revision}/${notice.id}`;
      const place = await post(
        {
          channel: card.channel,
          thread: card.ts,
          isBroadcast: notice.weight !== 'timeline',
          key: claim,
          urgency: notice.weight === 'timeline' ? 'change' : 'final',
          metadata: { eventType: 'stepwise_notice', payload: { claim, rollout_uid: delivery.uid } },
          draw: (hasCharts) => renderNotice(delivery, notice, view(hasCharts)),
        },
        signal,
      );
      if (notice.chart !== undefined) {
        tools.uploads.add({ series: notice.chart, title: `${delivery.name} · ${notice.chart.metric}`, card });
      }
      return place;
    },

    digest(delivery) {
      // Without the time of reading, the names (one replica may know them, another not) and the chart's fallback.
      const message = renderCard(delivery, { sign: signer.sign, asOfMs: 0, nameOf: () => undefined, hasCharts: true });
      return createHash('sha256').update(JSON.stringify(message)).digest('hex').slice(0, 32);
    },

    rolloutAt(place) {
      const card = shown.get(`${place.channel}/${place.ts}`);
      return card === undefined ? undefined : { namespace: card.namespace, name: card.name };
    },

    isOutside: (channel) => outside.has(channel),
  };
}

/** What people wait for: shown before anything else. */
function needsEyes(delivery: Delivery): boolean {
  return ['gate', 'inconclusive', 'aborting', 'rolledBack', 'notVerified', 'live', 'invalidSpec'].includes(
    delivery.state,
  );
}

function stateOf(delivery: Delivery): string {
  return `${delivery.state}/${delivery.weightPercent}/${delivery.step.index}/${delivery.verification.filter((check) => check.isDone).length}`;
}
