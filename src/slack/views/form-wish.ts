import type { Target } from '../../operations/index.ts';
import { openStartActionId } from '../actions/action-ids.ts';
import { parse } from '../commands/parse.ts';
import { print } from '../commands/print.ts';
import type { AnswerView } from '../messages/answers.ts';
import { actions, button, type Message, section } from '../messages/blocks.ts';
import { plain, quote } from '../messages/mrkdwn.ts';

/** What a form is opened for. */
export interface FormSubject {
  readonly target?: Target | undefined;
  readonly image?: string | undefined;
}

/** Words that ask for the form: a start without an image. Undefined: they mean something else. */
export function formSubjectOf(typed: string): FormSubject | undefined {
  const parsed = parse(typed);
  if (parsed.kind !== 'command' || parsed.command.verb !== 'start') return undefined;
  return (parsed.command.images ?? []).length === 0 ? { target: parsed.command.target } : undefined;
}

/** A signed line of ours → what its button opens the form for. */
export function subjectOfLine(line: string): FormSubject {
  const parsed = parse(line);
  if (parsed.kind !== 'command') return formSubjectOf(line) ?? {};
  return { target: parsed.command.target, image: parsed.command.images?.[0]?.image };
}

/** A mention opens no form (only a click brings what Slack asks for): so a button does. */
export function renderFormOffer(view: AnswerView, { target }: FormSubject): Message {
  const words = target === undefined ? 'What shall start?' : `Which image of ${quote(target.name, 100)}?`;
  const offer = openStartButton(view, { target }, 'Choose');
  return { text: words, blocks: [section('words', words), actions('act', [offer])] };
}

export function openStartButton(view: Pick<AnswerView, 'sign'>, { target }: FormSubject, text: string) {
  const value = view.sign({
    kind: 'line',
    line: print({ verb: 'start', ...(target === undefined ? {} : { target }) }),
    isConfirmed: false,
  });
  const label = target === undefined ? 'Start a rollout' : `Start a rollout of ${plain(target.name, 50)}`;
  return button(openStartActionId, value, { text, label });
}
