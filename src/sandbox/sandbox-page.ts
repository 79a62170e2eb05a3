import { createHmac } from 'node:crypto';
import { relative } from 'node:path';
import type { WriteNotice } from './kubernetes-api/index.ts';
import type { SandboxOptions } from './options.ts';
import { createPage, type Fact, type Page, type PageAction, type StatusLine } from './page/index.ts';
import type { ServiceProcess } from './service-process.ts';
import type { StandIns } from './stand-ins.ts';

export interface SandboxPageTools {
  readonly options: SandboxOptions;
  readonly standIns: StandIns;
  readonly service: () => ServiceProcess | undefined;
  /** Tells each line of the service's life; returns how to stop listening. */
  readonly onStatus: (listener: (line: StatusLine) => void) => () => void;
  readonly emptyQueue: () => Promise<string>;
}

/** How long the world stays broken: long enough to see, short enough to watch it heal. */
const slackDownMs = 20_000;
const prometheusDownMs = 20_000;
/** Which version the build ends well with. */
const builtImage = '2.1.0';
const restartAfterKillMs = 2000;

/** The page over the stand-ins: the channel, the world, and the buttons that break it. */
export function openPage(tools: SandboxPageTools): Promise<Page> {
  const { options, standIns } = tools;
  const { kubernetes, slack, world } = standIns;
  return createPage({
    port: options.port,
    slackUrl: slack?.url ?? '',
    ...(world === undefined ? {} : { worldUrl: world.url }),
    ...(kubernetes === undefined ? {} : { kubernetesUrl: kubernetes.url }),
    title: 'Stepwise sandbox',
    command: '/rollout start checkout 2.0.0',
    pinned: {
      text:
        world === undefined
          ? 'checkout runs in your cluster. Ship something, or type a command.'
          : 'checkout serves 40 requests a second. Ship something, or type a command.',
      commands: [
        { label: 'Ship 2.0.0', text: '/rollout start checkout 2.0.0' },
        { label: 'Ship 3.0.0, it is broken', text: '/rollout start checkout 3.0.0' },
      ],
    },
    kubectlLine: `kubectl --kubeconfig ${relative(process.cwd(), standIns.kubeconfigPath)} get rollouts -w`,
    facts: factsOf(options, standIns),
    actions: actionsOf(tools),
    onAction: (name) => breakIt(name, tools),
    status: tools.onStatus,
    ...(kubernetes === undefined
      ? {}
      : {
          writes: (listener) =>
            kubernetes.onWrite((write) => {
              if (isWorthSeeing(write)) listener({ atMs: write.atMs, line: write.summary });
            }),
        }),
  });
}

const unseen = new Set(['leases', 'events', 'deliveryrecords', 'configmaps']);

/**
 * What Stepwise wrote and people wrote; not the kubelet's and controllers' endless statuses, nor the Lease's heartbeat. A review is a
 * question that is posted: `doctor` alone asks 79, which pushed everything else off the list.
 */
function isWorthSeeing({ resource, status, fieldManager, user }: WriteNotice): boolean {
  if (status >= 400 || unseen.has(resource) || resource.endsWith('reviews')) return false;
  return user.includes('stepwise') || fieldManager.startsWith('kubectl') || fieldManager.startsWith('stepwise');
}

function actionsOf({ options, standIns }: SandboxPageTools): PageAction[] {
  const actions: PageAction[] = [];
  if (options.only === undefined) actions.push({ name: 'kill', label: 'Kill Stepwise (SIGKILL)' });
  if (standIns.slack !== undefined) actions.push({ name: 'slack', label: `Slack down ${slackDownMs / 1000} s` });
  if (standIns.prometheus !== undefined)
    actions.push({ name: 'prometheus', label: `Prometheus down ${prometheusDownMs / 1000} s` });
  if (options.only === undefined) actions.push({ name: 'queue', label: 'Empty the queue' });
  if (hookUrl(standIns) !== undefined)
    actions.push({ name: 'build', label: `CI built ${builtImage}`, isHelpful: true });
  return actions;
}

