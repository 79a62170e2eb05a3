import { setTimeout as sleep } from 'node:timers/promises';
import type { Charts } from './charts/index.ts';
import type { Config } from './config/index.ts';
import {
  type ConnectedCluster,
  createAccessReviews,
  type DeliveryPolicyView,
  drivenRights,
  keeperLeaseName,
  neededDefinitions,
  neededRights,
  readReadyDeployments,
  readServedVersions,
} from './kubernetes/index.ts';
import type { MetricProviders } from './metric-providers/index.ts';
import {
  type Channels,
  judgeChannel,
  judgeChartBlock,
  judgeClock,
  judgeController,
  judgeDefinitions,
  judgeDriven,
  judgePrometheus,
  judgeQueue,
  judgeRights,
  judgeSlack,
  judgeUserGroups,
  type Probe,
  type Probes,
  rightQuestions,
} from './operations/index.ts';
import type { QueueStore } from './queue-stores/index.ts';
import type { Rollout } from './rollout/index.ts';
import type { DrivenController } from './service-controller.ts';
import type { SlackApp } from './slack/index.ts';

interface DoctorHands {
  readonly cluster: ConnectedCluster;
  readonly config: Config;
  readonly store: QueueStore;
  readonly providers: MetricProviders;
  readonly charts: Charts;
  readonly channels: Channels;
  readonly rollouts: () => readonly Rollout[];
  readonly policies: () => readonly DeliveryPolicyView[];
  readonly slack: () => SlackApp | undefined;
  readonly driven: DrivenController | undefined;
  readonly standing: () => { readonly mayAct: boolean; readonly holder: string | undefined };
}

/** What `doctor` asks of everything this process is made of. */
export function createProbes(hands: DoctorHands): (channel: string) => Probes {
  return (channel) => ({
    slack: async () => judgeSlack(seenSlack(hands)),
    rights: rights(hands),
    definitions: async (signal) =>
      judgeDefinitions(
        await Promise.all(
          neededDefinitions.map(async (name) => ({
            name,
            versions: await readServedVersions(hands.cluster, name, signal),
          })),
        ),
      ),
    controller: controller(hands),
    queue: async () => judgeQueue(await hands.store.report()),
    prometheus: prometheus(hands),
    userGroups: inSlack(hands, async ({ userGroups }) => judgeUserGroups(await userGroups())),
    channel: inSlack(hands, async ({ isOutside }) => judgeChannel(seenChannel(channel, isOutside(channel), hands))),
    chartFont: chartFont(hands),
    chartBlock: inSlack(hands, async ({ chartsRefusedUntilMs }) => judgeChartBlock(chartsRefusedUntilMs())),
    clock: async (signal) => {
      const { api } = hands.cluster;
      await api.request({ method: 'GET', path: '/version', signal });
      return judgeClock(Date.now() - api.clock.nowMs(), api.clock.uncertaintyMs());
    },
  });
}

/** Pictures wait for turns (chart-thread.ts): a slow one is a busy replica, not a missing font. */
const pictureMs = 2500;

function chartFont({ charts }: DoctorHands): Probe {
  return async (signal) => {
    const late = sleep(pictureMs, undefined, { ref: false, signal }).catch(() => undefined);
    const drawn = await Promise.race([charts.draw(aPicture, 'doctor'), late]);
    if (drawn === undefined)
      return { state: 'warning', found: `not drawn within ${pictureMs / 1000} s: this replica is busy` };
    return { state: 'ok', found: `draws letters (${drawn.widthPx} × ${drawn.heightPx} px)` };
  };
}

/** The smallest picture with letters in it. */
const aPicture = {
  metric: 'doctor',
  limit: undefined,
  points: [0, 1, 2].map((minute) => ({ atMs: minute * 60_000, value: 1, isFailed: false })),
  weightSteps: [],
  verdict: 'running',
} as const;

function rights({ cluster, config, driven }: DoctorHands): Probe {
  const reviews = createAccessReviews(cluster);
  return async (signal) => {
    const asked = rightQuestions(driven === undefined ? neededRights : drivenRights, {
      watchNamespaces: config.WATCH_NAMESPACES,
      leaseNamespace: config.ARGO_NAMESPACE,
      ownNamespace: config.POD_NAMESPACE,
    });
    const [account, ...answers] = await Promise.all([
      reviews.whoAreWe(signal).catch(() => 'system:serviceaccount:stepwise:stepwise'),
      ...asked.map(({ question }) => reviews.mayWe(question, signal)),
    ]);
    return judgeRights(
      asked.filter((_, index) => answers[index] !== true),
      { asked: asked.length, account, isDriving: driven !== undefined },
    );
  };
}

function controller({ cluster, config, standing, driven }: DoctorHands): Probe {
  const lease = `${config.ARGO_NAMESPACE}/${keeperLeaseName(config.INSTANCE_ID)}`;
  if (driven !== undefined)
    return async () => judgeDriven({ controller: driven.runBy()?.name, holder: driven.holder(), lease });
  return async (signal) => {
    const { holder, mayAct } = standing();
    const argo = await readReadyDeployments(
      cluster,
      { namespace: config.ARGO_NAMESPACE, labelSelector: 'app.kubernetes.io/name=argo-rollouts' },
      signal,
    ).catch(() => undefined);
    return judgeController({ holder, isOurs: mayAct, lease, argo });
  };
}

function prometheus({ cluster, config, providers }: DoctorHands): Probe {
  return async (signal) => {
    const address = config.PROMETHEUS_ADDRESS;
    if (address === '') return judgePrometheus('', undefined);
    const { provider, settings } = providers.choose({ prometheus: { query: 'vector(1)', timeout: 3 } });
    const beganAtMs = performance.now();
    await provider.measure(settings, cluster.nowMs(), signal);
    return judgePrometheus(address, performance.now() - beganAtMs);
  };
}

function inSlack({ slack }: DoctorHands, ask: (checkup: SlackApp['checkup']) => ReturnType<Probe>): Probe | undefined {
  const app = slack();
  return app === undefined ? undefined : () => ask(app.checkup);
}

function seenChannel(channel: string, isOutside: boolean, { channels, rollouts, policies }: DoctorHands) {
  const namespaces = channels.namespacesOf(channel);
  const byAnnotation = rollouts().filter(
    (rollout) => channels.channelOf(rollout) === channel && !namespaces.includes(rollout.metadata.namespace),
  );
  return {
    channel,
    namespaces,
    policies: policies()
      .filter((policy) => policy.channels.includes(channel))
      .map(({ namespace, name }) => `${namespace}/${name}`),
    rollouts: namespaces.includes('*') ? 0 : byAnnotation.length,
    isOutside,
  };
}

function seenSlack(hands: DoctorHands): Parameters<typeof judgeSlack>[0] {
  const checkup = hands.slack()?.checkup;
  return checkup && { ...checkup.connections(), tokenRefused: checkup.tokenProblem()?.slackError };
}
