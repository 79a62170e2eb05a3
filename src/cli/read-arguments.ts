import { parseArgs } from 'node:util';

/** Which cluster, as kubectl's flags say it. */
export interface ClusterFlags {
  readonly kubeconfig?: string | undefined;
  readonly context?: string | undefined;
  readonly namespace?: string | undefined;
  /** Asked instead of the address that the metrics name. */
  readonly prometheus?: string | undefined;
}

export interface Arguments {
  readonly flags: ClusterFlags;
  readonly isHelp: boolean;
  readonly isJson: boolean;
  /** Mend what is unambiguous. */
  readonly isFix: boolean;
  /** Flags without a value, of some commands: `--dry-run`. */
  readonly switches: ReadonlySet<string>;
  /** Whatever is no flag: the command's name first. */
  readonly words: readonly string[];
}

/** What was typed cannot be meant: `message` says why, in words for a terminal. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

const options = {
  help: { type: 'boolean', short: 'h' },
  json: { type: 'boolean' },
  kubeconfig: { type: 'string' },
  context: { type: 'string' },
  namespace: { type: 'string', short: 'n' },
  prometheus: { type: 'string' },
  fix: { type: 'boolean' },
  'dry-run': { type: 'boolean' },
  yes: { type: 'boolean', short: 'y' },
  anyway: { type: 'boolean' },
} as const;

/** Reads flags as kubectl takes them: before or behind the words, `-n shop` or `--namespace=shop`. */
export function readArguments(typed: readonly string[]): Arguments {
  try {
    const { values, positionals } = parseArgs({ args: [...typed], options, allowPositionals: true });
    const { help = false, json = false, fix = false, 'dry-run': dryRun, yes, anyway, ...flags } = values;
    const typedSwitches = Object.entries({ '--dry-run': dryRun, '--yes': yes, '--anyway': anyway });
    const switches = new Set(typedSwitches.flatMap(([name, isTyped]) => (isTyped === true ? [name] : [])));
    return { flags, isHelp: help, isJson: json, isFix: fix, switches, words: positionals };
  } catch (error) {
    // The first sentence says what is wrong; the next ones are about Node's own API.
    const message = error instanceof Error ? (error.message.split(/\. (?=To|Did)/)[0] ?? error.message) : String(error);
    throw new UsageError(message);
  }
}
