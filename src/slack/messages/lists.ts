import type { Delivery } from '../../rollout/index.ts';
import type { ActActionId } from '../actions/action-ids.ts';
import type { Command } from '../commands/command.ts';
import { print } from '../commands/print.ts';
import { verbs } from '../commands/verbs.ts';
import { type AnswerView, copyable, say } from './answers.ts';
import { type Message, type MessageBlock, section } from './blocks.ts';
import { actButton } from './card-actions.ts';
import { headlineText } from './headline.ts';
import { capital, type Mrkdwn, quote } from './mrkdwn.ts';
import { whereWords } from './place-words.ts';

const maxListed = 20;

/** One line per rollout, moving ones first as they come. */
export function renderList(view: AnswerView, deliveries: readonly Delivery[], namespace?: string): Message {
  const where = namespace === undefined ? '' : ` in ${quote(namespace, 63)}`;
  if (deliveries.length === 0)
    return say(view, `There is no rollout${where} that you may see. \`whoami\` and a RoleBinding change that.`);
  const lines = deliveries.slice(0, maxListed).map((delivery) => listLine(delivery));
  if (deliveries.length > maxListed) lines.push(`+${deliveries.length - maxListed} more`);
  return say(view, lines.join('\n'));
}

function listLine(delivery: Delivery): Mrkdwn {
  return `${headlineText(delivery)} · ${whereWords(delivery, 63)}`;
}

/** Nothing typed: what is mine and moves, and what waits for a person; else the words to begin with. */
export function renderMine(view: AnswerView, mine: readonly Delivery[]): Message {
  if (mine.length === 0) {
    const lines = (['start', 'status', 'list', 'abort', 'help'] as const).map(
      (verb) => `${copyable(view, verbs[verb].usage)}  ${verbs[verb].about}`,
    );
    return say(view, `Nothing of yours is moving. To begin with:\n${lines.join('\n')}`);
  }
  return say(
    view,
    mine
      .slice(0, maxListed)
      .map((delivery) => listLine(delivery))
      .join('\n'),
  );
}

/** `abort` without a name: one button each, newest first. */
export function renderWhich(view: AnswerView, action: ActActionId, deliveries: readonly Delivery[]): Message {
  if (deliveries.length === 0)
    return say(
      view,
      `Which one? Nothing of yours or of this channel is moving. ${copyable(view, verbs[action].usage)}`,
    );
  const blocks: MessageBlock[] = [section('words', `Which one to ${action}?`)];
  for (const [index, delivery] of deliveries.slice(0, 5).entries()) {
    blocks.push({
      ...section(`which-${index}`, listLine(delivery)),
      accessory: actButton(action, delivery, view.sign, true),
    });
  }
  return { text: `Which one to ${action}?`, blocks };
}

/** A verb that no button acts for, without a name: the lines it would be, one button each. */
export function renderWhichLine(view: AnswerView, command: Command, deliveries: readonly Delivery[]): Message {
  if (command.verb === 'mine') return say(view, 'Which one?');
  if (deliveries.length === 0)
    return say(view, `Which one? There is none that you may see. ${copyable(view, verbs[command.verb].usage)}`);
  const lines = deliveries.slice(0, 5).map(({ namespace, name }) => print({ ...command, target: { namespace, name } }));
  return say(
    view,
    `Which one to ${command.verb}?`,
    lines.map((line) => ({ text: capital(line), line })),
  );
}
