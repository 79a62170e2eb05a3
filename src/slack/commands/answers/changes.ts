import type { Message } from '../../messages/blocks.ts';
import { renderChanges } from '../../messages/look-back.ts';
import type { AnswerTools, Asked } from '../asked.ts';
import type { Command } from '../command.ts';

const anHourMs = 3_600_000;

/** What moved lately in all that this person may see; of the last hour, where no time was named. */
export async function answerChanges(tools: AnswerTools, asked: Asked, command: Command): Promise<Message> {
  const { lastMs = anHourMs, namespace } = command;
  const recent = await tools.operations.changes(asked.person, { lastMs, namespace });
  return renderChanges(tools.view, recent, { lastMs, namespace });
}
