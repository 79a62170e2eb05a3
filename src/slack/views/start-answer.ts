import { z } from 'zod';
import type { Refusal } from '../../operations/index.ts';
import { type Mrkdwn, quote } from '../messages/mrkdwn.ts';
import { versionOf } from '../messages/version.ts';
import { type Drawn, type Entry, emptyEntry, type Field, fields, keyOf } from './start-entry.ts';
import { renderWordsView } from './start-view.ts';
import { type ModalView, viewForSlack } from './view.ts';

/** An open form as its payloads show it. */
export const SentView = z.looseObject({
  id: z.string(),
  hash: z.string().optional(),
  private_metadata: z.string().default(''),
  blocks: z.array(z.looseObject({ type: z.string(), block_id: z.string().optional() })).default([]),
  state: z.looseObject({ values: z.unknown() }).optional(),
});
export type SentView = z.infer<typeof SentView>;

/** What an acknowledgement of a submission may ask of Slack. */
export type SubmissionAnswer =
  | { readonly response_action: 'errors'; readonly errors: Readonly<Record<string, string>> }
  | { readonly response_action: 'update'; readonly view: ModalView }
  | { readonly response_action: 'clear' };

/** As the library's types want it. */
export function answerForSlack(answer: SubmissionAnswer) {
  return answer.response_action === 'update' ? { ...answer, view: viewForSlack(answer.view) } : answer;
}

export const tryAgain =
  'Something between here and the cluster failed; I can not say that it was done. Look at the card, then try again.';

/** Another service has other containers and images: what was chosen for the last one does not count. */
export function forService(entry: Entry, drawn: Drawn): Entry {
  const isSame = drawn.service !== undefined && entry.serviceKey === keyOf(drawn.service);
  if (isSame)
    return entry.container === drawn.container ? entry : { ...entry, choice: undefined, typed: '', isSure: false };
  return { ...emptyEntry, serviceKey: entry.serviceKey, reason: entry.reason };
}

/** The field that a refusal is about. */
export function fieldOf(reason: Refusal['reason']): Field {
  switch (reason) {
    case 'badImage':
    case 'alreadyRuns':
    case 'isMoving':
    case 'isAborted':
      return 'image';
    case 'unknownContainer':
    case 'whichContainer':
      return 'container';
    default:
      return 'service';
  }
}

/** An error can only stand at a field that is there. */
export function errorAt(sent: SentView, field: Field, words: string): SubmissionAnswer {
  const order: readonly Field[] = field === 'image' ? ['typed', 'image', 'service'] : [field, 'service'];
  const inputs = sent.blocks.filter(({ type }) => type === 'input').map(({ block_id: id }) => id ?? '');
  const ids = order.flatMap((one) => inputs.filter((id) => id.split(':')[0] === fields[one]));
  return { response_action: 'errors', errors: { [ids[0] ?? fields.service]: words } };
}

/** Errors are plain text: no formatting, no entities. */
export function wordsOnly(words: Mrkdwn): string {
  return words
    .replaceAll('`', '')
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')
    .replaceAll('&amp;', '&')
    .slice(0, 1500);
}

/** What moved since the form was drawn. */
export function changedWords({ facts }: Refusal, drawn: Drawn): Mrkdwn {
  const version = (image: string | undefined) => quote(versionOf(image), 60);
  const isOtherImage = drawn.image !== undefined && drawn.image !== facts.image;
  const moved = isOtherImage
    ? `its image was changed from ${version(drawn.image)} to ${version(facts.image)}`
    : 'its pod template was changed';
  return `Nothing was started: while this form was open, ${moved}. Look again, then start.`;
}

export function lateView(late: SubmissionAnswer, sent: SentView): ModalView {
  switch (late.response_action) {
    case 'update':
      return late.view;
    case 'clear':
      return renderWordsView('Asked. Its card appears in the channel.');
    case 'errors':
      return renderWordsView(Object.values(late.errors)[0] ?? tryAgain);
    default:
      return renderWordsView(`${tryAgain} (${sent.id})`);
  }
}
