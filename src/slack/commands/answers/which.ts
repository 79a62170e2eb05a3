import type { Delivery } from '../../../rollout/index.ts';
import { isActActionId } from '../../actions/action-ids.ts';
import type { Message } from '../../messages/blocks.ts';
import { renderWhich, renderWhichLine } from '../../messages/lists.ts';
import type { AnswerTools, Asked } from '../asked.ts';
import type { Command } from '../command.ts';
import { answerMine } from './mine.ts';
import { isMoving } from './moving.ts';

/** A verb without a name: mine and this channel's, one button each, the newest first. */
export async function answerWhich(tools: AnswerTools, asked: Asked, command: Command): Promise<Message> {
  const { verb, namespace } = command;
  if (verb === 'status' || verb === 'mine') return answerMine(tools, asked, command);
  const all = await tools.operations.list(asked.person, asked.channel, namespace);
  const newestFirst = all
    .filter((delivery) => isWantedBy(verb, delivery))
    .toSorted((a, b) => (b.startedAtMs ?? 0) - (a.startedAtMs ?? 0));
  return isActActionId(verb)
    ? renderWhich(tools.view, verb, newestFirst)
    : renderWhichLine(tools.view, command, newestFirst);
}

function isWantedBy(verb: Command['verb'], delivery: Delivery): boolean {
  switch (verb) {
    case 'retry':
      return delivery.state === 'rolledBack' || delivery.state === 'notVerified' || delivery.state === 'aborting';
    case 'undo':
      return delivery.state === 'live' || isMoving(delivery);
    case 'resume':
      return delivery.state === 'paused' || delivery.state === 'frozen';
    case 'promote':
      return ['gate', 'inconclusive', 'frozen', 'moving'].includes(delivery.state);
    case 'terminate':
      return delivery.rolling === undefined && (delivery.state === 'checking' || delivery.state === 'noData');
    case 'start':
    case 'plan':
    case 'check':
    case 'restart':
    case 'history':
      return delivery.state !== 'superseded';
    default:
      return isMoving(delivery);
  }
}
