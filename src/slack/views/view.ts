import type { InputBlock, PlainTextOption } from '@slack/types';
import type { MessageBlock } from '../messages/blocks.ts';
import { truncate } from '../messages/mrkdwn.ts';

/** A modal as views.open takes it. */
export interface ModalView {
  readonly type: 'modal';
  readonly callback_id: string;
  readonly title: { readonly type: 'plain_text'; readonly text: string };
  readonly submit?: { readonly type: 'plain_text'; readonly text: string };
  readonly close: { readonly type: 'plain_text'; readonly text: string };
  readonly private_metadata?: string;
  readonly blocks: readonly MessageBlock[];
}

/** A Home tab as views.publish takes it. */
export interface HomeView {
  readonly type: 'home';
  readonly blocks: readonly MessageBlock[];
}

/** As the library's types want it: with a list of its own. */
export function viewForSlack<T extends ModalView | HomeView>(view: T) {
  return { ...view, blocks: [...view.blocks] };
}

/** Slack's limits that rendering keeps to by truncation. */
const max = { label: 150, hint: 300, option: 75, placeholder: 150 };

export function plainText(text: string, maxLength: number) {
  return { type: 'plain_text' as const, text: truncate(text, maxLength) };
}

/** One choice of a select or a radio group. An empty description is left out: Slack refuses it. */
export function option(value: string, text: string, description = ''): PlainTextOption {
  return {
    text: plainText(text === '' ? '?' : text, max.option),
    value,
    ...(description === '' ? {} : { description: plainText(description, max.option) }),
  };
}

export interface InputWords {
  readonly label: string;
  readonly hint?: string;
  readonly isOptional?: boolean;
  /** Tells us at once when it changes: the preview follows. */
  readonly isWatched?: boolean;
}

export function input(blockId: string, element: InputBlock['element'], words: InputWords): InputBlock {
  return {
    type: 'input',
    block_id: blockId,
    label: plainText(words.label, max.label),
    element,
    ...(words.hint === undefined ? {} : { hint: plainText(words.hint, max.hint) }),
    ...(words.isOptional === true ? { optional: true } : {}),
    ...(words.isWatched === true ? { dispatch_action: true } : {}),
  };
}

export function placeholder(text: string) {
  return plainText(text, max.placeholder);
}
