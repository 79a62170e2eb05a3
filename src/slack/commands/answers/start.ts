import { renderAnswer } from '../../messages/answers.ts';
import type { Message } from '../../messages/blocks.ts';
import { type AnswerTools, type Asked, wishOf } from '../asked.ts';
import type { Command } from '../command.ts';
import { answerStartWithoutImage } from './start-modal.ts';
import { answerWhich } from './which.ts';

/** A start asks for what is missing: the name by buttons, the image by the modal. */
export async function answerStart(tools: AnswerTools, asked: Asked, command: Command): Promise<Message> {
  const { target, images } = command;
  if (images === undefined) return answerStartWithoutImage(tools, asked, command);
  if (target === undefined) return answerWhich(tools, asked, command);
  const wish = {
    ...wishOf(asked, target, command.reason),
    images,
    isConfirmed: asked.isConfirmed ?? false,
    overridesGit: command.overridesGit,
  };
  return renderAnswer(tools, command, await tools.operations.start(wish));
}
