import type { Message } from '../../messages/blocks.ts';
import { renderWhoami } from '../../messages/whoami.ts';
import type { AnswerTools, Asked } from '../asked.ts';

/** How Kubernetes knows this person, and what to ask for where they may not ship yet. */
export async function answerWhoami({ operations, view }: AnswerTools, asked: Asked): Promise<Message> {
  const { person, channel, mayChange } = asked;
  const bound = (view.namespacesOf?.(channel) ?? []).filter((namespace) => namespace !== '*');
  const may = mayChange ? await operations.mayStartIn(person, bound) : [];
  return renderWhoami(view, person, { bound, may });
}
