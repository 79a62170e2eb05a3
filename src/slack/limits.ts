import type { Message, MessageBlock } from './messages/blocks.ts';

/**
 * Slack's limits on a message, as a net: rendering truncates, and this runs on every payload before it is sent. A block that breaks
 * a limit is dropped and logged; the message itself is never lost. Sources: docs.slack.dev block reference, @slack/types 3.2.
 */
export interface LimitProblem {
  /** Index of the block; undefined: the message as a whole. */
  readonly block: number | undefined;
  readonly problem: string;
}

const maxBlocks = 50;
/** Edits count bytes (4,000), posts characters; the smaller rule holds for both. */
const maxTextBytes = 3900;
const maxCharts = 2;

/** Everything about this message that Slack would refuse. */
export function checkMessage(message: Message): readonly LimitProblem[] {
  const problems: LimitProblem[] = [];
  if (message.text.trim() === '') problems.push({ block: undefined, problem: 'text is empty' });
  if (Buffer.byteLength(message.text) > maxTextBytes) {
    problems.push({ block: undefined, problem: `text is over ${maxTextBytes} bytes` });
  }
  if (message.blocks.length > maxBlocks) problems.push({ block: undefined, problem: `over ${maxBlocks} blocks` });
  const seen = new Set<string>();
  let charts = 0;
  for (const [index, block] of message.blocks.entries()) {
    const report = (problem: string) => problems.push({ block: index, problem: `${block.type}: ${problem}` });
    if (block.type === 'data_visualization') charts += 1;
    if (charts > maxCharts) report(`over ${maxCharts} charts in one message`);
    const id = block.block_id;
    if (id !== undefined && (id.length > 255 || id === '')) report('block_id is empty or over 255');
    if (id !== undefined && seen.has(id)) report(`block_id "${id}" twice`);
    if (id !== undefined) seen.add(id);
    for (const problem of checkBlock(block)) report(problem);
  }
  return problems;
}

/** The message without what Slack would refuse, and what was taken out. */
export function fitMessage(message: Message): { readonly message: Message; readonly dropped: readonly LimitProblem[] } {
  const dropped = checkMessage(message);
  if (dropped.length === 0) return { message, dropped };
  const bad = new Set(dropped.map((problem) => problem.block));
  const blocks = message.blocks.filter((_, index) => !bad.has(index)).slice(0, maxBlocks);
  return { message: { text: fitText(message.text), blocks }, dropped };
}

function fitText(text: string): string {
  if (text.trim() === '') return 'Stepwise';
  if (Buffer.byteLength(text) <= maxTextBytes) return text;
  const cut = Buffer.from(text)
    .subarray(0, maxTextBytes)
    .toString('utf8')
    .replace(/\ufffd+$/, '');
  return cut.replace(/<[^>]*$/, '').replace(/&[a-z]{0,3}$/, '');
}

type Problems = Generator<string, void>;

function* checkBlock(block: MessageBlock): Problems {
  switch (block.type) {
    case 'header':
      yield* checkText('text', block.text, 150);
      break;
    case 'section':
      if (block.text === undefined && block.fields === undefined) yield 'neither text nor fields';
      if (block.text !== undefined) yield* checkText('text', block.text, 3000);
      if ((block.fields?.length ?? 0) > 10) yield 'over 10 fields';
      for (const field of block.fields ?? []) yield* checkText('field', field, 2000);
      if (block.accessory?.type === 'button') yield* checkButton(block.accessory);
      else if (block.accessory !== undefined) yield `accessory ${block.accessory.type} is not one that we send`;
      break;
    case 'context':
      yield* checkCount('elements', block.elements.length, 10);
      for (const element of block.elements) if (element.type !== 'image') yield* checkText('element', element, 2000);
      break;
    case 'actions':
      yield* checkActions(block);
      break;
    case 'data_visualization':
      yield* checkChart(block);
      break;
    case 'input':
      yield* checkInput(block);
      break;
    case 'divider':
      break;
    default:
      yield 'not a block that we send';
  }
}

