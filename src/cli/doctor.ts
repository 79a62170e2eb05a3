import { redact } from '../lib/index.ts';
import type { CheckupLine } from '../operations/index.ts';
import { type CliCommand, ExitCode } from './commands.ts';
import { UsageError } from './read-arguments.ts';

const marks: Readonly<Record<CheckupLine['state'], string>> = { ok: '✓', warning: '!', failed: '✗' };

/** `stepwise doctor`: what of an installation can be seen from outside. */
export const doctorCommand: CliCommand = {
  usage: 'doctor',
  about: 'ask the installation how it is: rights, definitions, controller, clock',
  async run({ words, flags, isJson }, tools) {
    if (words.length > 0) throw new UsageError(`did not understand "${words.join(' ')}"`);
    return tools.withCluster(flags, async (cluster) => {
      const lines = await cluster.doctor();
      if (isJson) tools.print(redact(JSON.stringify(lines, null, 2)));
      else printLines(lines, tools.print);
      return lines.some(({ state }) => state === 'failed') ? ExitCode.mend : ExitCode.well;
    });
  },
};

function printLines(lines: readonly CheckupLine[], print: (line: string) => void): void {
  const width = Math.max(...lines.map(({ title }) => title.length)) + 2;
  for (const { title, state, found, fixes } of lines) {
    print(`${marks[state]} ${title.padEnd(width)}${redact(found)}`);
    for (const fix of fixes) print(`${' '.repeat(width + 2)}${fix}`);
  }
  print('From inside, /rollout doctor also asks Slack, the queue, Prometheus, this channel and the chart font.');
}
