import type { RespondFn } from '@slack/bolt';
import type { Logger } from 'pino';
import type { Operations, Person, Target } from '../operations/index.ts';
import { type Click, choose, type PressTools, press } from './actions/press.ts';
import type { Signer } from './actions/signed-value.ts';
import { createBusy } from './busy.ts';
import { answerWords } from './commands/answer.ts';
import type { Asked } from './commands/asked.ts';
import { parse } from './commands/parse.ts';
import { verbs } from './commands/verbs.ts';
import type { Identity, IdentityProblem } from './identity.ts';
import { type AnswerView, renderStranger, say } from './messages/answers.ts';
import type { Message } from './messages/blocks.ts';
import type { SlackNotifier } from './notifier.ts';
import { pause } from './pause.ts';
import type { Sender } from './sender.ts';
import { within } from './web-client.ts';

/** Where a wish came from, as Slack says. */
export interface Origin {
  readonly userId: string;
  readonly channel: string;
  /** Root of the thread that was written or clicked in. */
  readonly thread?: string | undefined;
  /** The message whose button was clicked. */
  readonly message?: string | undefined;
  /** Clicked in the app's Home: there is no channel. */
  readonly isHome?: boolean | undefined;
  /** Opens a modal, for three seconds. */
  readonly triggerId?: string | undefined;
}

/** How the answer goes back to this one person. */
export type Reply = (message: Message) => Promise<void>;

export interface Desk {
  words(origin: Origin, typed: string, reply: Reply): Promise<void>;
  click(origin: Origin, click: Click, reply: Reply): Promise<void>;
  choice(
    origin: Origin,
    choice: { readonly option: string; readonly siblingValues: readonly string[] },
    reply: Reply,
  ): Promise<void>;
  /** Waits for the answers that are being given. */
  stop(): Promise<void>;
  /** A reply through a response_url: works in every channel, also where the bot is no member. */
  respondVia(respond: RespondFn, origin: Origin): Reply;
  /** Says why somebody is not served, without asking who they are. */
  refuse(respond: RespondFn, problem: IdentityProblem): Promise<void>;
  /** An ephemeral message; where Slack does not show it, nothing else is tried. */
  ephemeral(origin: Origin): Reply;
}

const stopWaitMs = 3000;
const usualPatienceMs = 9000;
/** Moving ones come first in a list. */
const maxThreadsAsked = 30;
const replyTimeoutMs = 9000;

