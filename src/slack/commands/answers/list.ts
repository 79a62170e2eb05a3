import { renderList } from '../../messages/answers.ts';
import type { Message } from '../../messages/blocks.ts';
import type { AnswerTools, Asked } from '../asked.ts';
import type { Command } from '../command.ts';

/** Every rollout that this person may see, moving ones first. */
export async function answerList(tools: AnswerTools, asked: Asked, command: Command): Promise<Message> {
  const all = await tools.operations.list(asked.person, asked.channel);
  const wanted = all.filter(({ namespace }) => command.namespace === undefined || namespace === command.namespace);
  return renderList(tools.view, wanted, command.namespace);
}
