import { writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { KubeConfig } from '@kubernetes/client-node';
import { pino } from 'pino';
import { createCluster, loadKubeConfig } from '../kubernetes/index.ts';
import { lockFolder } from '../queue-stores/index.ts';
import { readAppManifest } from './app-manifest.ts';
import { applyManifests, type ManifestDocument, ManifestError, readManifests } from './apply.ts';
import { createKubernetesApi, httpRouteDefinition, type KubernetesApi } from './kubernetes-api/index.ts';
import { type SandboxOptions, UsageError } from './options.ts';
import { createPrometheusApi, type PrometheusApi } from './prometheus-api/index.ts';
import { createSlackApi, parseFault, type SlackApi } from './slack-api/index.ts';
import { createWorld, type World } from './world/index.ts';

const root = resolve(import.meta.dirname, '../..');
const serviceToken = 'sandbox-service-token';
const channel = 'C0SHIPSHOP';

/** Everything around Stepwise: each part is a stand-in, or undefined where the real thing takes its place. */
export interface StandIns {
  readonly kubernetes: KubernetesApi | undefined;
  readonly world: World | undefined;
  readonly prometheus: PrometheusApi | undefined;
  readonly slack: SlackApi | undefined;
  readonly kubeConfig: KubeConfig;
  readonly kubeconfigPath: string;
  /** The settings that the service is started with. */
  readonly environment: Readonly<Record<string, string>>;
  stop(): Promise<void>;
}

/** Settings of the real things, as they stand in the environment. */
export interface RealThings {
  readonly redisUrl: string | undefined;
  readonly slackBotToken: string | undefined;
  readonly slackAppToken: string | undefined;
  readonly channels: string | undefined;
}

export async function startStandIns(options: SandboxOptions, real: RealThings): Promise<StandIns> {
  const port = (offset: number) => (options.port === 0 ? 0 : options.port + offset);
  // Read first: a broken file must be told before anything is written.
  const extra = options.apply.flatMap(readManifests);
  const folder = resolve(options.dataFolder);
  const unlock = await lockFolder(folder);
  const stops: (() => Promise<void>)[] = [async () => unlock()];
  const stop = async () => {
    for (const stopOne of stops.splice(0).reverse()) await stopOne();
  };
  try {
    const kubernetes =
      options.kubeconfig === undefined
        ? await createKubernetesApi({
            port: port(1),
            dataFolder: join(folder, 'kubernetes'),
            seedCrds: [httpRouteDefinition],
            tokens: {
              [serviceToken]: {
                user: 'system:serviceaccount:stepwise:stepwise',
                groups: ['system:serviceaccounts', 'system:authenticated'],
              },
            },
          })
        : undefined;
    if (kubernetes !== undefined) stops.push(() => kubernetes.stop());
    const kubeconfigPath =
      kubernetes === undefined ? resolve(options.kubeconfig ?? '') : writeKubeconfigs(folder, kubernetes.url);
    const kubeConfig = loadKubeConfig({ kubeconfigPath });
    await applyAll(extra, kubeConfig, kubernetes !== undefined);

    const world =
      kubernetes === undefined
        ? undefined
        : await createWorld({
            kubernetesUrl: kubernetes.url,
            port: port(2),
            imageListNamespace: 'sandbox',
            load: { 'checkout.example.com': 40 },
          });
    if (world !== undefined) stops.push(() => world.stop());
    const prometheus =
      options.prometheus !== undefined || world === undefined
        ? undefined
        : await createPrometheusApi({
            port: port(3),
            targets: [{ url: `${world.url}/metrics` }],
            scrapeIntervalMs: 1000,
            retentionMs: 900_000,
          });
    if (prometheus !== undefined) stops.push(() => prometheus.stop());
    const slack =
      real.slackBotToken === undefined || real.slackAppToken === undefined
        ? await createSlackApi({
            port: port(4),
            appName: 'Stepwise',
            ...readAppManifest(join(root, 'manifests/install/slack-app.yaml')),
            dataFolder: join(folder, 'slack'),
            ...(options.slackFault === undefined ? {} : { fault: slackFault(options.slackFault) }),
          })
        : undefined;
    if (slack !== undefined) stops.push(() => slack.stop());

    const environment: Record<string, string> = {
      PATH: process.execPath,
      KUBECONFIG: kubernetes === undefined ? kubeconfigPath : join(folder, 'kubeconfig.service'),
      PROMETHEUS_ADDRESS: options.prometheus ?? prometheus?.url ?? '',
      SLACK_BOT_TOKEN: real.slackBotToken ?? slack?.botToken ?? '',
      SLACK_APP_TOKEN: real.slackAppToken ?? slack?.appToken ?? '',
      ...(slack === undefined ? {} : { SLACK_API_URL: slack.apiUrl }),
      CHANNELS: real.channels ?? `shop=${channel}`,
      SIGNING_KEY: signingKey,
      REDIS_URL: real.redisUrl ?? '',
      DATA_DIR: join(folder, 'queue'),
      HTTP_PORT: String(port(5)),
      IMAGE_HOOK_SECRET: imageHookSecret,
      LEASE_SECONDS: '4',
      // The API server is on this machine and nobody else's: nothing to spare.
      API_REQUESTS_PER_SECOND: '2000',
      LOG_LEVEL: 'info',
    };
    writeFileSync(join(folder, 'service.json'), JSON.stringify(environment, null, 2), { mode: 0o600 });
    return { kubernetes, world, prometheus, slack, kubeConfig, kubeconfigPath, environment, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

async function applyAll(extra: readonly ManifestDocument[], kubeConfig: KubeConfig, isStandIn: boolean): Promise<void> {
  const cluster = createCluster({ kubeConfig, fieldManager: 'stepwise-sandbox', log: pino({ level: 'silent' }) });
  try {
    await cluster.start(AbortSignal.timeout(15_000)).catch((error: unknown) => {
      const server = kubeConfig.getCurrentCluster()?.server;
      throw new UsageError(
        `the cluster at ${server} does not answer: ${error instanceof Error ? error.message : error}`,
      );
    });
    const own = sandboxManifests(isStandIn);
    // Somebody's real cluster: all of it, or nothing.
    if (!isStandIn) await applyManifests(own, cluster, 'check').catch(sayWhatIsMissing);
    await applyManifests(own, cluster, 'create');
    await applyManifests(extra, cluster, 'check');
    await applyManifests(extra, cluster, 'apply');
  } finally {
    await cluster.stop();
  }
}

/** A cluster that Stepwise was not installed in. */
function sayWhatIsMissing(error: unknown): never {
  if (!(error instanceof ManifestError) || !error.message.includes('knows no kind')) throw error;
  const lines = [
    'kubectl create -k manifests/install/crds-argo',
    'kubectl apply --server-side -k manifests/install/crds',
    'kubectl create ns argo-rollouts',
  ];
  throw new UsageError(`${error.message}. Give the cluster its custom resources first:\n  ${lines.join('\n  ')}`);
}

function slackFault(words: string) {
  try {
    return parseFault(words);
  } catch (error) {
    throw new UsageError(`--slack-fault ${words}: ${error instanceof Error ? error.message : String(error)}`);
  }
}

/** What CI would sign with. */
const imageHookSecret = 'sandbox-image-hook-secret';

/** Fixed, so that buttons of an earlier run still work. A sandbox guards nothing. */
const signingKey = '5afe'.repeat(16);

function sandboxManifests(isStandIn: boolean): ManifestDocument[] {
  // A real cluster has been installed in; the roles are what the demo's bindings name, and give nobody anything by themselves.
  const install = isStandIn ? ['crds-argo', 'crds', 'app/namespace.yaml', 'app/rbac.yaml'] : [];
  return [
    ...(isStandIn ? readManifests(join(root, 'src/sandbox/demo')) : []),
    ...[...install, 'app/roles.yaml'].flatMap((path) => readManifests(join(root, 'manifests/install', path))),
    ...readManifests(join(root, 'manifests/examples/checkout')),
  ];
}

/** One for people, one for the service: a token of its own, so that the shipped RBAC is what it runs under. */
function writeKubeconfigs(folder: string, server: string): string {
  const config = (user: object) => ({
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [{ name: 'sandbox', cluster: { server, 'insecure-skip-tls-verify': true } }],
    users: [{ name: 'sandbox', user }],
    contexts: [{ name: 'sandbox', context: { cluster: 'sandbox', user: 'sandbox', namespace: 'shop' } }],
    'current-context': 'sandbox',
  });
  writeFileSync(join(folder, 'kubeconfig.service'), JSON.stringify(config({ token: serviceToken }), null, 2), {
    mode: 0o600,
  });
  const path = join(folder, 'kubeconfig');
  writeFileSync(path, JSON.stringify(config({}), null, 2), { mode: 0o600 });
  return path;
}
