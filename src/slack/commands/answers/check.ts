import { renderNotYet } from '../../messages/answers.ts';
import type { Message } from '../../messages/blocks.ts';
import type { AnswerTools, Understood } from '../asked.ts';

export async function answerCheck(tools: AnswerTools, _: Understood): Promise<Message> {
  return renderNotYet(tools.view, 'check');
}