/** The desk where wishes arrive: who is it, may they ask, what is the answer, and back to that person alone. */
export function createDesk(tools: {
  readonly operations: Operations;
  readonly signer: Signer;
  readonly sender: Sender;
  readonly identity: Identity;
  readonly notifier: SlackNotifier;
  readonly log: Logger;
  readonly now: () => number;
  readonly clusterUid: () => string;
  readonly findByCard:
    | ((card: { readonly channel: string; readonly ts: string }) => Promise<Target | undefined>)
    | undefined;
  readonly view: AnswerView;
  readonly linkTo: PressTools['linkTo'];
  readonly answerPatienceMs: number | undefined;
}): Desk {
  const { log, view, sender } = tools;
  const patienceMs = tools.answerPatienceMs ?? usualPatienceMs;
  const busy = createBusy();
  const answerTools: PressTools = {
    operations: tools.operations,
    signer: tools.signer,
    clusterUid: tools.clusterUid,
    view,
    log,
    now: tools.now,
    linkTo: tools.linkTo,
  };

  /** Whose thread it is: remembered by this replica, or found by asking for the cards of what this person may see. */
  async function threadTarget(origin: Origin, person: Person): Promise<Target | undefined> {
    if (origin.thread === undefined) return undefined;
    const place = { channel: origin.channel, ts: origin.thread };
    const known = tools.notifier.rolloutAt(place) ?? (await tools.findByCard?.(place));
    if (known !== undefined) return known;
    const deliveries = await tools.operations.list(person, origin.channel);
    for (const { namespace, name } of deliveries.slice(0, maxThreadsAsked)) {
      const target = { namespace, name };
      const status = await tools.operations.status({ person, channel: origin.channel, target });
      if (status.done && status.card?.channel === place.channel && status.card.ts === place.ts) return target;
    }
    return undefined;
  }

  async function answerFor(origin: Origin, answer: (asked: Asked) => Promise<Message>): Promise<Message> {
    const identified = await tools.identity.identify(origin.userId);
    if ('problem' in identified) {
      log.warn(
        { audit: true, slackUser: origin.userId, problem: identified.problem },
        'a wish was refused: not somebody we act for',
      );
      return renderStranger(view, identified.problem);
    }
    const channel = origin.channel.startsWith('D') ? '' : origin.channel;
    return answer({
      person: identified.person,
      channel,
      mayChange: !identified.isGuest,
      triggerId: origin.triggerId,
      ...(origin.isHome === true ? { isInOwnChannel: true } : {}),
    });
  }

  /** An answer that takes too long is no reason for silence: the act may still be done. */
  async function isLate(answer: Promise<Message>): Promise<boolean> {
    const waiting = new AbortController();
    const late = async () => {
      await pause(patienceMs, waiting.signal);
      return true;
    };
    try {
      return await Promise.race([answer.then(() => false), late()]);
    } finally {
      waiting.abort();
    }
  }

  /** A throw is "try again": the person hears so, and nothing is lost silently. What comes late is said when it comes. */
  function serve(origin: Origin, reply: Reply, answer: (asked: Asked) => Promise<Message>): Promise<void> {
    const answering = answerFor(origin, answer).catch((error: unknown) => {
      log.error({ err: error, slackUser: origin.userId, channel: origin.channel }, 'a wish failed');
      return say(
        view,
        'Something between here and the cluster failed; I can not say that it was done. Look at the card, then try again.',
      );
    });
    const tell = (message: Message) =>
      reply(sender.prepare(message)).catch((error: unknown) => {
        log.warn({ err: error, slackUser: origin.userId }, 'an answer did not reach its person');
      });
    const work = async () => {
      if (await isLate(answering))
        await tell(
          say(view, 'This takes longer than it should; I can not say yet whether it was done. I say so when I know.'),
        );
      await tell(await answering);
    };
    return busy.run(work());
  }

  /** A slash command works where the bot is no member, but the card would not: say so beside the answer. */
  function inviteHint(origin: Origin, typed: string, message: Message): Message {
    const parsed = parse(typed);
    const isMutating =
      parsed.kind === 'command' && parsed.command.verb !== 'mine' && verbs[parsed.command.verb].isMutating;
    if (!isMutating || !tools.notifier.isOutside(origin.channel)) return message;
    const hint = say(view, 'I am not in this channel: `/invite @Stepwise`, so that the card can be shown here.')
      .blocks[0];
    return hint === undefined ? message : { ...message, blocks: [...message.blocks, { ...hint, block_id: 'invite' }] };
  }

  const ephemeral =
    (origin: Origin): Reply =>
    async (message) => {
      const thread = origin.thread === undefined ? {} : { thread_ts: origin.thread };
      await sender.call(
        'chat.postEphemeral',
        (client) =>
          client.chat.postEphemeral({
            channel: origin.channel,
            user: origin.userId,
            text: message.text,
            blocks: [...message.blocks],
            ...thread,
          }),
        AbortSignal.timeout(replyTimeoutMs),
      );
    };

  return {
    words: (origin, typed, reply) =>
      serve(origin, reply, async (asked) => {
        const target = await threadTarget(origin, asked.person).catch(() => undefined);
        const message = await answerWords(answerTools, { ...asked, threadTarget: target }, typed);
        return inviteHint(origin, typed, message);
      }),
    click: (origin, click, reply) => serve(origin, reply, (asked) => press(answerTools, asked, click)),
    choice: (origin, choice, reply) => serve(origin, reply, (asked) => choose(answerTools, asked, choice)),
    respondVia: (respond, origin) => async (message) => {
      try {
        await within(respond(responseOf(message)), AbortSignal.timeout(replyTimeoutMs));
      } catch (error) {
        log.info({ err: error }, 'a response_url did not answer: told by an ephemeral message');
        await ephemeral(origin)(message);
      }
    },
    async refuse(respond, problem) {
      await within(respond(responseOf(renderStranger(view, problem))), AbortSignal.timeout(replyTimeoutMs)).catch(
        (error: unknown) => log.info({ err: error }, 'a refusal did not reach its person'),
      );
    },
    ephemeral,
    stop: () => busy.settle(stopWaitMs),
  };
}

function responseOf(message: Message): Parameters<RespondFn>[0] {
  return {
    response_type: 'ephemeral',
    replace_original: false,
    text: message.text,
    blocks: [...message.blocks],
  };
}
