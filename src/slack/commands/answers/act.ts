import { assertNever } from '../../../lib/index.ts';
import type { Answer, Operations, Wish } from '../../../operations/index.ts';
import { trialNamed } from '../../../rollout/index.ts';
import { renderAnswer, renderRefusal } from '../../messages/answers.ts';
import type { Message } from '../../messages/blocks.ts';
import { renderQuestion, renderTrialQuestion } from '../../messages/question.ts';
import type { AnswerTools, Understood } from '../asked.ts';
import type { Command } from '../command.ts';
import { print } from '../print.ts';

export type ActVerb =
  | 'promote'
  | 'skip'
  | 'finish'
  | 'pause'
  | 'resume'
  | 'abort'
  | 'retry'
  | 'undo'
  | 'restart'
  | 'terminate';

/** Finish, skip, terminate and undo ask once more, with what is seen now inside the button; the rest is done at once. */
export async function answerAct(tools: AnswerTools, understood: Understood, verb: ActVerb): Promise<Message> {
  const { asked, command, wish } = understood;
  if ((verb === 'finish' || verb === 'skip' || verb === 'undo') && asked.isConfirmed !== true)
    return answerQuestion(tools, understood, verb);
  if (verb === 'terminate' && asked.isConfirmed !== true) return answerTerminate(tools, understood);
  return renderAnswer(tools, command, await perform(tools.operations, verb, { ...command, wish }));
}

/** Nobody is asked what they would be refused: rights, channel and situation are looked at first. */
async function answerQuestion(
  tools: AnswerTools,
  { command, wish }: Understood,
  verb: 'finish' | 'skip' | 'undo',
): Promise<Message> {
  const { toRevision, withSteps, overridesGit, isForced, reason } = command;
  const question = await tools.operations.ask(verb, {
    ...wish,
    toRevision,
    withSteps: withSteps ?? false,
    overridesGit,
    isForced,
  });
  if (!question.done && question.reason === 'undoWhileMoving' && toRevision === undefined) {
    // Undo of what is still on its way is an abort: the same result, sooner. Behind the point of no return neither goes back.
    const instead = await tools.operations.ask('abort', wish);
    const isFreeze = instead.done && instead.facts.became === 'freeze';
    if (instead.done) return renderQuestion(tools.view.sign, isFreeze ? 'pause' : 'abort', instead);
    if (instead.reason === 'alreadyFrozen') return renderRefusal(tools.view, command, instead);
  }
  if (!question.done) return renderRefusal(tools.view, command, question);
  // A button bound to what was seen says neither a revision nor how: the line does.
  const isBare = toRevision === undefined && withSteps !== true && overridesGit !== true && isForced !== true;
  const line = isBare ? undefined : print(command);
  return renderQuestion(tools.view.sign, verb, { ...question, reason, line });
}

/** A release is asked about as before a skip; one that stands alone has no card. */
async function answerTerminate(tools: AnswerTools, { command, wish }: Understood): Promise<Message> {
  const question = await tools.operations.askTerminate(wish);
  if (!question.done) return renderRefusal(tools.view, command, question);
  const line = print(command);
  if ('trial' in question) return renderTrialQuestion(tools.view, question, { line, reason: wish.reason });
  const isNamed = trialNamed(wish.target.name) !== undefined;
  const more = isNamed ? { reason: wish.reason, line } : { reason: wish.reason };
  return renderQuestion(tools.view.sign, 'terminate', { ...question, ...more });
}

/** One verb → one operation. */
export function perform(
  operations: Operations,
  verb: ActVerb,
  {
    wish,
    toRevision,
    withSteps,
    overridesGit,
    isForced,
  }: Pick<Command, 'toRevision' | 'withSteps' | 'overridesGit' | 'isForced'> & { readonly wish: Wish },
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
      return operations.abort({ ...wish, isForced });
    case 'retry':
      return operations.retry(wish);
    case 'terminate':
      return operations.terminate(wish);
    case 'undo':
      return operations.undo({ ...wish, toRevision, withSteps: withSteps ?? false, overridesGit, isForced });
    case 'restart':
      return operations.restart(wish);
    default:
      return assertNever(verb);
  }
}
