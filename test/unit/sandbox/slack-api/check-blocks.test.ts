import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { checkBlocks, checkView } from '../../../../src/sandbox/slack-api/index.ts';

const plain = (text: string) => ({ type: 'plain_text', text });
const mrkdwn = (text: string) => ({ type: 'mrkdwn', text });
const button = (more: object = {}) => ({ type: 'button', action_id: 'go', text: plain('Go'), ...more });
const actions = (...elements: object[]) => ({ type: 'actions', elements });
const option = (value: string, text = value) => ({ text: plain(text), value });
const options = (count: number) => Array.from({ length: count }, (_, index) => option(`o${index}`));
const long = (length: number) => 'x'.repeat(length);
const many = (count: number, item: object) => Array.from({ length: count }, () => item);

function lineChart({ series = 1, points = 3, name = 'series', value = 1 as number } = {}) {
  const categories = Array.from({ length: points }, (_, index) => `c${index}`);
  const data = categories.map((label) => ({ label, value }));
  const all = Array.from({ length: series }, (_, index) => ({ name: `${name}${index}`, data }));
  return { type: 'line', series: all, axis_config: { categories } };
}
const visualization = (chart: object = lineChart(), more: object = {}) => ({
  type: 'data_visualization',
  title: 'errors',
  chart,
  ...more,
});
const image = (more: object) => ({ type: 'image', alt_text: 'a dot', ...more });
const input = (element: object) => ({ type: 'input', label: plain('Reason'), element });
const confirm = { title: plain('Sure?'), text: plain('Really?'), confirm: plain('Yes'), deny: plain('No') };

function check(blocks: unknown, surface: 'message' | 'modal' | 'home' = 'message', refusedType?: string) {
  return checkBlocks(blocks, { surface, isFileUsable: (id) => id === 'F0READY', refusedType });
}

describe('what Slack takes', () => {
  test.each<[string, object[]]>([
    ['a header of 150', [{ type: 'header', text: plain(long(150)) }]],
    ['a section of 3000', [{ type: 'section', text: mrkdwn(long(3000)) }]],
    ['ten fields', [{ type: 'section', fields: many(10, mrkdwn('f')) }]],
    ['a section with a button', [{ type: 'section', text: mrkdwn('t'), accessory: button({ confirm }) }]],
    ['a button of 75 with a value of 2000', [actions(button({ text: plain(long(75)), value: long(2000) }))]],
    ['five options behind three dots', [actions({ type: 'overflow', action_id: 'more', options: options(5) })]],
    ['a hundred options', [actions({ type: 'static_select', action_id: 's', options: options(100) })]],
    ['ten things in a context', [{ type: 'context', elements: many(10, mrkdwn('c')) }]],
    ['two charts', [visualization(), visualization()]],
    ['a chart of 12 series and 20 points', [visualization(lineChart({ series: 12, points: 20 }))]],
    ['a pie', [visualization({ type: 'pie', segments: [{ label: 'a', value: 1 }] })]],
    ['a file that is ready', [image({ slack_file: { id: 'F0READY' } })]],
    ['50 blocks', many(50, { type: 'divider' })],
    ['the same action in two blocks', [actions(button()), actions(button())]],
    [
      'rich text with a date',
      [
        {
          type: 'rich_text',
          elements: [
            { type: 'rich_text_section', elements: [{ type: 'date', timestamp: 1_700_000_000, format: '{ago}' }] },
          ],
        },
      ],
    ],
    [
      'a container of a section',
      [{ type: 'container', title: plain('t'), child_blocks: [{ type: 'section', text: mrkdwn('t') }] }],
    ],
  ])('%s', (_, blocks) => {
    expect(check(blocks)).toEqual([]);
  });
});

