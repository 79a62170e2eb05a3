import type { Delivery } from '../../../rollout/index.ts';
import type { Message } from '../../messages/blocks.ts';
import { renderMine } from '../../messages/lists.ts';
import { slackIdOf } from '../../messages/notice.ts';
import type { AnswerTools, Asked } from '../asked.ts';
import type { Command } from '../command.ts';
import { isMoving } from './moving.ts';

/** Nothing typed: what is mine and moves, and what waits for a person. */
export async function answerMine(tools: AnswerTools, asked: Asked, _: Command): Promise<Message> {
  const all = await tools.operations.list(asked.person, asked.channel);
  return renderMine(
    tools.view,
    all.filter((delivery) => isMoving(delivery) && (isMine(delivery, asked) || waits(delivery))),
  );
}

function isMine(delivery: Delivery, asked: Asked): boolean {
  return slackIdOf(delivery.startedBy) === asked.person.slackId;
}

function waits(delivery: Delivery): boolean {
  return ['gate', 'inconclusive', 'frozen', 'notVerified', 'stuck'].includes(delivery.state);
}
