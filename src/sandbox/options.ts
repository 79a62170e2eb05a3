import { parseArgs } from 'node:util';

export interface SandboxOptions {
  /** First of six neighbouring ports: page, Kubernetes API, world, Prometheus API, Slack API, Stepwise's own. 0: any free ones. */
  readonly port: number;
  readonly dataFolder: string;
  readonly story: 'good' | 'bad' | undefined;
  readonly only: 'world' | 'service' | undefined;
  readonly apply: readonly string[];
  readonly kubeconfig: string | undefined;
  readonly prometheus: string | undefined;
  /** Faults of the Slack stand-in from the start. */
  readonly slackFault: string | undefined;
  readonly help: boolean;
}

export const usage = `npm run sandbox -- [options]

  --port <n>             the page's port; the others follow it (default 4321; 0: any)
  --data <folder>        where state is kept (default .sandbox)
  --story good|bad       plays the story without a browser: one JSON line per event
  --only world|service   one half of the sandbox, so that the other can be killed
  --apply <file|folder>  manifests to apply at the start (may be repeated)
  --kubeconfig <path>    a real cluster instead of the stand-in
  --prometheus <url>     a real Prometheus instead of the stand-in
  --slack-fault <fault>  what the Slack stand-in refuses, such as invalid_blocks:data_visualization
  --help                 this text

Environment: REDIS_URL (a real Redis), SLACK_BOT_TOKEN and SLACK_APP_TOKEN (a real workspace).`;

/** A word on the command line that we do not know, in one line. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

export function parseOptions(words: readonly string[]): SandboxOptions {
  const { values } = parse(words);
  return {
    port: portOf(values.port),
    dataFolder: values.data,
    story: oneOf('--story', values.story, ['good', 'bad']),
    only: oneOf('--only', values.only, ['world', 'service']),
    apply: values.apply ?? [],
    kubeconfig: values.kubeconfig,
    prometheus: urlOf(values.prometheus),
    slackFault: values['slack-fault'],
    help: values.help,
  };
}

function parse(words: readonly string[]) {
  try {
    return parseArgs({
      args: [...words],
      strict: true,
      options: {
        port: { type: 'string', default: '4321' },
        data: { type: 'string', default: '.sandbox' },
        story: { type: 'string' },
        only: { type: 'string' },
        apply: { type: 'string', multiple: true },
        kubeconfig: { type: 'string' },
        prometheus: { type: 'string' },
        'slack-fault': { type: 'string' },
        help: { type: 'boolean', default: false },
      },
    });
  } catch (error) {
    // Node's own words name the option; its second sentence is advice for programmers.
    const words = error instanceof Error ? error.message.split('. ')[0] : String(error);
    throw new UsageError(
      `${words}. Options: --port --data --story --only --apply --kubeconfig --prometheus --slack-fault --help`,
    );
  }
}

function portOf(text: string): number {
  const port = Number(text);
  if (!/^\d+$/.test(text) || port > 65_530) throw new UsageError(`--port ${text}: must be a number from 0 to 65530`);
  return port;
}

function oneOf<T extends string>(option: string, value: string | undefined, allowed: readonly T[]): T | undefined {
  if (value === undefined) return undefined;
  const found = allowed.find((item) => item === value);
  if (found === undefined) throw new UsageError(`${option} ${value}: must be ${allowed.join(' or ')}`);
  return found;
}

function urlOf(value: string | undefined): string | undefined {
  if (value !== undefined && !/^https?:\/\//.test(value))
    throw new UsageError(`--prometheus ${value}: must be an http(s) address`);
  return value;
}
