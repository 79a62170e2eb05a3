import { say } from '../../messages/answers.ts';
import type { Message } from '../../messages/blocks.ts';
import type { AnswerTools, Asked } from '../asked.ts';
import type { Command } from '../command.ts';

/** `start checkout`, `start`: which image? In words where there is no modal (`asked.triggerId` opens one). */
export async function answerStartWithoutImage(tools: AnswerTools, _: Asked, command: Command): Promise<Message> {
  const name = command.target === undefined ? 'checkout' : command.target.name;
  return say(tools.view, `Which image? For example \`${tools.view.command} start ${name} 2.0.0\`.`, [
    { text: 'Help', line: 'help start' },
  ]);
}
