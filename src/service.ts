import { hostname } from 'node:os';
import { type Logger, pino } from 'pino';

import { createCharts } from './charts/index.ts';
import type { Config } from './config/index.ts';
import {
  createAnalysisRunTurn,
  createEngine,
  createHistory,
  createMeasureAgain,
  createMeasureNow,
  createPolicyWatch,
  type ObserveTools,
  onMove,
  takeStepPluginTurn,
  verify,
} from './engine/index.ts';
import { type Check, checkReflector, createHttpServer } from './http/index.ts';
import {
  type ConnectedCluster,
  createAccessRules,
  createCluster,
  createEventOutbox,
  createJobs,
  createKnownRollouts,
  type EventOutbox,
  type EventToSend,
  resources,
  watchWorkloads,
} from './kubernetes/index.ts';
import { redact } from './lib/index.ts';
import { createMetricProviders } from './metric-providers/index.ts';
import { createChannels, createLiveCards, createOperations } from './operations/index.ts';
import { createDenials, createRecords, deriveEntries } from './records/index.ts';
import { type Effect, instanceIdLabel, plainDeployment, type Rollout } from './rollout/index.ts';
import { registerArgoMetrics } from './service-argo-metrics.ts';
import { type Builds, createBuilds } from './service-builds.ts';
import { chooseMode, watchController } from './service-controller.ts';
import { createProbes } from './service-doctor.ts';
import { createTemplateReader, sendExperimentEvent } from './service-experiments.ts';
import { createHands, type Hands } from './service-hands.ts';
import { createMetrics } from './service-metrics.ts';
import { createKeeperLease, createStore } from './service-queue.ts';
import { createDeliver, createReading } from './service-reading.ts';
import { readSlackSettings, signingKeys, slackChecks } from './service-slack.ts';
import { createWhyTools } from './service-why.ts';
import { createSlackApp } from './slack/index.ts';
import { createWebhooks } from './webhooks/index.ts';

export interface Service {
  start(): Promise<void>;
  /** Everything stops in reverse; turns under way end first. */
  stop(): Promise<void>;
}

const ourHolder = /^stepwise_/;

/**
 * Builds every room once. Waits for the API server, until `stopping` aborts: without it there is nothing to build on. Meanwhile we are
 * alive and not ready: a service that is killed for its patience comes back later than the API server does.
 */
