import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import { readAppManifest } from '../../src/sandbox/app-manifest.ts';
import { createKubernetesApi, httpRouteDefinition } from '../../src/sandbox/kubernetes-api/index.ts';
import { createPrometheusApi } from '../../src/sandbox/prometheus-api/index.ts';
import { type ServiceProcess, startServiceProcess } from '../../src/sandbox/service-process.ts';
import { createSlackApi, type SlackApi } from '../../src/sandbox/slack-api/index.ts';
import { createWorld } from '../../src/sandbox/world/index.ts';
import { kubeconfigFor, type Ran, runLine } from './kubectl.ts';
import { hasRedisServer, startRedisServer } from './redis-server.ts';

/** An empty cluster, a workspace and an admin's terminal: nothing of Stepwise is installed. */
export interface Installation {
  readonly slack: SlackApi;
  readonly prometheusUrl: string;
  /** What an admin types, in a folder with a copy of the manifests. */
  run(line: string, environment?: Readonly<Record<string, string>>): Promise<Ran>;
  /** Changes a file of the copy. */
  edit(file: string, change: (text: string) => string): void;
  /** The container of the Deployment as a process of its own: the same settings, the rights of its service account. */
  startService(environment?: Readonly<Record<string, string>>): Promise<void>;
  stopService(): Promise<void>;
  /** What differs from the settings in the Deployment. */
  serviceSettings(): Record<string, string>;
  serviceUrl(): Promise<string>;
  /** The lines that the service logged since it was started. */
  logged(): readonly string[];
  get(path: string): Promise<unknown>;
  eventually<T>(what: string, look: () => Promise<T | undefined> | T | undefined): Promise<T>;
  stop(): Promise<void>;
}

export async function openInstallation(channel: string): Promise<Installation> {
  const stops: (() => Promise<void>)[] = [];
  const logged: string[] = [];
  let redisUrl = '';
  let service: ServiceProcess | undefined;
  const folder = mkdtempSync(join(tmpdir(), 'install-'));
  const api = await createKubernetesApi({ port: 0, seedCrds: [httpRouteDefinition] });
  const load = { 'checkout.example.com': 40 };
  const world = await createWorld({ kubernetesUrl: api.url, port: 0, load });
  const targets = [{ url: `${world.url}/metrics` }];
  const prometheus = await createPrometheusApi({ port: 0, targets, scrapeIntervalMs: 1000, retentionMs: 900_000 });
  const prometheusUrl = prometheus.url;
  const slack = await createSlackApi({
    appName: 'Stepwise',
    ...readAppManifest('manifests/install/slack-app.yaml'),
    channels: [{ id: channel, name: 'deploys' }],
  });
  stops.push(slack.stop, prometheus.stop, world.stop, () => api.stop());
  if (hasRedisServer()) {
    const redis = await startRedisServer('port');
    redisUrl = redis.url;
    stops.push(() => redis.stop());
  }
  writeFileSync(join(folder, 'kubeconfig'), kubeconfigFor(api.url));
  cpSync('manifests', join(folder, 'manifests'), { recursive: true });

  function edit(file: string, change: (text: string) => string): void {
    const before = readFileSync(join(folder, file), 'utf8');
    const after = change(before);
    if (after === before) throw new Error(`${file} is not as expected`);
    writeFileSync(join(folder, file), after);
  }

  function run(line: string, environment: Readonly<Record<string, string>> = {}): Promise<Ran> {
    // The CLI is run from the repository; manifests are read from the copy that was edited.
    const cwd = /^(npm|node) /.test(line) ? process.cwd() : folder;
    return runLine(line, {
      cwd,
      environment: { HOME: folder, KUBECONFIG: join(folder, 'kubeconfig'), ...environment },
    });
  }

  async function eventually<T>(what: string, look: () => Promise<T | undefined> | T | undefined): Promise<T> {
    const endAt = performance.now() + 120_000;
    let last: unknown;
    while (performance.now() < endAt) {
      last = await look();
      if (last !== undefined) return last as T;
      await sleep(100);
    }
    throw new Error(
      `${what}: not within 120 s; logged last:\n${logged
        .slice(-15)
        .map((line) => line.slice(0, 400))
        .join('\n')}`,
    );
  }

  async function get(path: string): Promise<unknown> {
    const response = await fetch(`${api.url}${path}`);
    return response.ok ? response.json() : undefined;
  }

  /** The Deployment's container as a process of its own: the same settings, the rights of its service account. */
  async function startService(environment: Readonly<Record<string, string>> = {}): Promise<void> {
    const token = await run('kubectl -n stepwise create token stepwise');
    if (token.code !== 0) throw new Error(token.words);
    writeFileSync(join(folder, 'kubeconfig.service'), kubeconfigFor(api.url, token.words.trim()));
    const settings = await run(
      'kubectl -n stepwise get configmap "$(kubectl -n stepwise get deploy stepwise -o jsonpath={.spec.template.spec.containers[0].envFrom[0].configMapRef.name})" -o jsonpath={.data}',
    );
    if (settings.code !== 0) throw new Error(settings.words);
    logged.length = 0;
    service = startServiceProcess({
      environment: {
        PATH: process.execPath,
        ...z.record(z.string(), z.string()).parse(JSON.parse(settings.words)),
        ...serviceSettings(),
        ...environment,
      },
      onState: () => undefined,
      onLog: (line) => logged.push(line),
    });
    await eventually('the service listens in Slack', () => slack.connections() > 0 || undefined);
  }

  function serviceSettings(): Record<string, string> {
    return {
      KUBECONFIG: join(folder, 'kubeconfig.service'),
      POD_NAME: 'stepwise-0',
      SLACK_API_URL: slack.apiUrl,
      SLACK_BOT_TOKEN: slack.botToken,
      SLACK_APP_TOKEN: slack.appToken,
      SIGNING_KEY: '5afe'.repeat(16),
      IMAGE_HOOK_SECRET: 'hook',
      // As the overlay has it, where there is one; the embedded store takes seconds to be made.
      REDIS_URL: redisUrl,
      DATA_DIR: join(folder, 'queue'),
      PROMETHEUS_ADDRESS: prometheusUrl,
      HTTP_PORT: '0',
      LEASE_SECONDS: '4',
    };
  }

  /** Where the service answers, from what it logged. */
  async function serviceUrl(): Promise<string> {
    const Started = z.looseObject({ msg: z.literal('started'), port: z.number() });
    return eventually('the service has started', () => {
      for (const line of logged) {
        const started = line.startsWith('{') ? Started.safeParse(JSON.parse(line)) : undefined;
        if (started?.success === true) return `http://127.0.0.1:${started.data.port}`;
      }
      return undefined;
    });
  }

  async function stopService(): Promise<void> {
    await service?.stop();
    service = undefined;
  }

  return {
    slack,
    prometheusUrl,
    run,
    edit,
    startService,
    stopService,
    serviceSettings,
    serviceUrl,
    logged: () => logged,
    get,
    eventually,
    async stop() {
      await stopService();
      for (const stop of stops) await stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
