import { setTimeout as sleep } from 'node:timers/promises';
import type { KubernetesApi } from '../../src/sandbox/kubernetes-api/index.ts';
import type { ServiceProcess } from '../../src/sandbox/service-process.ts';
import { createSlackApi, type SlackApi } from '../../src/sandbox/slack-api/index.ts';
import { startSandbox, type TestSandbox } from '../support/sandbox.ts';
import { createFleet, type Fleet, teamsOf } from './fleet.ts';
import { keepLedger, type Ledger } from './ledger.ts';
import { startRedis } from './redis.ts';
import { type Reading, readMetrics } from './service-metrics.ts';

/** A world with a fleet at rest, the service's replicas, and whoever watches. */
export interface Arena {
  readonly sandbox: TestSandbox;
  readonly kubernetes: KubernetesApi;
  readonly slack: SlackApi;
  readonly fleet: Fleet;
  readonly ledger: Ledger;
  readonly replicas: readonly ServiceProcess[];
  /** The metrics of each replica that lives. */
  readMetrics(): Promise<readonly Reading[]>;
  /** Waits until `isThere` holds for every one of these rollouts. */
  settled(what: string, names: Iterable<string>, isThere: (name: string) => boolean, timeoutMs?: number): Promise<void>;
  stop(): Promise<void>;
}

export interface ArenaOptions {
  readonly store: 'redis' | 'embedded';
  readonly replicas: number;
  readonly rollouts: number;
  readonly badEvery?: number;
  /** The steps of each; a short plan with an analysis unless given. */
  readonly steps?: readonly object[];
  /** Whether anybody is told: a Slack app with a channel for each team. */
  readonly hasSlack?: boolean;
}

export async function openArena({
  store,
  replicas,
  rollouts,
  badEvery,
  steps,
  hasSlack = true,
}: ArenaOptions): Promise<Arena> {
  const redis = store === 'redis' ? await startRedis() : undefined;
  const sandbox = await startSandbox({ redisUrl: redis?.url });
  const { kubernetes } = sandbox.standIns;
  if (kubernetes === undefined) throw new Error('the bench needs the stand-in for Kubernetes');
  const ledger = keepLedger(kubernetes);
  const teams = teamsOf(rollouts);
  const slack = await createSlackApi({
    appName: 'Stepwise',
    channels: teams.map(({ namespace, channel }) => ({ id: channel, name: namespace })),
  });
  const environment = {
    CHANNELS: teams.map(({ namespace, channel }) => `${namespace}=${channel}`).join(','),
    SLACK_API_URL: slack.apiUrl,
    SLACK_BOT_TOKEN: hasSlack ? slack.botToken : '',
    SLACK_APP_TOKEN: hasSlack ? slack.appToken : '',
  };
  const started = Array.from({ length: replicas }, () =>
    sandbox.startService({ ...environment, ...extraEnvironment() }),
  );
  await sandbox.eventually('all replicas started', () => (addresses(sandbox).length >= replicas ? true : undefined));
  const fleet = await createFleet(sandbox, rollouts, { badEvery, steps });

  async function settled(
    what: string,
    names: Iterable<string>,
    isThere: (name: string) => boolean,
    timeoutMs = 180_000,
  ): Promise<void> {
    const missing = new Set(names);
    const endAtMs = performance.now() + timeoutMs;
    while (missing.size > 0) {
      for (const name of missing) if (isThere(name)) missing.delete(name);
      if (missing.size > 0 && performance.now() > endAtMs) {
        const name = [...missing][0] ?? '';
        throw new Error(
          `${what}: ${missing.size} are not, e.g. ${name}: ${JSON.stringify(ledger.standings.get(name))}`,
        );
      }
      await sleep(50);
    }
  }

  const arena: Arena = {
    sandbox,
    kubernetes,
    slack,
    fleet,
    ledger,
    replicas: started,
    readMetrics: async () =>
      (await Promise.all(addresses(sandbox).map((url) => readMetrics(url).catch(() => undefined)))).filter(
        (reading) => reading !== undefined,
      ),
    settled,
    async stop() {
      ledger.stop();
      await sandbox.stop();
      await slack.stop();
      await redis?.stop();
    },
  };
  progress(`${rollouts} rollouts are created, waiting until all are Healthy`);
  const isHealthy = (name: string) => ledger.standings.get(name)?.phase === 'Healthy';
  await settled('first deployment', fleet.names, isHealthy, 180_000 + rollouts * 300);
  await waitForQuiet(arena);
  return arena;
}

/** Until the first deployment's last echoes and cards have gone by: nothing but the Lease is written for two seconds. */
async function waitForQuiet({ ledger }: Arena): Promise<void> {
  for (let tries = 0; tries < 30; tries++) {
    ledger.takeWrites();
    await sleep(2000);
    const { counts } = ledger.takeWrites();
    const { leases: _, ...rest } = counts;
    if (Object.keys(rest).length === 0) return;
  }
}

/** `BENCH_PROFILE=<folder>`: each replica leaves its CPU profile there when it stops. */
function extraEnvironment(): Readonly<Record<string, string>> {
  const folder = process.env.BENCH_PROFILE;
  return folder === undefined ? {} : { NODE_OPTIONS: `--cpu-prof --cpu-prof-dir=${folder}` };
}

/** Where the replicas' own metrics are: they choose a free port and log it. */
function addresses(sandbox: TestSandbox): readonly string[] {
  return sandbox
    .logs()
    .filter(({ msg }) => msg === 'started')
    .map(({ port }) => `http://127.0.0.1:${String(port)}/metrics`);
}

export function progress(line: string): void {
  process.stderr.write(`bench: ${line}\n`);
}
