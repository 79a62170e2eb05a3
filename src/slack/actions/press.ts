import { answerWords } from '../commands/answer.ts';
import { perform } from '../commands/answers/act.ts';
import { type AnswerTools, type Asked, refuseGuest } from '../commands/asked.ts';
import type { Command } from '../commands/command.ts';
import { encodeEntities, normalise } from '../commands/normalise.ts';
import { verbs } from '../commands/verbs.ts';
import { cutReason } from '../commands/words.ts';
import { renderAnswer, renderRefusal, say } from '../messages/answers.ts';
import type { Message } from '../messages/blocks.ts';
import { renderLater } from '../messages/help.ts';
import { renderQuestion } from '../messages/question.ts';
import { renderWhy } from '../messages/why.ts';
import { addReasonActionId, isActActionId } from './action-ids.ts';
import type { ButtonPayload, Signer } from './signed-value.ts';

export interface PressTools extends AnswerTools {
  readonly signer: Signer;
  /** '' while it is not known: then a button of any cluster counts as ours (its uid is checked by the operation). */
  readonly clusterUid: () => string;
}

type ActPayload = Extract<ButtonPayload, { kind: 'act' }>;

export interface Click {
  readonly actionId: string;
  /** As we signed it. */
  readonly value: string;
  /** What the person wrote into the message's input. */
  readonly reason?: string | undefined;
}

/** A click on a signed button → the answer for the person who clicked. The action id and the signed action must be the same. */
export async function press(tools: PressTools, asked: Asked, click: Click): Promise<Message> {
  const payload = tools.signer.verify(click.value);
  const reason = reasonOf(click);
  if (payload === undefined) return forged(tools, click.actionId, asked);
  if (payload.kind === 'line') {
    return answerWords(tools, { ...asked, isConfirmed: payload.isConfirmed, reason }, payload.line);
  }
  if (payload.kind === 'reason') {
    return click.actionId === addReasonActionId
      ? explain(tools, asked, { ...payload, reason })
      : forged(tools, click.actionId, asked);
  }
  if (payload.action !== click.actionId) return forged(tools, click.actionId, asked);
  if (isElsewhere(tools, payload)) return elsewhere(tools);
  return act(tools, { ...asked, reason }, payload);
}

/** Why it was done, said afterwards. */
async function explain(
  tools: PressTools,
  asked: Asked,
  {
    about,
    namespace,
    name,
    revision,
    reason,
  }: Extract<ButtonPayload, { kind: 'reason' }> & { reason: string | undefined },
): Promise<Message> {
  const target = { namespace, name };
  if (!asked.mayChange) return refuseGuest(tools, asked, { verb: about, target });
  const { person, channel } = asked;
  const answer = await tools.operations.giveReason({ person, channel, target, reason, about, revision });
  if (!answer.done) return renderRefusal(tools.view, { verb: about, target }, answer);
  return say(tools.view, 'Thank you: the reason is in the record, and in the thread of the card.');
}

/** Control characters and long texts are cut as those of typed reasons are. */
function reasonOf({ reason = '' }: Click): string | undefined {
  const written = cutReason(normalise(encodeEntities(reason)));
  return written === '' ? undefined : written;
}

/** A choice of a card's overflow. Nothing is done by it: it only asks again, bound to what the card's signed buttons show. */
export async function choose(
  tools: PressTools,
  asked: Asked,
  choice: { readonly option: string; readonly siblingValues: readonly string[] },
): Promise<Message> {
  const seen = choice.siblingValues
    .map((value) => tools.signer.verify(value))
    .find((payload) => payload?.kind === 'act');
  if (seen?.kind !== 'act' || !isActActionId(choice.option)) return forged(tools, choice.option, asked);
  if (isElsewhere(tools, seen)) return elsewhere(tools);
  const payload: ActPayload = { ...seen, action: choice.option };
  if (!isAsked(choice.option)) return act(tools, asked, payload);
  const wish = wishFor(asked, payload);
  const question =
    choice.option === 'terminate'
      ? await tools.operations.askTerminate(wish)
      : await tools.operations.ask(choice.option, wish);
  if (question.done && 'trial' in question) return act(tools, asked, payload);
  if (!question.done) return renderRefusal(tools.view, commandFor(choice.option, payload), question);
  // The question keeps what the card showed: a card that is stale is refused when the answer comes, not silently renewed here.
  const delivery = { ...question.delivery, binding: payload.binding };
  return renderQuestion(tools.view.sign, choice.option, { ...question, delivery });
}

const asking = ['finish', 'skip', 'undo', 'terminate'] as const;

function isAsked(option: string): option is (typeof asking)[number] {
  return asking.some((one) => one === option);
}

async function act(tools: PressTools, asked: Asked, payload: ActPayload): Promise<Message> {
  const { action } = payload;
  const wish = wishFor(asked, payload);
  if (verbs[action].isMutating && !asked.mayChange)
    return refuseGuest(tools, asked, { verb: action, target: wish.target });
  // Approvals have no engine yet: no card asks for one, and the button of a later version is answered, not guessed at.
  if (action === 'approve') return renderLater(tools.view, { kind: 'later', what: action, text: action }, wish.target);
  const command = commandFor(action, payload);
  if (action === 'why') {
    const why = await tools.operations.why(wish);
    if (!why.done) return renderRefusal(tools.view, command, why);
    return renderWhy(why, tools.view, why.card === undefined ? undefined : tools.linkTo(why.card));
  }
  return renderAnswer(tools, command, await perform(tools.operations, action, { wish }));
}

function wishFor(asked: Asked, payload: ActPayload) {
  const target = { namespace: payload.namespace, name: payload.name };
  const { person, channel, reason, isInOwnChannel } = asked;
  return { person, channel, target, reason, isInOwnChannel, saw: payload.binding };
}

function commandFor(verb: Exclude<ActPayload['action'], 'approve'>, payload: ActPayload): Command {
  return { verb, target: { namespace: payload.namespace, name: payload.name } };
}

function isElsewhere(tools: PressTools, payload: ActPayload): boolean {
  const own = tools.clusterUid();
  return own !== '' && payload.clusterUid !== own;
}

function elsewhere(tools: PressTools): Message {
  return say(tools.view, 'This button belongs to another cluster, so nothing was done. Use the card of this one.');
}

function forged(tools: PressTools, actionId: string, asked: Asked): Message {
  tools.log.warn(
    { audit: true, actionId, slackUser: asked.person.slackId, channel: asked.channel },
    'a button without our signature was refused',
  );
  return say(
    tools.view,
    `This button was not signed by me, or with a key that is no longer valid: nothing was done. Type it instead: \`${tools.view.command} help\``,
  );
}
