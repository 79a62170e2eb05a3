import type { Json, JsonObject } from '../../lib/index.ts';
import { isRecord } from './block-checks.ts';
import { elementsOf } from './check-blocks.ts';

/**
 * What a person put into the elements of a view or message, by block and action: an element's state in Slack's own
 * shape, or in short: the text, the chosen option's value, or the chosen values.
 */
export type Values = Readonly<Record<string, Readonly<Record<string, Json>>>>;

/** The state that the client would send: what the person put in, else what the element began with. */
export function readState(blocks: readonly JsonObject[], values: Values): JsonObject {
  const state: Record<string, Record<string, Json>> = {};
  for (const block of blocks) {
    const blockId = String(block.block_id);
    for (const element of elementsOf(block)) {
      const actionId = String(element.action_id);
      const content = readElement(element, values[blockId]?.[actionId]);
      if (content !== undefined) state[blockId] = { ...state[blockId], [actionId]: content };
    }
  }
  return state;
}

function readElement(element: Readonly<Record<string, unknown>>, given: Json | undefined): Json | undefined {
  const type = String(element.type);
  if (isRecord(given)) return { type, ...asJson(given) };
  if (type.endsWith('_input')) return { type, value: given ?? asJsonValue(element.initial_value) ?? null };
  if (type === 'static_select' || type === 'external_select' || type === 'radio_buttons') {
    const chosen = typeof given === 'string' ? findOption(element, given) : element.initial_option;
    return { type, selected_option: asJsonValue(chosen) ?? null };
  }
  if (type === 'checkboxes' || type === 'multi_static_select' || type === 'multi_external_select') {
    const chosen = Array.isArray(given)
      ? given.map((value) => findOption(element, String(value)))
      : element.initial_options;
    return { type, selected_options: asJsonValue(chosen) ?? [] };
  }
  const single = singles[type];
  return single === undefined
    ? undefined
    : { type, [single.field]: given ?? asJsonValue(element[single.initial]) ?? null };
}

const singles: Readonly<Record<string, { readonly field: string; readonly initial: string }>> = {
  users_select: { field: 'selected_user', initial: 'initial_user' },
  multi_users_select: { field: 'selected_users', initial: 'initial_users' },
  conversations_select: { field: 'selected_conversation', initial: 'initial_conversation' },
  multi_conversations_select: { field: 'selected_conversations', initial: 'initial_conversations' },
  channels_select: { field: 'selected_channel', initial: 'initial_channel' },
  multi_channels_select: { field: 'selected_channels', initial: 'initial_channels' },
  datepicker: { field: 'selected_date', initial: 'initial_date' },
  timepicker: { field: 'selected_time', initial: 'initial_time' },
  datetimepicker: { field: 'selected_date_time', initial: 'initial_date_time' },
};

/** The option of this value; options that came from the app later are made up from the value. */
export function findOption(element: Readonly<Record<string, unknown>>, value: string): JsonObject {
  const groups = Array.isArray(element.option_groups) ? element.option_groups.filter(isRecord) : [];
  const lists = [element.options, ...groups.map((group) => group.options)];
  for (const options of lists) {
    if (!Array.isArray(options)) continue;
    const found = options.filter(isRecord).find((option) => option.value === value);
    if (found !== undefined) return asJson(found);
  }
  return { text: { type: 'plain_text', text: value }, value };
}

/** The blocks whose input must not be empty but is: the client refuses these itself. */
export function findMissing(blocks: readonly JsonObject[], state: JsonObject): Record<string, string> {
  const missing: Record<string, string> = {};
  for (const block of blocks) {
    if (block.type !== 'input' || block.optional === true) continue;
    const blockId = String(block.block_id);
    const contents = Object.values(asJson(state[blockId] ?? {}));
    const isFilled = contents.some((content) => isRecord(content) && Object.entries(content).some(isFilledField));
    if (!isFilled) missing[blockId] = 'Please complete this required field.';
  }
  return missing;
}

function isFilledField([name, value]: [string, unknown]): boolean {
  if (name === 'type' || value === null || value === undefined || value === '') return false;
  return !Array.isArray(value) || value.length > 0;
}

function asJson(value: unknown): JsonObject {
  return JSON.parse(JSON.stringify(value));
}

function asJsonValue(value: unknown): Json | undefined {
  return value === undefined ? undefined : JSON.parse(JSON.stringify(value));
}
