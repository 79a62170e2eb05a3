import type { Logger } from 'pino';
import { assertNever } from '../../lib/index.ts';
import type { Answer, CardPlace, Operations, Person, Target, Wish } from '../../operations/index.ts';
import type { Delivery } from '../../rollout/index.ts';
import {
  type AnswerView,
  renderDone,
  renderHelp,
  renderLater,
  renderList,
  renderMine,
  renderPlanWeights,
  renderRefusal,
  renderStranger,
  renderUnclear,
  renderWhich,
  renderWhoami,
  say,
} from '../messages/answers.ts';
import type { Message } from '../messages/blocks.ts';
import { renderCard } from '../messages/card.ts';
import { slackIdOf } from '../messages/notice.ts';
import { renderQuestion } from '../messages/question.ts';
import { renderWhy } from '../messages/why.ts';
import { type Command, type Parsed, parse } from './parse.ts';
import { print } from './print.ts';
import { closestVerb, verbs } from './verbs.ts';

/** Where the words came from. */
export interface Asked {
  readonly person: Person;
  /** Channel id; '' for a direct message. */
  readonly channel: string;
  /** The rollout of the thread: the target may be left out there. */
  readonly threadTarget?: Target | undefined;
  /** False for guests: they may look, never change. */
  readonly mayChange: boolean;
  /** The words came from a button of ours that asked: no second question. */
  readonly isConfirmed?: boolean;
}

export interface AnswerTools {
  readonly operations: Operations;
  readonly view: AnswerView;
  readonly log: Logger;
  readonly now: () => number;
  readonly linkTo: (card: CardPlace) => string | undefined;
}

type Act = Exclude<Command['verb'], 'mine' | 'help' | 'whoami' | 'list' | 'status' | 'why' | 'start'>;

/** Words → the answer for the one person who typed them. */
export async function answerWords(tools: AnswerTools, asked: Asked, typed: string): Promise<Message> {
  const parsed = parse(typed);
  switch (parsed.kind) {
    case 'command':
      return answerCommand(tools, asked, inThread(parsed.command, asked));
    case 'later':
      return renderLater(tools.view, parsed);
    case 'unclear':
      return answerUnclear(tools, asked, parsed);
    default:
      return assertNever(parsed);
  }
}

function inThread(command: Command, asked: Asked): Command {
  const hasNoTarget = ['mine', 'help', 'list', 'whoami'].includes(command.verb);
  if (hasNoTarget || command.target !== undefined || asked.threadTarget === undefined) return command;
  return { ...command, target: asked.threadTarget };
}

async function answerUnclear(
  tools: AnswerTools,
  asked: Asked,
  parsed: Extract<Parsed, { kind: 'unclear' }>,
): Promise<Message> {
  const target = parsed.target ?? asked.threadTarget;
  if (parsed.problem === 'promoteToWeight' && target !== undefined) {
    const status = await tools.operations.status(wishOf(asked, target, undefined));
    if (status.done) return renderPlanWeights(tools.view, status.delivery, parsed.word);
    return renderRefusal(tools.view, { verb: 'promote', target }, status);
  }
  return renderUnclear(tools.view, parsed);
}

async function answerCommand(tools: AnswerTools, asked: Asked, command: Command): Promise<Message> {
  const { operations, view } = tools;
  if (command.verb !== 'mine' && verbs[command.verb].isMutating && !asked.mayChange)
    return renderStranger(view, 'guest');
  switch (command.verb) {
    case 'mine':
      return answerMine(tools, asked);
    case 'help':
      return renderHelp(view, command.about);
    case 'whoami':
      return renderWhoami(view, asked.person);
    case 'list':
      return renderList(view, await operations.list(asked.person, asked.channel));
    case 'status':
    case 'why':
      return answerLook(tools, asked, command);
    default: {
      if (command.target === undefined) return answerWhich(tools, asked, command);
      const wish = wishOf(asked, command.target, command.reason);
      if (command.verb === 'start') return answerStart(tools, { asked, command, wish });
      return answerAct(tools, { asked, command, wish }, command.verb);
    }
  }
}

function wishOf(asked: Asked, target: Target, reason: string | undefined): Wish {
  return { person: asked.person, channel: asked.channel, target, reason };
}

async function answerMine(tools: AnswerTools, asked: Asked): Promise<Message> {
  const all = await tools.operations.list(asked.person, asked.channel);
  return renderMine(
    tools.view,
    all.filter((delivery) => isMoving(delivery) && (isMine(delivery, asked) || waits(delivery))),
  );
}

async function answerLook(tools: AnswerTools, asked: Asked, command: Command): Promise<Message> {
  if (command.target === undefined) return answerMine(tools, asked);
  const wish = wishOf(asked, command.target, undefined);
  const look = command.verb === 'why' ? await tools.operations.why(wish) : await tools.operations.status(wish);
  if (!look.done) return withVerbHint(tools, command, renderRefusal(tools.view, command, look));
  const link = look.card === undefined ? undefined : tools.linkTo(look.card);
  if (command.verb === 'why') return renderWhy(look.delivery, link);
  return renderCard(look.delivery, { ...tools.view, asOfMs: tools.now(), hasCharts: false, hasMenu: false });
}