async function breakIt(
  name: string,
  { options, service, standIns, emptyQueue }: SandboxPageTools,
): Promise<string | undefined> {
  switch (name) {
    case 'kill': {
      const pid = service()?.pid();
      service()?.kill(restartAfterKillMs);
      return `SIGKILL sent to ${pid}; started again in ${restartAfterKillMs / 1000} s`;
    }
    case 'slack':
      standIns.slack?.setFault('down');
      setTimeout(() => standIns.slack?.setFault('none'), slackDownMs).unref();
      return `Slack is down for ${slackDownMs / 1000} s`;
    case 'prometheus':
      standIns.prometheus?.setFault('down');
      setTimeout(() => standIns.prometheus?.setFault('none'), prometheusDownMs).unref();
      return `Prometheus is down for ${prometheusDownMs / 1000} s`;
    case 'build':
      return tellBuild(standIns, options.only);
    case 'queue':
      return emptyQueue();
    default:
      return undefined;
  }
}

/** Where Stepwise listens, if somebody told it. */
function hookUrl({ environment }: StandIns): string | undefined {
  return environment.HTTP_PORT === '0' ? undefined : `http://127.0.0.1:${environment.HTTP_PORT}/hooks/image`;
}

/** Tells of a build as CI would: signed, over HTTP. What comes of it is in the channel. */
async function tellBuild(standIns: StandIns, only: SandboxOptions['only']): Promise<string> {
  const { environment } = standIns;
  // The other half listens on a port of its own, because several of it may run beside each other.
  const hint = only === undefined ? '' : `: start the other half with HTTP_PORT=${environment.HTTP_PORT}`;
  const body = JSON.stringify({ image: `ghcr.io/acme/checkout:${builtImage}`, commits: 3, by: 'build 4711' });
  const sentAt = String(Math.floor(Date.now() / 1000));
  const secret = environment.IMAGE_HOOK_SECRET ?? '';
  const mac = createHmac('sha256', secret).update(`v1:${sentAt}:${body}`).digest('hex');
  const headers = { 'x-stepwise-timestamp': sentAt, 'x-stepwise-signature': `v1=${mac}` };
  try {
    const answer = await fetch(hookUrl(standIns) ?? '', {
      method: 'POST',
      body,
      headers,
      signal: AbortSignal.timeout(5000),
    });
    return `POST /hooks/image: ${answer.status} ${(await answer.text()).trim()}`;
  } catch {
    return `POST /hooks/image: Stepwise does not answer at port ${environment.HTTP_PORT}${hint}`;
  }
}

function prometheusWords(real: string | undefined, hasStandIn: boolean): string {
  if (real !== undefined) return `axios, against your Prometheus (${real})`;
  return hasStandIn ? 'axios, against a stand-in that scrapes the proxy' : 'none: each metric names its own address';
}

function factsOf(options: SandboxOptions, { slack, kubernetes, prometheus, environment }: StandIns): Fact[] {
  const isRedis = environment.REDIS_URL !== '';
  return [
    {
      label: 'Slack',
      what: slack === undefined ? 'your workspace' : 'Bolt 5 over two WebSockets, against a stand-in',
      flag: 'SLACK_BOT_TOKEN, SLACK_APP_TOKEN',
    },
    {
      label: 'Kubernetes',
      what:
        kubernetes === undefined
          ? `your cluster (${options.kubeconfig})`
          : 'client-node, against a stand-in that kubectl works on',
      flag: '--kubeconfig',
    },
    {
      label: 'Prometheus',
      what: prometheusWords(options.prometheus, prometheus !== undefined),
      flag: '--prometheus',
    },
    {
      label: 'Queue',
      what: isRedis ? 'BullMQ on your Redis' : 'BullMQ on PostgreSQL in WebAssembly, good for about 50 moving rollouts',
      flag: 'REDIS_URL',
    },
    { label: 'Charts', what: 'ECharts and resvg, in a worker thread', flag: '' },
    { label: 'For real', what: 'Install in your workspace: README, Install', flag: '' },
  ];
}
