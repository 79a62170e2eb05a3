import { assertNever } from '../../../lib/index.ts';
import type { Answer, Operations, Wish } from '../../../operations/index.ts';
import { renderAnswer, renderNotYet, renderRefusal, say } from '../../messages/answers.ts';
import type { Message } from '../../messages/blocks.ts';
import { renderQuestion } from '../../messages/question.ts';
import type { AnswerTools, Understood } from '../asked.ts';
import type { Command } from '../command.ts';
import { print } from '../print.ts';
import { isMoving } from './moving.ts';

export type ActVerb = 'promote' | 'skip' | 'finish' | 'pause' | 'resume' | 'abort' | 'retry' | 'undo';

/** Finish, skip and undo ask once more, with what is seen now inside the button; the rest is done at once. */
export async function answerAct(
  tools: AnswerTools,
  understood: Understood,
  verb: ActVerb | 'restart',
): Promise<Message> {
  if (verb === 'restart') return renderNotYet(tools.view, verb);
  const { asked, command, wish } = understood;
  const isWhole = command.toRevision !== undefined || command.overridesGit === true;
  const asks = verb === 'finish' || verb === 'skip' || (verb === 'undo' && !isWhole);
  if (asks && asked.isConfirmed !== true) {
    const status = await tools.operations.status(wish);
    if (!status.done) return renderRefusal(tools.view, command, status);
    // Undo of what is still on its way is an abort: the same result, sooner.
    const isUnderWay = verb === 'undo' && isMoving(status.delivery) && status.delivery.state !== 'notVerified';
    return renderQuestion(tools.view.sign, isUnderWay ? 'abort' : verb, status.delivery);
  }
  if (verb === 'undo' && isWhole && asked.isConfirmed !== true) {
    const text = command.toRevision === undefined ? 'Undo' : `Undo to ${command.toRevision}`;
    return say(tools.view, undoQuestion(command, wish.target.name), [
      { text, line: print(command), isConfirmed: true },
    ]);
  }
  return renderAnswer(tools, command, await perform(tools.operations, verb, { ...command, wish }));
}

function undoQuestion({ toRevision, withSteps, overridesGit }: Command, name: string): string {
  const where = toRevision === undefined ? 'to the last healthy revision' : `to revision ${toRevision}`;
  const how = withSteps === true ? 'step by step' : 'at once, without steps';
  return `Undo \`${name}\` ${where} ${how}${overridesGit === true ? ', against what Git asks for' : ''}?`;
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
  }: Pick<Command, 'toRevision' | 'withSteps' | 'overridesGit'> & { readonly wish: Wish },
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
      return operations.undo({ ...wish, toRevision, withSteps: withSteps ?? false, overridesGit });
    default:
      return assertNever(verb);
  }
}