describe('what Slack refuses', () => {
  test.each<[string, unknown, string]>([
    ['no list', { type: 'divider' }, 'must be an array [json-pointer:/blocks]'],
    ['a type nobody knows', [{ type: 'banner' }], 'unsupported type: banner [json-pointer:/blocks/0/type]'],
    ['no type', [{}], 'unsupported type: undefined [json-pointer:/blocks/0/type]'],
    ['51 blocks', many(51, { type: 'divider' }), 'no more than 50 items allowed [json-pointer:/blocks]'],
    [
      'a header of 151',
      [{ type: 'header', text: plain(long(151)) }],
      'must be less than 151 characters [json-pointer:/blocks/0/text/text]',
    ],
    [
      'a header with markup',
      [{ type: 'header', text: mrkdwn('x') }],
      'unsupported value: mrkdwn, must be one of plain_text [json-pointer:/blocks/0/text/type]',
    ],
    [
      'an empty text',
      [{ type: 'section', text: mrkdwn('') }],
      'must be more than 0 characters [json-pointer:/blocks/0/text/text]',
    ],
    [
      'a section of 3001',
      [{ type: 'section', text: mrkdwn(long(3001)) }],
      'must be less than 3001 characters [json-pointer:/blocks/0/text/text]',
    ],
    ['an empty section', [{ type: 'section' }], 'must provide one of: text, fields [json-pointer:/blocks/0]'],
    [
      '11 fields',
      [{ type: 'section', fields: many(11, mrkdwn('f')) }],
      'no more than 10 items allowed [json-pointer:/blocks/0/fields]',
    ],
    [
      'a field of 2001',
      [{ type: 'section', fields: [mrkdwn(long(2001))] }],
      'must be less than 2001 characters [json-pointer:/blocks/0/fields/0/text]',
    ],
    [
      'a field that is not there',
      [{ type: 'divider', colour: 'red' }],
      'invalid additional property: colour [json-pointer:/blocks/0]',
    ],
    ['no elements', [actions()], 'no less than 1 items allowed [json-pointer:/blocks/0/elements]'],
    [
      '26 buttons',
      [actions(...Array.from({ length: 26 }, (_, index) => button({ action_id: `a${index}` })))],
      'no more than 25 items allowed [json-pointer:/blocks/0/elements]',
    ],
    [
      'a button of 76',
      [actions(button({ text: plain(long(76)) }))],
      'must be less than 76 characters [json-pointer:/blocks/0/elements/0/text/text]',
    ],
    [
      'a value of 2001',
      [actions(button({ value: long(2001) }))],
      'must be less than 2001 characters [json-pointer:/blocks/0/elements/0/value]',
    ],
    [
      'an action_id of 256',
      [actions(button({ action_id: long(256) }))],
      'must be less than 256 characters [json-pointer:/blocks/0/elements/0/action_id]',
    ],
    [
      'a third style',
      [actions(button({ style: 'loud' }))],
      'unsupported value: loud, must be one of primary, danger [json-pointer:/blocks/0/elements/0/style]',
    ],
    [
      'six options behind three dots',
      [actions({ type: 'overflow', options: options(6) })],
      'no more than 5 items allowed [json-pointer:/blocks/0/elements/0/options]',
    ],
    [
      '101 options',
      [actions({ type: 'static_select', options: options(101) })],
      'no more than 100 items allowed [json-pointer:/blocks/0/elements/0/options]',
    ],
    [
      'an option of 76',
      [actions({ type: 'overflow', options: [option('v', long(76))] })],
      'must be less than 76 characters [json-pointer:/blocks/0/elements/0/options/0/text/text]',
    ],
    [
      'a long question',
      [actions(button({ confirm: { ...confirm, title: plain(long(101)) } }))],
      'must be less than 101 characters [json-pointer:/blocks/0/elements/0/confirm/title/text]',
    ],
    [
      'a long answer',
      [actions(button({ confirm: { ...confirm, deny: plain(long(31)) } }))],
      'must be less than 31 characters [json-pointer:/blocks/0/elements/0/confirm/deny/text]',
    ],
    [
      '11 things in a context',
      [{ type: 'context', elements: many(11, mrkdwn('c')) }],
      'no more than 10 items allowed [json-pointer:/blocks/0/elements]',
    ],
    [
      'a button in a context',
      [{ type: 'context', elements: [button()] }],
      'unsupported type: button [json-pointer:/blocks/0/elements/0/type]',
    ],
    [
      'an input in actions',
      [actions({ type: 'plain_text_input', action_id: 'i' })],
      'unsupported type: plain_text_input [json-pointer:/blocks/0/elements/0/type]',
    ],
    ['a picture of nothing', [image({})], 'must provide one of: image_url, slack_file [json-pointer:/blocks/0]'],
    [
      'a picture without words',
      [{ type: 'image', image_url: 'https://a.example/b.png' }],
      'missing required field: alt_text [json-pointer:/blocks/0]',
    ],
    [
      'a file that is not ready',
      [image({ slack_file: { id: 'F0FRESH' } })],
      'invalid slack file [json-pointer:/blocks/0/slack_file]',
    ],
    [
      'two blocks of one name',
      [
        { type: 'divider', block_id: 'b' },
        { type: 'divider', block_id: 'b' },
      ],
      '`block_id` "b" already exists for another block [json-pointer:/blocks/1/block_id]',
    ],
    [
      'two actions of one name',
      [actions(button(), button())],
      '`action_id` "go" already exists for another element [json-pointer:/blocks/0]',
    ],
    [
      'three charts',
      [visualization(), visualization(), visualization()],
      'no more than 2 data_visualization blocks allowed [json-pointer:/blocks]',
    ],
    [
      'a chart with a long title',
      [visualization(lineChart(), { title: long(51) })],
      'must be less than 51 characters [json-pointer:/blocks/0/title]',
    ],
    [
      '13 series',
      [visualization(lineChart({ series: 13 }))],
      'no more than 12 items allowed [json-pointer:/blocks/0/chart/series]',
    ],
    [
      '21 points',
      [visualization(lineChart({ points: 21 }))],
      'no more than 20 items allowed [json-pointer:/blocks/0/chart/series/0/data]',
    ],
    [
      'a long series name',
      [visualization(lineChart({ name: long(20) }))],
      'must be less than 21 characters [json-pointer:/blocks/0/chart/series/0/name]',
    ],
    [
      'a value that is no number',
      [visualization(lineChart({ value: Number.NaN }))],
      'must be a finite number [json-pointer:/blocks/0/chart/series/0/data/0/value]',
    ],
    [
      'a series with a gap',
      [visualization({ ...lineChart(), axis_config: { categories: ['c0', 'c1', 'c2', 'c3'] } })],
      'every series must have exactly one data point per category [json-pointer:/blocks/0/chart/series/0]',
    ],
    [
      'a pie of nothing',
      [visualization({ type: 'pie', segments: [{ label: 'a', value: 0 }] })],
      'must be more than 0 [json-pointer:/blocks/0/chart/segments/0/value]',
    ],
    [
      'an alert in a message',
      [{ type: 'alert', text: plain('x') }],
      'unsupported type: alert [json-pointer:/blocks/0/type]',
    ],
    [
      'rich text in a container',
      [{ type: 'container', title: plain('t'), child_blocks: [{ type: 'rich_text', elements: [] }] }],
      'unsupported type: rich_text [json-pointer:/blocks/0/child_blocks/0/type]',
    ],
  ])('%s', (_, blocks, complaint) => {
    expect(check(blocks)).toContain(`[ERROR] ${complaint}`);
  });

  test('a chart outside of messages', () => {
    expect(check([visualization()], 'home')).toEqual([
      '[ERROR] unsupported type: data_visualization [json-pointer:/blocks/0/type]',
    ]);
  });

  test('a type that this workspace does not have yet', () => {
    expect(check([visualization()], 'message', 'data_visualization')).toHaveLength(1);
  });
});

