import type { Json, JsonObject } from '../../lib/index.ts';
import { isRecord } from './block-checks.ts';
import { SlackError } from './call.ts';
import { elementsOf } from './check-blocks.ts';
import { findOption, readState, type Values } from './view-state.ts';

export interface ElementPress {
  readonly user: string;
  readonly action_id: string;
  readonly block_id?: string | undefined;
  /** The chosen option's value, or the new content, for everything that is not a button. */
  readonly value?: Json | undefined;
  /** What else stands in the message's or view's elements. */
  readonly values?: Values | undefined;
}

/** The pressed element, found in the blocks as they are now: what is no longer there cannot be pressed. */
export function writeAction(blocks: readonly JsonObject[], press: ElementPress, actionTs: string): JsonObject {
  for (const block of blocks) {
    if (press.block_id !== undefined && block.block_id !== press.block_id) continue;
    const element = elementsOf(block).find((other) => other.action_id === press.action_id);
    if (element === undefined) continue;
    const { confirm: _confirm, options: _options, accessibility_label: _label, url: _url, ...shown } = element;
    const type = String(element.type);
    const picks = ['overflow', 'static_select', 'external_select', 'radio_buttons'].includes(type);
    const blockId = String(block.block_id);
    const state = readState([block], { [blockId]: { [press.action_id]: press.value ?? null } })[blockId];
    const content = isRecord(state) ? state[press.action_id] : undefined;
    return JSON.parse(
      JSON.stringify({
        ...shown,
        ...(isRecord(content) && content),
        ...(picks && typeof press.value === 'string' && { selected_option: findOption(element, press.value) }),
        block_id: block.block_id,
        action_ts: actionTs,
      }),
    );
  }
  throw new SlackError('action_not_found');
}

export function withPress(press: ElementPress, action: JsonObject): Values {
  if (press.value === undefined) return press.values ?? {};
  const blockId = String(action.block_id);
  return { ...press.values, [blockId]: { ...press.values?.[blockId], [press.action_id]: press.value } };
}
