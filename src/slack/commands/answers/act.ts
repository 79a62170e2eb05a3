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
  verb: ActVerb,
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
