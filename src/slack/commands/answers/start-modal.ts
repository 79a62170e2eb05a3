import type { Message } from '../../messages/blocks.ts';
import { renderFormOffer } from '../../views/form-wish.ts';
import type { AnswerTools, Asked } from '../asked.ts';
import type { Command } from '../command.ts';

/** `start checkout`, `start`: which image? A mention opens no form (a slash command does, at once): so a button does. */
export async function answerStartWithoutImage(tools: AnswerTools, _: Asked, command: Command): Promise<Message> {
  return renderFormOffer(tools.view, command);
}
