import { randomBytes } from 'node:crypto';
import { hostname } from 'node:os';
import { type Logger, pino } from 'pino';
import { Counter, collectDefaultMetrics, Histogram, Registry } from 'prom-client';

import { createCharts } from './charts/index.ts';
import type { Config } from './config/index.ts';
import {
  createAnalysisRunTurn,
  createEngine,
  createHistory,
  createMeasureAgain,
  createMeasureNow,
  createPolicyWatch,
  factsOf,
  glance,
  lookAt,
  type ObserveTools,
  onMove,
  readAnalysisRuns,
  verify,
} from './engine/index.ts';
import { type Check, checkReflector, createHttpServer } from './http/index.ts';
import {
  type ConnectedCluster,
  createAccessRules,
  createCluster,
  createEventOutbox,
  createHolderName,
  createLease,
  createLeaseTiming,
  type EventToSend,
  keeperLeaseName,
  type LeaderLease,
  type ObjectName,
  resources,
} from './kubernetes/index.ts';
import { redact } from './lib/index.ts';
import { createMetricProviders } from './metric-providers/index.ts';
import { createChannels, createLiveCards, createOperations } from './operations/index.ts';
import { createQueueStore, type QueueStore } from './queue-stores/index.ts';
import { createDenials, createRecords, deriveEntries, listRecords, pastRevisionOf, wasLive } from './records/index.ts';
import { type Effect, instanceIdLabel, type Rollout, readDelivery } from './rollout/index.ts';
import { type Builds, createBuilds } from './service-builds.ts';
import { createProbes } from './service-doctor.ts';
import { createHands, type Hands } from './service-hands.ts';
import { createWhyTools } from './service-why.ts';
import { createSlackApp, type SlackApp, type SlackSettings } from './slack/index.ts';

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
  const hands = await connect(cluster, config, log, stopping).catch(async (error: unknown) => {
    await Promise.all([http.stop(), cluster.stop()]);
    throw error;
  });
  const { caches } = hands;
  const events = createEventOutbox(cluster, log);
  const lease = createKeeperLease(cluster, config, log);
  const store = createStore(config, lease, log);
  const keys = signingKeys(config, log);
  const records = createRecords({ cluster, chainKey: keys.current, log });
  const denials = createDenials({ write: records.recordDenials, nowMs: cluster.nowMs, log });
  const channels = createChannels(config.CHANNELS, hands.policies.list);
  const policies = createPolicyWatch({ policies: hands.policies, rollouts: caches.rollouts, store, log });
  const builds = createBuilds({ cluster, caches, channels, store, config, log });
  const charts = createCharts();
  const providers = createMetricProviders({ prometheusAddress: config.PROMETHEUS_ADDRESS });

  const observing: Omit<ObserveTools, 'caches'> = {
    ...hands,
    nowMs: cluster.nowMs,
    evidence: config.EVIDENCE,
    isOurs: (rollout) => (rollout.metadata.labels[instanceIdLabel] ?? '') === config.INSTANCE_ID,
  };
  async function look(name: ObjectName, signal: AbortSignal) {
    const world = await glance(name, { ...observing, caches }, signal);
    return world === undefined ? undefined : lookAt(world);
  }
  const deliver: Parameters<typeof createEngine>[0]['card']['deliver'] = (record, { world }) =>
    readDelivery(world, { clusterUid: cluster.uid(), ...factsOf(record) });

  const access = createAccessRules(cluster);
  const operations = createOperations({
    ...hands,
    cluster,
    known: caches.rollouts,
    replicaSetsOf: (rollout) => caches.replicaSets.ownedBy(rollout.metadata.uid),
    heardImages: builds.heardImages,
    channels,
    store,
    readAnalysisRuns: (rollout, signal) => readAnalysisRuns(rollout, hands, signal),
    tellDenial: denials.tell,
    record: (rollout, act, signal) => records.recordAct(rollout, act, cluster.nowMs(), signal),
    wasLive: async (rollout, revision, signal) => {
      const record = await records.find(rollout.metadata, revision, signal);
      return record === undefined ? undefined : wasLive(record);
    },
    pastOf: async ({ metadata: { namespace, uid } }, signal) =>
      (await listRecords(cluster, { namespace, rolloutUid: uid }, signal)).map(pastRevisionOf),
    nowMs: cluster.nowMs,
    cardOf: (rollout, signal) => records.cardOf(rollout, signal),
    whoMay: access.subjectsOf,
    measureNow: createMeasureNow({ cluster, resources, providers, evidence: config.EVIDENCE }),
    worldOf: (name, signal) => glance(name, { ...observing, caches }, signal),
    deliveryOf: async (name, signal) => {
      const seen = await look(name, signal);
      if (seen === undefined) return undefined;
      const record = await records.find(seen.world.rollout.metadata, seen.revision, signal);
      return deliver(record ?? records.empty(seen.world.rollout, seen.revision), seen);
    },
    probes: createProbes({
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
    }),
    ...createWhyTools({
      cluster,
      config,
      observing: { ...observing, caches },
      routers: hands.routers,
      records,
      deliver,
      providers,
      access,
      engine: () => engine,
    }),
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
          onRolloutChange: (listener) => onMove(caches.rollouts, listener),
          namespacesOf: channels.namespacesOf,
          liveCardsIn: createLiveCards({ rollouts: caches.rollouts, channels, now: Date.now }),
          channelOf: channels.channelOfNamespace,
        });
  if (slack === undefined) log.info('no Slack token: rollouts run, nobody is told');

  const engine = createEngine({
    caches,
    store,
    lease,
    isOurHolder: (holder) => ourHolder.test(holder),
    observing,
    performing: { ...hands, sendEvent: (rollout, event) => events.add(regarding(rollout, event)) },
    takeAnalysisTurn: createAnalysisRunTurn({
      cluster,
      resources,
      providers,
      evidence: config.EVIDENCE,
      nudge: (key, options) => store.nudge(key, options),
      sendEvent: events.add,
      log,
    }),
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
    observeTurn,
    log,
  });
  readiness = () => [
    ...Object.entries(caches).map(([name, cache]) => checkReflector(name, cache)),
    { name: 'queue', isReady: true, message: `${store.kind}, ${store.isHealthy() ? 'answers' : 'does not answer'}` },
    ...slackChecks(slack),
    { name: 'keeper', isReady: true, message: engine.standing().holder ?? 'nobody holds the Lease' },
  ];

  return {
    async start() {
      // Before the first card is posted: it stays in the channel where it was begun.
      await policies.start();
      await engine.start();
      // What is heard must be told: not before there is a queue.
      imageHook = builds.hook;
      await slack?.start();
      log.info({ port, store: store.kind, slack: slackSettings?.mode.kind }, 'started');
    },
    async stop() {
      await slack?.stop();
      await denials.stop();
      await engine.stop();
      await policies.stop();
      await events.stop();
      await http.stop();
      await charts.stop();
      await cluster.stop();
      log.info('stopped');
    },
  };
}