function* checkText(where: string, text: unknown, max: number): Problems {
  const { type, text: words } = Object(text) as { readonly type?: unknown; readonly text?: unknown };
  if (type !== 'plain_text' && type !== 'mrkdwn') yield `${where} has no type`;
  if (typeof words !== 'string' || words === '') yield `${where} is empty`;
  else if (words.length > max) yield `${where} is over ${max}`;
}

function* checkCount(what: string, count: number, max: number): Problems {
  if (count === 0) yield `no ${what}`;
  if (count > max) yield `over ${max} ${what}`;
}

function* checkActions(block: Extract<MessageBlock, { type: 'actions' }>): Problems {
  yield* checkCount('elements', block.elements.length, 25);
  const ids = new Set<string>();
  for (const element of block.elements) {
    const id = element.action_id ?? '';
    if (ids.has(id)) yield `action_id "${id}" twice`;
    ids.add(id);
    if (element.type === 'button') yield* checkButton(element);
    else if (element.type === 'overflow') yield* checkOverflow(element);
    else yield `element ${element.type} is not one that we send`;
  }
}

type Element<T extends string> = Extract<Extract<MessageBlock, { type: 'actions' }>['elements'][number], { type: T }>;

function* checkButton(button: Element<'button'>): Problems {
  if ((button.action_id ?? '') === '' || (button.action_id?.length ?? 0) > 255) yield 'action_id is empty or over 255';
  yield* checkText('button', button.text, 75);
  if ((button.value?.length ?? 0) > 2000) yield 'button value is over 2000';
  if ((button.url?.length ?? 0) > 3000) yield 'button url is over 3000';
  if ((button.accessibility_label?.length ?? 0) > 75) yield 'accessibility_label is over 75';
  if (button.confirm === undefined) return;
  yield* checkText('confirm title', button.confirm.title, 100);
  yield* checkText('confirm text', button.confirm.text, 300);
  yield* checkText('confirm yes', button.confirm.confirm, 30);
  yield* checkText('confirm no', button.confirm.deny, 30);
}

function* checkInput({ label, element }: Extract<MessageBlock, { type: 'input' }>): Problems {
  yield* checkText('label', label, 2000);
  if (element.type !== 'plain_text_input') yield `input ${element.type} is not one that we send`;
  else if ((element.initial_value?.length ?? 0) > (element.max_length ?? 3000))
    yield 'initial value is over max_length';
}

function* checkOverflow(overflow: Element<'overflow'>): Problems {
  if ((overflow.action_id ?? '') === '') yield 'action_id is empty';
  yield* checkCount('options', overflow.options.length, 5);
  for (const option of overflow.options) {
    yield* checkText('option', option.text, 75);
    if (option.value === undefined || option.value === '' || option.value.length > 75)
      yield 'option value is empty or over 75';
  }
}

function* checkChart({ title, chart }: Extract<MessageBlock, { type: 'data_visualization' }>): Problems {
  if (title === '' || title.length > 50) yield 'title is empty or over 50';
  yield* checkCount('series', chart.series.length, 6);
  const { categories } = chart.axis_config;
  yield* checkCount('categories', categories.length, 20);
  if (new Set(categories).size !== categories.length) yield 'a category twice';
  for (const label of categories) if (label === '' || label.length > 20) yield 'a label is empty or over 20';
  for (const axis of [chart.axis_config.x_label, chart.axis_config.y_label]) {
    if (axis !== undefined && (axis === '' || axis.length > 50)) yield 'an axis label is empty or over 50';
  }
  if (new Set(chart.series.map((series) => series.name)).size !== chart.series.length) yield 'a series name twice';
  for (const { name, data } of chart.series) {
    if (name === '' || name.length > 20) yield 'a series name is empty or over 20';
    if (data.length !== categories.length) yield 'a series has not one value per category';
    for (const [index, point] of data.entries()) {
      if (!Number.isFinite(point.value)) yield 'a value is not finite';
      if (point.label !== categories[index]) yield 'a point is not at its category';
    }
  }
}
