import { renderRefusal } from '../../messages/answers.ts';
import type { Message } from '../../messages/blocks.ts';
import { renderHistory } from '../../messages/look-back.ts';
import type { AnswerTools, Understood } from '../asked.ts';

/** The revisions of one rollout, newest first. */
export async function answerHistory(tools: AnswerTools, { command, wish }: Understood): Promise<Message> {
  const history = await tools.operations.history(wish);
  return history.done ? renderHistory(tools.view, history) : renderRefusal(tools.view, command, history);
}
