import { renderNotYet } from '../../messages/answers.ts';
import type { Message } from '../../messages/blocks.ts';
import type { AnswerTools, Understood } from '../asked.ts';

export async function answerPlan(tools: AnswerTools, _: Understood): Promise<Message> {
  return renderNotYet(tools.view, 'plan');
}
