import type { Message } from '../../messages/blocks.ts';
import { renderWhere } from '../../messages/look-back.ts';
import type { AnswerTools, Asked } from '../asked.ts';
import type { Command } from '../command.ts';

/** What may I start now, and from which channel. */
export async function answerWhere(tools: AnswerTools, asked: Asked, { namespace }: Command): Promise<Message> {
  const { person, channel } = asked;
  const places = await tools.operations.where(person, { channel, namespace });
  return renderWhere(tools.view, places, channel);
}