describe('views', () => {
  const modal = {
    type: 'modal',
    title: plain('Why?'),
    submit: plain('Send'),
    blocks: [input({ type: 'plain_text_input' })],
  };
  const world = { isFileUsable: () => false };

  test('a modal with an input is fine', () => {
    expect(checkView(modal, world)).toEqual([]);
  });

  test.each<[string, unknown, string]>([
    ['no view', 'x', 'unsupported type: undefined [json-pointer:/view/type]'],
    [
      'a title of 25',
      { ...modal, title: plain(long(25)) },
      'must be less than 25 characters [json-pointer:/view/title/text]',
    ],
    [
      'metadata of 3001',
      { ...modal, private_metadata: long(3001) },
      'must be less than 3001 characters [json-pointer:/view/private_metadata]',
    ],
    [
      '101 blocks',
      { ...modal, blocks: many(101, { type: 'divider' }) },
      'no more than 100 items allowed [json-pointer:/view/blocks]',
    ],
    [
      'an input without a way to send it',
      { ...modal, submit: undefined },
      'missing required field: submit [json-pointer:/view]',
    ],
    [
      'a title on a Home tab',
      { type: 'home', title: plain('x'), blocks: [] },
      'invalid additional property: title [json-pointer:/view]',
    ],
  ])('%s is refused', (_, view, complaint) => {
    expect(checkView(view, world)).toContain(`[ERROR] ${complaint}`);
  });
});

test('whatever comes, it complains and never throws', () => {
  fc.assert(
    fc.property(
      fc.jsonValue(),
      fc.constantFrom('section', 'actions', 'data_visualization', 'header', 'image'),
      (value, type) => {
        const blocks = [value, { type, text: value, elements: value, chart: value, title: value, slack_file: value }];
        expect(check(blocks).every((complaint) => complaint.startsWith('[ERROR] '))).toBe(true);
        expect(checkView(value, { isFileUsable: () => true })).not.toEqual([]);
      },
    ),
    { examples: [[{ valueOf: [] }, 'header']] },
  );
});
