import { renderNotYet } from '../../messages/answers.ts';
import type { Message } from '../../messages/blocks.ts';
import type { AnswerTools, Asked } from '../asked.ts';
import type { Command } from '../command.ts';

export async function answerWhere(tools: AnswerTools, _asked: Asked, _command: Command): Promise<Message> {
  return renderNotYet(tools.view, 'where');
}
