import { redact, TerminalError } from '../lib/index.ts';
import { type CliTools, commands, ExitCode } from './commands.ts';
import { readArguments, UsageError } from './read-arguments.ts';

/** Runs what was typed; never throws: what went wrong is a line on standard error and an exit code. */
export async function runCli(typed: readonly string[], tools: CliTools): Promise<ExitCode> {
  try {
    const { words, isHelp, isJson, isFix, switches, flags } = readArguments(typed);
    const [word, ...rest] = words;
    const about = word === 'help' ? rest[0] : word;
    if (isHelp || word === 'help' || word === undefined) {
      for (const line of helpLines(about)) tools.print(line);
      return word === undefined && !isHelp ? ExitCode.notDone : ExitCode.well;
    }
    const command = Object.hasOwn(commands, word) ? commands[word] : undefined;
    if (command === undefined)
      throw new UsageError(`unknown command "${word}": known are ${Object.keys(commands).join(', ')}`);
    if (isFix && command.flags?.includes('--fix') !== true) throw new UsageError(`${word} takes no --fix`);
    for (const name of switches)
      if (command.flags?.includes(name) !== true) throw new UsageError(`${word} takes no ${name}`);
    return await command.run({ words: rest, flags, isJson, isFix, switches }, tools);
  } catch (error) {
    if (error instanceof UsageError) tools.complain(`${error.message}. See: stepwise --help`);
    else tools.complain(redact(messageOf(error)));
    return ExitCode.notDone;
  }
}

function messageOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const cause = error instanceof TerminalError || error.cause === undefined ? '' : `: ${messageOf(error.cause)}`;
  return `${error.message || error.name}${cause}`;
}

function helpLines(about: string | undefined): readonly string[] {
  const known = Object.values(commands);
  const one = about !== undefined && Object.hasOwn(commands, about) ? commands[about] : undefined;
  const shown = one === undefined ? known : [one];
  const width = Math.max(...shown.map(({ usage }) => usage.length)) + 2;
  return [
    'Usage: stepwise <command> [flags]',
    '',
    ...shown.map(({ usage, about: words }) => `  ${usage.padEnd(width)}${words}`),
    '',
    '  -n, --namespace string   default: the namespace of the context',
    '      --kubeconfig path    default: KUBECONFIG, the service account of the pod, ~/.kube/config',
    '      --context string     default: the current context',
    '      --prometheus url     asked instead of the address that the metrics name',
    '      --json               for programs',
    '  -h, --help',
    '',
    'Exit code: 0 all is well · 1 something is to be mended · 2 not done',
  ];
}
