import { createHash } from 'node:crypto';
import type { Logger } from 'pino';
import type { CardPlace, MessagePlace, Notifier } from '../notifications/index.ts';
import type { Delivery } from '../rollout/index.ts';
import type { Signer } from './actions/signed-value.ts';
import type { ChartUploads } from './chart-uploads.ts';
import type { Identity } from './identity.ts';
import { renderBuild } from './messages/build.ts';
import { type CardView, renderCard } from './messages/card.ts';
import { subject } from './messages/headline.ts';
import { renderNotice, slackIdOf } from './messages/notice.ts';
import { SlackRefusedError } from './method-calls.ts';
import { createPosting } from './posting.ts';
import type { Urgency } from './send-budget.ts';
import type { Sender } from './sender.ts';

/** A card that can no longer be edited is posted again in its thread. */
const cannotEdit: ReadonlySet<string> = new Set([
  'edit_window_closed',
  'message_not_found',
  'cant_update_message',
  'is_archived',
  'cant_edit_message',
]);
/** More live cards than this in a channel show changes of state only: nobody reads so many numbers, and the budget is everybody's. */
const mostLiveNumbers = 20;

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
  /** `/rollout`: written before each copyable line. */
  readonly command: string;
  readonly liveCardsIn: (channel: string) => number;
}): SlackNotifier {
  const { sender, signer, identity, log, now } = tools;
  const shown = new Map<string, Shown>();
  const posting = createPosting({ sender, log, now });

  function view(hasCharts: boolean): CardView {
    return {
      sign: signer.sign,
      asOfMs: now(),
      nameOf: (user) => {
        const id = slackIdOf(user);
        return id === undefined ? undefined : identity.nameOf(id);
      },
      hasCharts,
      command: tools.command,
    };
  }

  function remember(delivery: Delivery, place: CardPlace): CardPlace {
    if (shown.size > 20_000) shown.clear();
    const { namespace, name } = delivery;
    shown.set(`${place.channel}/${place.ts}`, { state: stateOf(delivery), namespace, name });
    return place;
  }

  function urgencyOf(delivery: Delivery, at: MessagePlace): Urgency {
    if (shown.get(`${at.channel}/${at.ts}`)?.state === stateOf(delivery)) return 'numbers';
    return needsEyes(delivery) ? 'final' : 'change';
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
      await learnNames([delivery.startedBy, ...(delivery.approvals?.by ?? [])]);
      const draw = (hasCharts: boolean) => renderCard(delivery, view(hasCharts));
      let thread = where.thread;
      if (where.at !== undefined) {
        const urgency = urgencyOf(delivery, where.at);
        if (urgency === 'numbers' && tools.liveCardsIn(where.at.channel) > mostLiveNumbers)
          return { ...where.at, isLeft: true };
        try {
          await sender.update({ at: where.at, urgency, draw }, signal);
          return remember(delivery, where.at);
        } catch (error) {
          if (!(error instanceof SlackRefusedError)) throw error;
          if (!cannotEdit.has(error.slackError)) throw posting.asNotNow(error, where.at.channel);
          // Where edits are forbidden after minutes each move is a message more: one for a change of state, none for numbers.
          if (error.slackError === 'edit_window_closed' && urgency === 'numbers') return where.at;
          log.info(
            { slackError: error.slackError, channel: where.at.channel },
            'card can not be edited any more: posted again in its thread',
          );
          thread ??= where.at.ts;
        }
      }
      const channel = where.at?.channel ?? where.channel;
      // A card that moved is another message: looked up under the first one's claim, that one would be found.
      const claim = where.at === undefined ? where.claim : `${where.claim}/after/${where.at.ts}`;
      const place = await posting.post(
        {
          channel,
          thread,
          isBroadcast: thread !== undefined,
          key: claim,
          mayBeThereSinceMs: where.mayBeThereSinceMs,
          urgency: needsEyes(delivery) ? 'final' : 'change',
          metadata: {
            eventType: 'stepwise_card',
            payload: { claim, rollout_uid: delivery.uid, revision: String(delivery.revision) },
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
      const place = await posting.post(
        {
          channel: card.channel,
          thread: card.ts,
          isBroadcast: notice.weight !== 'timeline',
          key: claim,
          mayBeThereSinceMs: notice.mayBeThereSinceMs,
          urgency: notice.weight === 'timeline' ? 'change' : 'final',
          metadata: { eventType: 'stepwise_notice', payload: { claim, rollout_uid: delivery.uid } },
          draw: (hasCharts) => renderNotice(delivery, notice, view(hasCharts)),
        },
        signal,
      );
      if (notice.chart !== undefined) {
        tools.uploads.add({ series: notice.chart, title: `${subject(delivery, 60)} · ${notice.chart.metric}`, card });
      }
      return place;
    },

    async tellDecided(delivery, notice, at, signal) {
      await learnNames([notice.decided?.by]);
      const draw = (hasCharts: boolean) => renderNotice(delivery, notice, view(hasCharts));
      try {
        await sender.update({ at, urgency: 'change', draw }, signal);
      } catch (error) {
        if (!(error instanceof SlackRefusedError && cannotEdit.has(error.slackError)))
          throw posting.asNotNow(error, at.channel);
        log.info({ slackError: error.slackError, channel: at.channel }, 'an answered question keeps its buttons');
      }
    },

    tellBuild(notice, where, signal) {
      return posting.post(
        {
          channel: where.channel,
          thread: undefined,
          isBroadcast: false,
          key: where.claim,
          mayBeThereSinceMs: where.mayBeThereSinceMs,
          urgency: 'change',
          metadata: { eventType: 'stepwise_build', payload: { claim: where.claim } },
          draw: () => renderBuild(notice, signer.sign),
        },
        signal,
      );
    },

    digest(delivery) {
      // Without the time of reading, the names (one replica may know them, another not) and the chart's fallback.
      const message = renderCard(delivery, {
        sign: signer.sign,
        asOfMs: 0,
        nameOf: () => undefined,
        hasCharts: true,
        command: tools.command,
      });
      return createHash('sha256').update(JSON.stringify(message)).digest('hex').slice(0, 32);
    },

    rolloutAt(place) {
      const card = shown.get(`${place.channel}/${place.ts}`);
      return card === undefined ? undefined : { namespace: card.namespace, name: card.name };
    },

    isOutside: posting.isOutside,
  };
}

/** What people wait for: shown before anything else. */
function needsEyes(delivery: Delivery): boolean {
  return [
    'gate',
    'inconclusive',
    'frozen',
    'stalled',
    'aborting',
    'rolledBack',
    'notVerified',
    'stuck',
    'live',
    'invalidSpec',
  ].includes(delivery.state);
}

function stateOf(delivery: Delivery): string {
  return `${delivery.state}/${delivery.weightPercent}/${delivery.step.index}/${delivery.verification.filter((check) => check.isDone).length}`;
}
