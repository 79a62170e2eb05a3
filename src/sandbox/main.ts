import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative, resolve } from 'node:path';
import { Redis } from 'ioredis';
import { z } from 'zod';
import { TerminalError } from '../lib/index.ts';
import { ManifestError } from './apply.ts';
import { playStory, type StoryPerson } from './demo/story.ts';
import { parseOptions, type SandboxOptions, UsageError, usage } from './options.ts';
import type { StatusLine } from './page/index.ts';
import { openPage } from './sandbox-page.ts';
import { type ServiceProcess, startServiceProcess } from './service-process.ts';
import type { SlackApi } from './slack-api/index.ts';
import { type StandIns, startStandIns } from './stand-ins.ts';

const channel = 'ship-shop';

async function main(): Promise<number> {
  const options = parseOptions(process.argv.slice(2));
  if (options.help) {
    console.log(usage);
    return 0;
  }
  if (options.only === 'service') return runServiceOnly(options);
  return options.story === undefined ? runSandbox(options) : runStory({ ...options, story: options.story });
}

/** The page, the world and the service, until Ctrl-C. */
async function runSandbox(options: SandboxOptions): Promise<number> {
  const asked = interrupted();
  console.log(`Stepwise sandbox, data in ${options.dataFolder}/`);
  const stops: (() => Promise<void>)[] = [];
  try {
    const standIns = await startStandIns(options, realThings());
    stops.push(() => standIns.stop());
    const status = createStatus();
    let service: ServiceProcess | undefined;
    if (options.only !== 'world') {
      service = startServiceProcess({ environment: standIns.environment, onState: status.tell, onLog: logUnlessInfo });
      stops.push(async () => service?.stop());
    }
    const page = await openPage({
      options,
      standIns,
      service: () => service,
      onStatus: status.listen,
      emptyQueue: () => emptyQueue(standIns.environment, service),
    });
    stops.push(() => page.stop());
    console.log(`  Page     ${page.url}`);
    console.log(`  kubectl --kubeconfig ${relative(process.cwd(), standIns.kubeconfigPath)} get rollouts -w`);
    if (options.only === 'world')
      console.log(`  The other half: npm run sandbox -- --only service --data ${options.dataFolder}`);
    console.log('  Ctrl-C stops; state is kept');
    // Without the service there is only a page that says so: what it needs stands in the terminal.
    const hasGivenUp = await Promise.race([asked.then(() => false), ...gaveUp(service)]);
    console.log('stopping');
    return hasGivenUp ? 2 : 0;
  } finally {
    // Whatever was begun is stopped, also when the rest could not be: a service without its world would run on by itself.
    for (const stop of stops.reverse()) await stop();
  }
}

function gaveUp(service: ServiceProcess | undefined): readonly Promise<boolean>[] {
  return service === undefined ? [] : [service.gaveUp.then(() => true)];
}

/** What is told to the page about the service's process: the latest line to who comes late, then each change. */
function createStatus() {
  const listeners = new Set<(line: StatusLine) => void>();
  let latest: StatusLine | undefined;
  return {
    tell({ isAlive, pid, why }: { isAlive: boolean; pid: number | undefined; why: string }): void {
      latest = { name: 'Stepwise', isAlive, text: isAlive ? `alive, pid ${pid}` : `pid ${pid} is dead (${why})` };
      for (const listener of listeners) listener(latest);
    },
    listen(listener: (line: StatusLine) => void): () => void {
      listeners.add(listener);
      if (latest !== undefined) listener(latest);
      return () => listeners.delete(listener);
    },
  };
}

/** With Redis its keys are deleted under the running service; the embedded store lives in the process, so that is killed with it. */
async function emptyQueue(environment: StandIns['environment'], service: ServiceProcess | undefined): Promise<string> {
  if (environment.REDIS_URL === undefined || environment.REDIS_URL === '') {
    service?.kill(0);
    return 'the embedded queue is emptied at each start: Stepwise killed and started';
  }
  const redis = new Redis(environment.REDIS_URL);
  const keys = await redis.keys('stepwise*');
  if (keys.length > 0) await redis.del(keys);
  await redis.quit();
  return `${keys.length} keys deleted from Redis`;
}

