import type {
  ActionsBlock,
  Button,
  ConfirmationDialog,
  ContextBlock,
  HeaderBlock,
  InputBlock,
  KnownBlock,
  Overflow,
  SectionBlock,
} from '@slack/types';
import { type Mrkdwn, truncate } from './mrkdwn.ts';

/** Slack's chart block of 2026-06-16; not in `KnownBlock` of @slack/types 3.2.0. */
export interface DataVisualizationBlock {
  readonly type: 'data_visualization';
  readonly block_id?: string;
  readonly title: string;
  readonly chart: {
    readonly type: 'line';
    readonly series: readonly {
      readonly name: string;
      readonly data: readonly { readonly label: string; readonly value: number }[];
    }[];
    readonly axis_config: {
      readonly categories: readonly string[];
      readonly x_label?: string;
      readonly y_label?: string;
    };
  };
}

export type MessageBlock = KnownBlock | DataVisualizationBlock;

/** A message before it is sent. `text` is the notification and what a screen reader says: the same sentence as the header. */
export interface Message {
  readonly text: Mrkdwn;
  readonly blocks: readonly MessageBlock[];
}

/** Slack's limits that rendering keeps to by truncation; the checker (limits.ts) knows all of them on its own. */
const max = {
  header: 150,
  section: 3000,
  context: 2000,
  buttonText: 75,
  label: 75,
  confirmText: 300,
  confirmTitle: 100,
  reason: 500,
};

export function header(blockId: string, text: string): HeaderBlock {
  return {
    type: 'header',
    block_id: blockId,
    text: { type: 'plain_text', text: truncate(text, max.header), emoji: true },
  };
}

export function section(blockId: string, text: Mrkdwn): SectionBlock {
  return { type: 'section', block_id: blockId, text: { type: 'mrkdwn', text: truncateMrkdwn(text, max.section) } };
}

export function context(blockId: string, text: Mrkdwn): ContextBlock {
  return {
    type: 'context',
    block_id: blockId,
    elements: [{ type: 'mrkdwn', text: truncateMrkdwn(text, max.context) }],
  };
}

export function actions(blockId: string, elements: readonly (Button | Overflow)[]): ActionsBlock {
  return { type: 'actions', block_id: blockId, elements: [...elements] };
}

/** Where a person writes why. Its content comes back with the click on any button of the message. */
export const reasonBlockId = 'reason';

export function reasonInput(words: {
  readonly isOptional: boolean;
  readonly initial?: string | undefined;
}): InputBlock {
  return {
    type: 'input',
    block_id: reasonBlockId,
    optional: words.isOptional,
    label: { type: 'plain_text', text: 'Reason' },
    element: {
      type: 'plain_text_input',
      action_id: reasonBlockId,
      max_length: max.reason,
      ...(words.initial === undefined || words.initial === ''
        ? {}
        : { initial_value: truncate(words.initial, max.reason) }),
    },
  };
}

export interface ButtonWords {
  /** Seen on the button. */
  readonly text: string;
  /** Said by a screen reader: names the object too. */
  readonly label: string;
  readonly style?: 'primary' | 'danger';
  readonly confirm?: ConfirmationDialog;
}

export function button(actionId: string, value: string, words: ButtonWords): Button {
  return {
    type: 'button',
    action_id: actionId,
    value,
    text: { type: 'plain_text', text: truncate(words.text, max.buttonText), emoji: true },
    accessibility_label: truncate(words.label, max.label),
    ...(words.style === undefined ? {} : { style: words.style }),
    ...(words.confirm === undefined ? {} : { confirm: words.confirm }),
  };
}

/** What is asked before a click counts. `text` is plain: no formatting can be smuggled in. */
export function confirm(words: {
  readonly title: string;
  readonly text: string;
  readonly yes: string;
  readonly no: string;
  readonly isDanger: boolean;
}): ConfirmationDialog {
  return {
    title: { type: 'plain_text', text: truncate(words.title, max.confirmTitle) },
    text: { type: 'plain_text', text: truncate(words.text, max.confirmText) },
    confirm: { type: 'plain_text', text: truncate(words.yes, 30) },
    deny: { type: 'plain_text', text: truncate(words.no, 30) },
    style: words.isDanger ? 'danger' : 'primary',
  };
}

/** The notification's words: the beginning is enough, and edits allow 4,000 bytes. */
export function fallback(text: Mrkdwn): Mrkdwn {
  return truncateMrkdwn(text, 900);
}

/** Cuts escaped text without leaving half an entity (`&am`) or half a date token behind. */
function truncateMrkdwn(text: Mrkdwn, maxLength: number): Mrkdwn {
  if (text.length <= maxLength) return text;
  const cut = truncate(text, maxLength).slice(0, -1);
  const openTag = cut.lastIndexOf('<');
  const whole = openTag > cut.lastIndexOf('>') ? cut.slice(0, openTag) : cut;
  return `${whole.replace(/&[a-z]{0,3}$/, '')}…`;
}
