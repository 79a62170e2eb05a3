import { type Check, complain, isRecord, type Surface, type Surroundings } from './block-checks.ts';
import { anyBlock, atMostBlocks, atMostPerMessage, blockRules, viewRules } from './block-rules.ts';

/** Judges blocks by the table and returns Slack's complaints, none when they are fine. */
export function checkBlocks(
  blocks: unknown,
  { surface, isFileUsable, refusedType, pointer = '/blocks' }: CheckBlocksOptions,
): string[] {
  const around: Surroundings = { surface, isFileUsable, problems: [] };
  if (!Array.isArray(blocks)) {
    complain(around, 'must be an array', pointer);
    return around.problems;
  }
  if (blocks.length > atMostBlocks[surface])
    complain(around, `no more than ${atMostBlocks[surface]} items allowed`, pointer);
  for (const [index, block] of blocks.entries()) {
    const at = `${pointer}/${index}`;
    const type = isRecord(block) && typeof block.type === 'string' ? block.type : undefined;
    const rule = type === undefined ? undefined : blockRules[type];
    const isRefused = rule === undefined || type === refusedType || !rule.surfaces.includes(surface);
    if (isRefused) complain(around, `unsupported type: ${String(type)}`, `${at}/type`);
    else anyBlock(block, at, around);
  }
  countTypes(blocks, pointer, around);
  refuseDoubles(blocks, pointer, around);
  return around.problems;
}

export interface CheckBlocksOptions {
  readonly surface: Surface;
  readonly isFileUsable: (id: string) => boolean;
  /** A type that this workspace does not know (a fault). */
  readonly refusedType?: string | undefined;
  readonly pointer?: string;
}

function countTypes(blocks: readonly unknown[], pointer: string, around: Surroundings): void {
  if (around.surface !== 'message') return;
  for (const [type, max] of Object.entries(atMostPerMessage)) {
    const count = blocks.filter((block) => isRecord(block) && block.type === type).length;
    if (count > max) complain(around, `no more than ${max} ${type} blocks allowed`, pointer);
  }
}

/** A `block_id` names one block of the message, an `action_id` one element of its block. */
function refuseDoubles(blocks: readonly unknown[], pointer: string, around: Surroundings): void {
  const blockIds = new Set<string>();
  for (const [index, block] of blocks.entries()) {
    if (!isRecord(block)) continue;
    const blockId = block.block_id;
    if (typeof blockId === 'string') {
      if (blockIds.has(blockId)) {
        complain(around, `\`block_id\` "${blockId}" already exists for another block`, `${pointer}/${index}/block_id`);
      }
      blockIds.add(blockId);
    }
    const actionIds = new Set<string>();
    for (const element of elementsOf(block)) {
      const actionId = element.action_id;
      if (typeof actionId !== 'string') continue;
      if (actionIds.has(actionId)) {
        complain(around, `\`action_id\` "${actionId}" already exists for another element`, `${pointer}/${index}`);
      }
      actionIds.add(actionId);
    }
  }
}

/** The interactive elements of a block. */
export function elementsOf(block: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>>[] {
  const found: unknown[] = [block.accessory, block.element];
  if (Array.isArray(block.elements)) found.push(...block.elements);
  if (Array.isArray(block.actions)) found.push(...block.actions);
  return found.filter(isRecord);
}

/** Judges a view: its own fields by the table, then its blocks. */
export function checkView(view: unknown, options: Omit<CheckBlocksOptions, 'surface' | 'pointer'>): string[] {
  const type = isRecord(view) ? view.type : undefined;
  const around: Surroundings = { surface: 'modal', isFileUsable: options.isFileUsable, problems: [] };
  if (!isRecord(view) || (type !== 'modal' && type !== 'home')) {
    complain(around, `unsupported type: ${String(type)}`, '/view/type');
    return around.problems;
  }
  const rule: Check | undefined = viewRules[type];
  rule?.(view, '/view', around);
  const blocks = checkBlocks(view.blocks, { ...options, surface: type, pointer: '/view/blocks' });
  const hasInput = Array.isArray(view.blocks) && view.blocks.some((block) => isRecord(block) && block.type === 'input');
  if (type === 'modal' && hasInput && view.submit === undefined) {
    complain(around, 'missing required field: submit', '/view');
  }
  return [...around.problems, ...blocks];
}
