import { readFileSync } from 'node:fs';

/** One line of README that somebody types: in a shell, or in Slack (`/…`). */
export interface ReadmeCommand {
  /** The `## …` it stands under. */
  readonly section: string;
  /** As it is typed, without a comment at its end. */
  readonly line: string;
  /** The lines of its block, when they only make sense together (one sets what the next one uses). */
  readonly script?: string;
}

const outputs = /^(text|yaml|json|diff)$/;

/**
 * Every command of README.md: what stands in fences without a language or marked `sh`, and in blocks that are indented after an empty
 * line. A fence marked `text` is what came back.
 */
export function readCommands(path = 'README.md'): readonly ReadmeCommand[] {
  const found: ReadmeCommand[] = [];
  let section = '';
  let fence: string | undefined;
  let block: string[] | undefined;
  let before = '';
  function close(): void {
    if (block !== undefined) found.push(...commandsIn(section, block));
    block = undefined;
  }
  for (const line of readFileSync(path, 'utf8').split('\n')) {
    const mark = /^ *```(\w*)/.exec(line);
    if (mark !== null) {
      close();
      fence = fence === undefined ? (mark[1] ?? '') : undefined;
      if (fence !== undefined && !outputs.test(fence)) block = [];
    } else if (fence !== undefined) {
      block?.push(line);
    } else if (line.startsWith('    ') && (block !== undefined || before === '')) {
      block = [...(block ?? []), line];
    } else {
      close();
      section = /^## (.*)/.exec(line)?.[1] ?? section;
    }
    before = line;
  }
  return found;
}

function commandsIn(section: string, block: readonly string[]): readonly ReadmeCommand[] {
  const lines = block.map((line) => line.trim().replace(/ {2,}# .*$/, '')).filter((line) => line !== '');
  if (!lines.some((line) => /^\w+=/.test(line))) return lines.map((line) => ({ section, line }));
  return lines.map((line) => ({ section, line, script: lines.join('\n') }));
}