/** One word alone is a name; where there is no such rollout it was perhaps a mistyped verb. */
function withVerbHint(tools: AnswerTools, command: Command, refusal: Message): Message {
  const word = command.target?.namespace === undefined ? (command.target?.name ?? '') : '';
  const verb = closestVerb(word);
  if (verb === undefined) return refusal;
  const hint = say(tools.view, `If \`${word}\` was a verb: \`${tools.view.command} help ${verb}\``).blocks[0];
  return hint === undefined ? refusal : { ...refusal, blocks: [...refusal.blocks, { ...hint, block_id: 'hint' }] };
}

/** A verb without a name: mine and this channel's, one button each, the newest first. */
async function answerWhich(tools: AnswerTools, asked: Asked, command: Command): Promise<Message> {
  if (command.verb === 'start' || command.verb === 'mine' || command.verb === 'help') {
    return say(tools.view, `Which rollout? For example \`${tools.view.command} start checkout 2.0.0\``);
  }
  if (command.verb === 'list' || command.verb === 'status' || command.verb === 'whoami')
    return answerMine(tools, asked);
  const all = await tools.operations.list(asked.person, asked.channel);
  const wanted = all.filter((delivery) => isWantedBy(command.verb, delivery));
  const newestFirst = wanted.toSorted((a, b) => (b.startedAtMs ?? 0) - (a.startedAtMs ?? 0));
  return renderWhich(tools.view, command.verb, newestFirst);
}

function isWantedBy(verb: Command['verb'], delivery: Delivery): boolean {
  switch (verb) {
    case 'retry':
      return delivery.state === 'rolledBack' || delivery.state === 'notVerified' || delivery.state === 'aborting';
    case 'undo':
      return delivery.state === 'live' || isMoving(delivery);
    case 'resume':
      return delivery.state === 'paused';
    case 'promote':
      return delivery.state === 'gate' || delivery.state === 'inconclusive' || delivery.state === 'moving';
    default:
      return isMoving(delivery);
  }
}

function isMoving(delivery: Delivery): boolean {
  return !['live', 'rolledBack', 'superseded'].includes(delivery.state);
}

function isMine(delivery: Delivery, asked: Asked): boolean {
  return slackIdOf(delivery.startedBy) === asked.person.slackId;
}

function waits(delivery: Delivery): boolean {
  return delivery.state === 'gate' || delivery.state === 'inconclusive' || delivery.state === 'notVerified';
}

interface Understood {
  readonly asked: Asked;
  readonly command: Command;
  readonly wish: Wish;
}

async function answerStart(tools: AnswerTools, { asked, command, wish }: Understood): Promise<Message> {
  const start = { ...wish, images: command.images ?? [], isConfirmed: asked.isConfirmed ?? false };
  return renderAnswer(tools, command, await tools.operations.start(start));
}

/** Finish, skip and undo ask once more, with what is seen now inside the button; the rest is done at once. */
async function answerAct(tools: AnswerTools, understood: Understood, verb: Act): Promise<Message> {
  const { asked, command, wish } = understood;
  const asks = verb === 'finish' || verb === 'skip' || (verb === 'undo' && command.toRevision === undefined);
  if (asks && asked.isConfirmed !== true) {
    const status = await tools.operations.status(wish);
    if (!status.done) return renderRefusal(tools.view, command, status);
    // Undo of what is still on its way is an abort: the same result, sooner.
    const isUnderWay = verb === 'undo' && isMoving(status.delivery) && status.delivery.state !== 'notVerified';
    return renderQuestion(tools.view.sign, isUnderWay ? 'abort' : verb, status.delivery);
  }
  if (verb === 'undo' && command.toRevision !== undefined && asked.isConfirmed !== true) {
    const words = `Undo \`${wish.target.name}\` to revision ${command.toRevision}${command.withSteps === true ? ', step by step' : ' at once, without steps'}?`;
    return say(tools.view, words, [{ text: `Undo to ${command.toRevision}`, line: print(command), isConfirmed: true }]);
  }
  return renderAnswer(tools, command, await perform(tools.operations, verb, { ...command, wish }));
}

/** One verb → one operation. */
export function perform(
  operations: Operations,
  verb: Act,
  { wish, toRevision, withSteps }: Pick<Command, 'toRevision' | 'withSteps'> & { readonly wish: Wish },
): Promise<Answer> {
  switch (verb) {
    case 'promote':
      return operations.promote(wish);
    case 'skip':
      return operations.skip(wish);
    case 'finish':
      return operations.finish(wish);
    case 'pause':
      return operations.pause(wish);
    case 'resume':
      return operations.resume(wish);
    case 'abort':
      return operations.abort(wish);
    case 'retry':
      return operations.retry(wish);
    case 'undo':
      return operations.undo({ ...wish, toRevision, withSteps: withSteps ?? false });
    default:
      return assertNever(verb);
  }
}

export function renderAnswer(tools: AnswerTools, command: Command, answer: Answer): Message {
  if (!answer.done) return renderRefusal(tools.view, command, answer);
  const link = answer.card === undefined ? undefined : tools.linkTo(answer.card);
  return renderDone(tools.view, command, answer, link);
}
