import { expect, test } from 'vitest';
import { findMissing, readState } from '../../../../src/sandbox/slack-api/view-state.ts';

const option = (value: string) => ({ text: { type: 'plain_text', text: `the ${value}` }, value });
const options = [option('a'), option('b')];
const input = (element: Record<string, unknown>) => ({
  type: 'input',
  block_id: 'b',
  element: JSON.parse(JSON.stringify({ action_id: 'x', ...element })),
});

test.each<[Record<string, unknown>, unknown, unknown]>([
  [{ type: 'plain_text_input' }, undefined, { value: null }],
  [{ type: 'plain_text_input', initial_value: 'old' }, undefined, { value: 'old' }],
  [{ type: 'plain_text_input', initial_value: 'old' }, 'typed', { value: 'typed' }],
  [{ type: 'number_input' }, '7', { value: '7' }],
  [{ type: 'static_select', options }, 'b', { selected_option: option('b') }],
  [{ type: 'static_select', options, initial_option: option('a') }, undefined, { selected_option: option('a') }],
  [{ type: 'static_select', options }, undefined, { selected_option: null }],
  [{ type: 'static_select', option_groups: [{ options }] }, 'a', { selected_option: option('a') }],
  [{ type: 'radio_buttons', options }, 'a', { selected_option: option('a') }],
  [{ type: 'checkboxes', options }, ['a', 'b'], { selected_options: options }],
  [{ type: 'checkboxes', options }, undefined, { selected_options: [] }],
  [{ type: 'users_select' }, 'U1', { selected_user: 'U1' }],
  [{ type: 'multi_users_select', initial_users: ['U2'] }, undefined, { selected_users: ['U2'] }],
  [{ type: 'datepicker', initial_date: '2026-11-20' }, undefined, { selected_date: '2026-11-20' }],
])('%j given %j', (element, given, expected) => {
  const values = given === undefined ? {} : { b: { x: JSON.parse(JSON.stringify(given)) } };
  expect(readState([input(element)], values)).toEqual({ b: { x: { type: element.type, ...Object(expected) } } });
});

test('what is required and empty is named; what is optional is not', () => {
  const required = input({ type: 'plain_text_input' });
  const optional = { ...input({ type: 'plain_text_input' }), block_id: 'c', optional: true };
  const blocks = [required, optional];
  expect(Object.keys(findMissing(blocks, readState(blocks, {})))).toEqual(['b']);
  expect(findMissing(blocks, readState(blocks, { b: { x: 'here' } }))).toEqual({});
});
