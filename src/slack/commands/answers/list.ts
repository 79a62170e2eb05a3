import type { Message } from '../../messages/blocks.ts';
import { renderList } from '../../messages/lists.ts';
import type { AnswerTools, Asked } from '../asked.ts';
import type { Command } from '../command.ts';

/** Every rollout that this person may see, moving ones first. */
export async function answerList(tools: AnswerTools, asked: Asked, command: Command): Promise<Message> {
  const { namespace } = command;
  return renderList(tools.view, await tools.operations.list(asked.person, asked.channel, namespace), namespace);
}