export async function createService(config: Config, stopping: AbortSignal): Promise<Service> {
  const log = createLogger(config);
  const { registry, observeTurn, onAnswer } = createMetrics();
  const perSecond = config.API_REQUESTS_PER_SECOND;
  const cluster = createCluster({
    kubeConfig: { kubeconfigPath: config.KUBECONFIG || undefined },
    limits: { perSecond, burst: 2 * perSecond },
    onAnswer,
    log,
  });
  let readiness = (): Check[] => [{ name: 'kubernetes', isReady: false, message: 'has not answered yet' }];
  let imageHook: Builds['hook'] = async () => ({ status: 503, text: 'starting; send it again\n' });
  const http = createHttpServer({
    port: config.HTTP_PORT,
    metrics: registry,
    log,
    readiness: () => readiness(),
    imageHook: (request) => imageHook(request),
  });
  const port = await http.start();
  async function giveUp(error: unknown): Promise<never> {
    await Promise.all([http.stop(), cluster.stop()]);
    throw error;
  }
  const hands = await connect(cluster, config, log, stopping).catch(giveUp);
  const { caches } = hands;
  const known = createKnownRollouts(caches);
  const outbox = createEventOutbox(cluster, log);
  const mode = await chooseMode(cluster, config, log, stopping).catch(giveUp);
  const driven = mode === 'drive' ? watchController(cluster, config, log) : undefined;
  const runBy = () => driven?.runBy();
  const lease = createKeeperLease(cluster, { config, mode }, log);
  // Whoever runs the Rollouts tells of them: beside an Argo controller its own metrics do.
  const argoMetrics =
    mode === 'own' ? registerArgoMetrics({ registry, caches, isTelling: () => lease.isMine() }) : undefined;
  const events: EventOutbox = {
    ...outbox,
    add(event) {
      argoMetrics?.countEvent(event);
      outbox.add(event);
    },
  };
  const store = createStore({ config, mode }, lease, log);
  const keys = signingKeys(config, log);
  const records = createRecords({ cluster, chainKey: keys.current, log });
  const denials = createDenials({ write: records.recordDenials, nowMs: cluster.nowMs, log });
  const channels = createChannels(config.CHANNELS, hands.policies.list);
  const policies = createPolicyWatch({ policies: hands.policies, rollouts: known, store, log });
  const builds = createBuilds({ ...hands, cluster, known, channels, store, config, log });
  const charts = createCharts();
  const webhooks = createWebhooks({
    secret: config.WEBHOOK_SECRET,
    hosts: config.WEBHOOK_HOSTS,
    nowMs: cluster.nowMs,
  });
  const providers = createMetricProviders({
    prometheusAddress: config.PROMETHEUS_ADDRESS,
    jobs: createJobs(cluster),
    webhooks,
  });

  const hasOurLabel = ({ metadata }: { readonly metadata: { readonly labels: Readonly<Record<string, string>> } }) =>
    (metadata.labels[instanceIdLabel] ?? '') === config.INSTANCE_ID;
  const observing: Omit<ObserveTools, 'caches'> = {
    ...hands,
    nowMs: cluster.nowMs,
    evidence: config.EVIDENCE,
    isOurs: hasOurLabel,
    isDriven: mode === 'drive',
  };
  const deliver = createDeliver(cluster, config.CLUSTER_NAME, runBy);

  const access = createAccessRules(cluster);
  const whyTools = createWhyTools({
    cluster,
    config,
    observing: { ...observing, caches },
    routers: hands.routers,
    records,
    deliver,
    providers,
    access,
    engine: () => engine,
    driven,
  });
  const probes = createProbes({
    cluster,
    config,
    store,
    providers,
    charts,
    channels,
    rollouts: () => caches.rollouts.list(),
    policies: hands.policies.list,
    slack: () => slack,
    standing: () => engine.standing(),
    driven,
  });
  const operations = createOperations({
    ...hands,
    ...createReading({ cluster, hands, observing: { ...observing, caches }, records, deliver }),
    ...whyTools,
    cluster,
    isDriven: mode === 'drive',
    known,
    heardImages: builds.heardImages,
    channels,
    store,
    record: (rollout, act, signal) => records.recordAct(rollout, act, cluster.nowMs(), signal),
    tellDenial: denials.tell,
    nowMs: cluster.nowMs,
    whoMay: access.subjectsOf,
    measureNow: createMeasureNow({ cluster, resources, providers, evidence: config.EVIDENCE }),
    probes,
    silentController: () => {
      const seen = runBy();
      return seen?.silentSinceMs === undefined ? undefined : seen;
    },
    log,
  });
  const slackSettings = readSlackSettings(config);
  const slack =
    slackSettings === undefined
      ? undefined
      : createSlackApp({
          settings: slackSettings,
          operations,
          log,
          signingKeys: keys.all,
          clusterUid: cluster.uid,
          charts,
          onRolloutChange: (listener) => onMove(known, listener),
          namespacesOf: channels.namespacesOf,
          liveCardsIn: createLiveCards({ rollouts: known, channels, now: Date.now }),
          channelOf: channels.channelOfNamespace,
        });
  if (slack === undefined) log.info('no Slack token: rollouts run, nobody is told');

  const engine = createEngine({
    mode,
    caches,
    store,
    lease,
    isOurHolder: (holder) => ourHolder.test(holder),
    observing,
    watchWorkloads: (kind) => watchWorkloads(cluster, kind, { namespaces: config.WATCH_NAMESPACES, log }),
    performing: { ...hands, sendEvent: (rollout, event) => events.add(regarding(rollout, event)) },
    experiment: {
      ...hands.ofExperiments,
      experiments: hands.experiments,
      readTemplate: createTemplateReader(cluster),
      isOurs: hasOurLabel,
      evidence: config.EVIDENCE,
      sendEvent: (experiment, event, on) => sendExperimentEvent(events.add, experiment, event, on),
      nowMs: cluster.nowMs,
      log,
    },
    guarding: hands.ofDeployments,
    takeAnalysisTurn: createAnalysisRunTurn({
      cluster,
      resources,
      providers,
      evidence: config.EVIDENCE,
      isOurs: hasOurLabel,
      nudge: (key, options) => store.nudge(key, options),
      sendEvent: events.add,
      log,
    }),
    takeStepPluginTurn: (key, signal) =>
      takeStepPluginTurn(
        key,
        { ...hands, replicaSets: caches.replicaSets, webhooks, store, isOurs: hasOurLabel, nowMs: cluster.nowMs, log },
        signal,
      ),
    card: {
      records,
      derive: deriveEntries,
      deliver,
      withHistory: createHistory(providers),
      verify: (record, seen, signal) =>
        verify(record, seen, { measureAgain: createMeasureAgain({ providers, nowMs: cluster.nowMs }) }, signal),
      channelOf: channels.channelOf,
      notifier: slack?.notifier,
      unsent: new Map(),
      posted: new Map(),
      closed: new Map(),
      nowMs: cluster.nowMs,
      log,
    },
    builds: builds.turns(slack?.notifier),
    observeTurn(turn) {
      observeTurn(turn);
      argoMetrics?.observeTurn(turn);
    },
    log,
  });
  readiness = () => [
    ...Object.entries(caches).map(([name, cache]) => checkReflector(name, cache)),
    { name: 'queue', isReady: true, message: `${store.kind}, ${store.isHealthy() ? 'answers' : 'does not answer'}` },
    ...slackChecks(slack),
    { name: 'keeper', isReady: true, message: engine.standing().holder ?? 'nobody holds the Lease' },
    ...(driven === undefined
      ? []
      : [{ name: 'controller', isReady: true, message: driven.holder() ?? 'no Argo controller holds its Lease' }]),
  ];

  return {
    async start() {
      // Before the first card is posted: it stays in the channel where it was begun.
      await policies.start();
      await driven?.start();
      await engine.start();
      // What is heard must be told: not before there is a queue.
      imageHook = builds.hook;
      await slack?.start();
      log.info({ port, store: store.kind, controller: mode, slack: slackSettings?.mode.kind }, 'started');
    },
    async stop() {
      await slack?.stop();
      await denials.stop();
      await engine.stop();
      await policies.stop();
      await driven?.stop();
      await events.stop();
      await http.stop();
      await charts.stop();
      await cluster.stop();
      log.info('stopped');
    },
  };
}

async function connect(cluster: ConnectedCluster, config: Config, log: Logger, stopping: AbortSignal): Promise<Hands> {
  await cluster.start(stopping);
  return await createHands(cluster, config, log);
}

/** Everything that is logged passes the same redaction as everything that goes to Slack. */
function createLogger(config: Config): Logger {
  return pino({
    level: config.LOG_LEVEL,
    base: { pod: config.POD_NAME || hostname() },
    serializers: { err: pino.stdSerializers.err, error: pino.stdSerializers.err },
    hooks: { streamWrite: redact },
  });
}

function regarding(rollout: Rollout, event: Extract<Effect, { kind: 'sendEvent' }>): EventToSend {
  const { namespace, name, uid } = rollout.metadata;
  const deployment = plainDeployment(name);
  const resource = deployment === undefined ? resources.rollouts : resources.deployments;
  return { ...event, regarding: { resource, namespace, name: deployment ?? name, uid } };
}