/** The story without a browser: one JSON line per event, and a last one that says how it ended. */
async function runStory(options: SandboxOptions & { readonly story: 'good' | 'bad' }): Promise<number> {
  const isOwnFolder = options.dataFolder === '.sandbox';
  const dataFolder = isOwnFolder ? mkdtempSync(join(tmpdir(), 'stepwise-story-')) : options.dataFolder;
  const standIns = await startStandIns({ ...options, port: isOwnFolder ? 0 : options.port, dataFolder }, realThings());
  const service = startService(standIns.environment, (line) => logUnlessInfo(line));
  try {
    if (standIns.slack === undefined)
      throw new UsageError('--story plays in the Slack stand-in: unset SLACK_BOT_TOKEN');
    const person = createPerson(standIns.slack);
    const end = await playStory(options.story, { kubeConfig: standIns.kubeConfig, person }, (event) =>
      console.log(JSON.stringify(event)),
    );
    const { endedAsTold, ...line } = end;
    console.log(JSON.stringify(line));
    return endedAsTold ? 0 : 1;
  } finally {
    await service.stop();
    await standIns.stop();
    if (isOwnFolder) rmSync(dataFolder, { recursive: true, force: true });
  }
}

/** Only Stepwise itself, against a world that runs already. */
async function runServiceOnly(options: SandboxOptions): Promise<number> {
  const file = join(options.dataFolder, 'service.json');
  let environment: Record<string, string>;
  try {
    environment = z.record(z.string(), z.string()).parse(JSON.parse(readFileSync(file, 'utf8')));
  } catch {
    throw new UsageError(
      `${file} not found: start the other half first: npm run sandbox -- --only world --data ${options.dataFolder}`,
    );
  }
  const redis = process.env.REDIS_URL === undefined ? {} : { REDIS_URL: process.env.REDIS_URL };
  // Several may run beside each other.
  const own = { POD_NAME: `sandbox-${process.pid}`, HTTP_PORT: process.env.HTTP_PORT ?? '0' };
  const service = startService({ ...environment, ...redis, ...own }, (line) => console.log(line));
  console.log(`Stepwise service, data in ${resolve(options.dataFolder)}, pid ${service.pid()}; Ctrl-C stops`);
  const hasGivenUp = await Promise.race([interrupted().then(() => false), ...gaveUp(service)]);
  await service.stop();
  return hasGivenUp ? 2 : 0;
}

function startService(environment: StandIns['environment'], onLog: (line: string) => void): ServiceProcess {
  return startServiceProcess({ environment, onState: () => undefined, onLog });
}

/** The terminal stays quiet: only what a person must act on, and what is no log line at all (a crash). */
function logUnlessInfo(line: string): void {
  const level = /^\{"level":(\d+)/.exec(line)?.[1];
  if (level === undefined || Number(level) >= 50) console.error(line);
}

function createPerson(slack: SlackApi): StoryPerson {
  const newest = () => slack.transcript().messages.filter((message) => message.deletedAtMs === undefined);
  return {
    async say(command) {
      const acted = await slack.command({ user: 'dana', channel, text: command });
      if (!acted.isAcknowledged) throw new Error(`Slack: ${command}: ${acted.error}`);
    },
    async click(label) {
      for (const message of newest().reverse()) {
        const button = findButton(message.versions.at(-1)?.blocks ?? [], label);
        if (button === undefined) continue;
        await slack.click({ user: 'dana', channel, ts: message.ts, ...button });
        return;
      }
      throw new Error(`no message with a button "${label}"`);
    },
    messages: () => newest().map((message) => message.versions.at(-1)?.text ?? ''),
  };
}

const Actions = z.looseObject({
  type: z.literal('actions'),
  block_id: z.string(),
  elements: z.array(z.looseObject({ action_id: z.string(), text: z.looseObject({ text: z.string() }).optional() })),
});

function findButton(blocks: readonly unknown[], label: string): { action_id: string; block_id: string } | undefined {
  for (const block of blocks) {
    const actions = Actions.safeParse(block);
    const element = actions.data?.elements.find(({ text }) => text?.text.startsWith(label) === true);
    if (actions.success && element !== undefined)
      return { action_id: element.action_id, block_id: actions.data.block_id };
  }
  return undefined;
}

function realThings() {
  const { REDIS_URL, SLACK_BOT_TOKEN, SLACK_APP_TOKEN, CHANNELS } = process.env;
  return { redisUrl: REDIS_URL, slackBotToken: SLACK_BOT_TOKEN, slackAppToken: SLACK_APP_TOKEN, channels: CHANNELS };
}

function interrupted(): Promise<void> {
  return new Promise((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => resolve());
  });
}

main().then(
  (code) => process.exit(code),
  (error: unknown) => {
    const isOurs = error instanceof UsageError || error instanceof ManifestError || error instanceof TerminalError;
    const isPortTaken = error instanceof Error && 'code' in error && error.code === 'EADDRINUSE';
    if (isPortTaken) console.error(`${error.message}: choose other ports with --port`);
    else console.error(isOurs ? error.message : error);
    process.exit(2);
  },
);
