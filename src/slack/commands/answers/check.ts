import { renderRefusal } from '../../messages/answers.ts';
import type { Message } from '../../messages/blocks.ts';
import { renderCheck } from '../../messages/check.ts';
import type { AnswerTools, Understood } from '../asked.ts';

export async function answerCheck(tools: AnswerTools, { command, wish }: Understood): Promise<Message> {
  const check = await tools.operations.check(wish);
  if (!check.done) return renderRefusal(tools.view, command, check);
  return renderCheck(tools.view, check);
}
