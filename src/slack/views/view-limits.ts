import type { InputBlock } from '@slack/types';
import type { Logger } from 'pino';
import { checkMessage } from '../limits.ts';
import type { MessageBlock } from '../messages/blocks.ts';
import { redactPayload } from '../redact.ts';
import type { HomeView, ModalView } from './view.ts';

/** Slack's limits on a view, as a net: rendering truncates, and this runs on every view before it is sent. */
export interface ViewProblem {
  /** Index of the block; undefined: the view as a whole. */
  readonly block: number | undefined;
  readonly problem: string;
}

const maxBlocks = 100;
const maxMetadata = 3000;

/** Everything about this view that Slack would refuse. */
export function checkView(view: ModalView | HomeView): readonly ViewProblem[] {
  const problems: ViewProblem[] = [];
  const report = (problem: string, block?: number) => problems.push({ block, problem });
  if (view.type === 'modal') {
    for (const [name, text] of Object.entries({ title: view.title, submit: view.submit, close: view.close })) {
      if (text !== undefined && (text.text === '' || text.text.length > 24)) report(`${name} is empty or over 24`);
    }
    if ((view.private_metadata?.length ?? 0) > maxMetadata) report(`private_metadata is over ${maxMetadata}`);
    if (view.callback_id === '' || view.callback_id.length > 255) report('callback_id is empty or over 255');
    const hasInput = view.blocks.some(({ type }) => type === 'input');
    if (hasInput && view.submit === undefined) report('input without submit');
  }
  if (view.blocks.length > maxBlocks) report(`over ${maxBlocks} blocks`);
  const seen = new Set<string>();
  for (const [index, block] of view.blocks.entries()) {
    const { block_id: id } = block;
    if (id !== undefined && (id === '' || id.length > 255)) report('block_id is empty or over 255', index);
    if (id !== undefined && seen.has(id)) report(`block_id "${id}" twice`, index);
    if (id !== undefined) seen.add(id);
    for (const problem of checkBlock(block)) report(problem, index);
  }
  return problems;
}

/** The view without its secrets and without the blocks that break a limit. A view that is refused whole would leave nothing at all. */
export function fitView<V extends ModalView | HomeView>(view: V, log: Logger): V {
  const clean = { ...view, blocks: redactPayload(view.blocks) };
  const problems = checkView(clean);
  if (problems.length === 0) return clean;
  log.error({ problems: problems.slice(0, 5) }, 'a view broke a limit of Slack and lost blocks');
  const bad = new Set(problems.map(({ block }) => block));
  return { ...clean, blocks: clean.blocks.filter((_, index) => !bad.has(index)).slice(0, maxBlocks) };
}

function checkBlock(block: MessageBlock): readonly string[] {
  if (block.type === 'input') return [...checkInput(block)];
  // Alerts, charts and tables have no place here.
  if (block.type === 'data_visualization') return ['a chart is for messages only'];
  return checkMessage({ text: 'a view', blocks: [block] }).map(({ problem }) => problem);
}

function* checkInput({ label, hint, element }: InputBlock): Generator<string, void> {
  yield* checkText('label', label.text, 2000);
  if (hint !== undefined) yield* checkText('hint', hint.text, 2000);
  switch (element.type) {
    case 'static_select':
      yield* checkOptions(element.options ?? [], 100);
      break;
    case 'radio_buttons':
    case 'checkboxes':
      yield* checkOptions(element.options, 10);
      break;
    case 'plain_text_input':
      if ((element.initial_value?.length ?? 0) > (element.max_length ?? 3000)) yield 'initial_value is over max_length';
      if ((element.max_length ?? 1) > 3000) yield 'max_length is over 3000';
      break;
    case 'external_select':
      break;
    default:
      yield `element ${element.type} is not one that we send`;
  }
  const { placeholder } = element as { readonly placeholder?: { readonly text: string } };
  if (placeholder !== undefined) yield* checkText('placeholder', placeholder.text, 150);
}

interface Choice {
  readonly text: { readonly text: string };
  readonly value?: string;
  readonly description?: { readonly text: string };
}

function* checkOptions(options: readonly Choice[], most: number): Generator<string, void> {
  if (options.length === 0 || options.length > most) yield `no options, or over ${most}`;
  if (new Set(options.map(({ value }) => value)).size !== options.length) yield 'an option value twice';
  for (const { text, value, description } of options) {
    yield* checkText('option', text.text, 75);
    if (value === undefined || value === '' || value.length > 75) yield 'option value is empty or over 75';
    if (description !== undefined) yield* checkText('description', description.text, 75);
  }
}

function* checkText(where: string, text: string, max: number): Generator<string, void> {
  if (text === '') yield `${where} is empty`;
  else if (text.length > max) yield `${where} is over ${max}`;
}
