/** One row of a transcript: a command, and what it printed. */
export interface Row {
  readonly command: string;
  /** stdout and stderr as they came; behind them `[1]` when the command's exit code was 1. */
  readonly output: string;
}

/** Comments stand above the row that they introduce. */
export interface Entry extends Row {
  readonly comments: readonly string[];
}

/**
 * A transcript reads as a terminal does: `$ ` begins a command, `> ` goes on with it, `# ` after a blank line explains, everything else is
 * output. Blank lines at the end of an output do not count.
 */
export function parseTranscript(text: string): readonly Entry[] {
  const entries: { comments: string[]; command: string; output: string[] }[] = [];
  let comments: string[] = [];
  let before = '';
  for (const line of text.split('\n')) {
    const last = entries.at(-1);
    if (line.startsWith('# ') && (before === '' || comments.length > 0)) comments.push(line);
    else if (line.startsWith('$ ')) {
      entries.push({ comments, command: line.slice(2), output: [] });
      comments = [];
    } else if (last !== undefined && line.startsWith('> ') && last.output.length === 0) {
      last.command += `\n${line.slice(2)}`;
    } else if (last !== undefined && comments.length === 0) last.output.push(line);
    before = line;
  }
  return entries.map(({ output, ...entry }) => ({ ...entry, output: output.join('\n').trimEnd() }));
}

export function writeTranscript(entries: readonly Entry[]): string {
  const blocks = entries.map(({ comments, command, output }, index) => {
    const gap = comments.length > 0 && index > 0 ? '\n' : '';
    const lines = [...comments, `$ ${command.replaceAll('\n', '\n> ')}`, ...(output === '' ? [] : [output])];
    return `${gap}${lines.join('\n')}\n`;
  });
  return blocks.join('');
}
