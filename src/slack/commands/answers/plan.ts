import { renderRefusal } from '../../messages/answers.ts';
import type { Message } from '../../messages/blocks.ts';
import { renderPlan } from '../../messages/plan.ts';
import type { AnswerTools, Understood } from '../asked.ts';

/** `plan checkout 2.0.0`, and `start … --dry-run`: nothing is done. */
export async function answerPlan(tools: AnswerTools, { command, wish }: Understood): Promise<Message> {
  const plan = await tools.operations.plan({ ...wish, images: command.images ?? [] });
  if (!plan.done) return renderRefusal(tools.view, command, plan);
  return renderPlan(tools.view, command, plan);
}