/** Slack is never a reason to be restarted or to get no traffic: rollouts go on without it. */
function slackChecks(slack: SlackApp | undefined): readonly Check[] {
  if (slack === undefined) return [];
  const connection = slack.isConnected() ? 'connected' : 'not connected';
  return [{ name: 'slack', isReady: true, message: [connection, ...slack.troubles()].join('; ') }];
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

function createKeeperLease(cluster: ConnectedCluster, config: Config, log: Logger): LeaderLease {
  return createLease({
    cluster,
    namespace: config.ARGO_NAMESPACE,
    name: keeperLeaseName(config.INSTANCE_ID),
    holder: createHolderName(config.POD_NAME || hostname()),
    timing: createLeaseTiming(config.LEASE_SECONDS),
    log,
  });
}

function createStore(config: Config, lease: LeaderLease, log: Logger): QueueStore {
  if (config.REDIS_URL === '') {
    log.info({ folder: config.DATA_DIR }, 'embedded queue: one process, good for about 50 moving rollouts');
    return createQueueStore({ kind: 'embedded', dataFolder: config.DATA_DIR, log });
  }
  return createQueueStore({
    kind: 'redis',
    url: config.REDIS_URL,
    prefix: config.QUEUE_PREFIX,
    isKeeper: lease.isMine,
    log,
  });
}

function signingKeys(config: Config, log: Logger): { readonly current: string; readonly all: readonly string[] } {
  if (config.SIGNING_KEY === '')
    log.warn('SIGNING_KEY is not set: buttons of earlier processes and other replicas will be refused');
  const current = config.SIGNING_KEY === '' ? randomBytes(32).toString('hex') : config.SIGNING_KEY;
  return { current, all: [current, config.SIGNING_KEY_PREVIOUS].filter((key) => key !== '') };
}

function readSlackSettings(config: Config): SlackSettings | undefined {
  if (config.SLACK_BOT_TOKEN === '') return undefined;
  return {
    botToken: config.SLACK_BOT_TOKEN,
    mode:
      config.SLACK_MODE === 'socket'
        ? { kind: 'socket', appToken: config.SLACK_APP_TOKEN }
        : { kind: 'http', signingSecret: config.SLACK_SIGNING_SECRET, port: config.SLACK_PORT },
    slackApiUrl: config.SLACK_API_URL,
    command: config.SLACK_COMMAND,
    // Slack counts 50 a minute for all replicas together; an installation on Redis has two.
    updatesPerMinute: config.REDIS_URL === '' ? 45 : 22,
  };
}

function regarding(rollout: Rollout, event: Extract<Effect, { kind: 'sendEvent' }>): EventToSend {
  const { namespace, name, uid } = rollout.metadata;
  return { ...event, regarding: { resource: resources.rollouts, namespace, name, uid } };
}

function createMetrics() {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  const turns = new Histogram({
    name: 'stepwise_turn_seconds',
    help: 'How long turns take, by kind of key and result.',
    labelNames: ['kind', 'result'],
    buckets: [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10],
    registers: [registry],
  });
  const answers = new Counter({
    name: 'stepwise_kubernetes_answers_total',
    help: 'Answers of the API server, by method, kind and status code; 0 is no answer, and a watch counts when it opens.',
    labelNames: ['method', 'kind', 'code'],
    registers: [registry],
  });
  return {
    registry,
    onAnswer: ({ method, plural, statusCode }: { method: string; plural: string; statusCode: number }) =>
      answers.inc({ method, kind: plural, code: String(statusCode) }),
    observeTurn: (turn: { kind: string; seconds: number; result: string }) =>
      turns.observe({ kind: turn.kind, result: turn.result }, turn.seconds),
  };
}
