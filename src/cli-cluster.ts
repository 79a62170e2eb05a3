import { existsSync } from 'node:fs';
import { delimiter } from 'node:path';
import { pino } from 'pino';
import type { ClusterFlags, ClusterQuestions } from './cli/index.ts';
import { createOutsideProbes } from './cli-doctor.ts';
import { createHandOver, still } from './cli-hand-over.ts';
import type { Config } from './config/index.ts';
import { createMeasureNow, type GlanceTools, glance } from './engine/index.ts';
import {
  type ConnectedCluster,
  createAccessReviews,
  createAccessRules,
  createCluster,
  createReferencedWorkloads,
  type KubernetesObject,
  loadKubeConfig,
  type ObjectName,
  projectAnalysisTemplate,
  projectDeliveryPolicy,
  projectReplicaSet,
  projectRollout,
  projectService,
  type Resource,
  type RightQuestion,
  resources,
} from './kubernetes/index.ts';
import { ForbiddenError, NotFoundError } from './lib/index.ts';
import { createMetricProviders, type MetricProviders } from './metric-providers/index.ts';
import {
  type CheckTools,
  check,
  createChannels,
  type Person,
  type PlanTools,
  plan,
  runChecks,
} from './operations/index.ts';
import { podHashLabel, Rollout } from './rollout/index.ts';
import { createTrafficRouters } from './traffic-routers/index.ts';

const longestReadMs = 15_000;

/**
 * Asks a cluster as the person of the kubeconfig, from where they sit: everything is read live and once; nothing is watched or written.
 * @param complain hears what could not be read, a line each.
 */
export async function withCluster<T>(
  {
    flags,
    config,
    complain,
  }: {
    readonly flags: ClusterFlags;
    readonly config: Config;
    readonly complain: (line: string) => void;
  },
  ask: (questions: ClusterQuestions) => Promise<T>,
): Promise<T> {
  const kubeConfig = loadKubeConfig({
    kubeconfigPath: flags.kubeconfig ?? firstOf(config.KUBECONFIG),
    context: flags.context,
  });
  const cluster = createCluster({ kubeConfig, log: pino({ level: 'silent' }) });
  const context = kubeConfig.getContextObject(kubeConfig.getCurrentContext());
  const user = context?.user ?? 'you';
  const person: Person = { slackId: '', displayName: user, user, groups: [] };
  const namespace = flags.namespace ?? context?.namespace ?? 'default';
  try {
    return await ask({
      namespace,
      check: async (target) => {
        const tools = await readTools({ cluster, config, flags, complain, namespace: target.namespace ?? namespace });
        return check({ person, channel: '', target }, tools);
      },
      plan: async (target, images) => {
        const tools = await readTools({ cluster, config, flags, complain, namespace: target.namespace ?? namespace });
        return plan({ person, channel: '', target, images }, tools);
      },
      ...createHandOver(cluster, config),
      doctor: () => {
        const prometheus = flags.prometheus ?? config.PROMETHEUS_ADDRESS;
        const providers = createMetricProviders({ prometheusAddress: prometheus });
        return runChecks(createOutsideProbes({ cluster, config, providers, prometheus }));
      },
    });
  } finally {
    await cluster.stop();
  }
}

/** kubectl takes a list of files there. */
function firstOf(paths: string): string | undefined {
  const listed = paths.split(delimiter).filter((path) => path !== '');
  return listed.find((path) => existsSync(path)) ?? listed[0];
}

interface Reading {
  readonly cluster: ConnectedCluster;
  readonly config: Config;
  readonly flags: ClusterFlags;
  readonly complain: (line: string) => void;
  readonly namespace: string;
}

/** Where the service has caches, one list of each kind in this namespace. */
async function readTools(reading: Reading): Promise<CheckTools & PlanTools> {
  const { cluster, config } = reading;
  const [rollouts, replicaSets, services, analysisTemplates, clusterAnalysisTemplates, policies] = await Promise.all([
    list(reading, { resource: resources.rollouts, isNeeded: true }),
    list(reading, { resource: resources.replicaSets, labelSelector: podHashLabel }),
    list(reading, { resource: resources.services }),
    list(reading, { resource: resources.analysisTemplates }),
    list(reading, { resource: resources.clusterAnalysisTemplates, isClusterWide: true }),
    list(reading, { resource: resources.deliveryPolicies }),
  ]);
  const looking: GlanceTools = {
    rollouts: {
      async read(name, signal) {
        const object = await cluster.get(resources.rollouts, name, signal);
        return object === undefined ? undefined : Rollout.parse(object);
      },
    },
    caches: {
      replicaSets: still(replicaSets, projectReplicaSet, ({ ownerUid }) => [ownerUid]),
      services: still(services, projectService),
      analysisTemplates: still(analysisTemplates, projectAnalysisTemplate),
      clusterAnalysisTemplates: still(clusterAnalysisTemplates, projectAnalysisTemplate),
      analysisRuns: { get: () => undefined, ownedBy: () => [] },
      experiments: { get: () => undefined, ownedBy: () => [] },
    },
    referencedWorkloads: createReferencedWorkloads(cluster),
    routers: createTrafficRouters(cluster),
    nowMs: cluster.nowMs,
    evidence: config.EVIDENCE,
    isOurs: () => true,
  };
  const providers = providersFor(reading);
  const reviews = createAccessReviews(cluster);
  const known = rollouts.map(projectRollout);
  const channelPolicies = policies.map(projectDeliveryPolicy);
  return {
    // Whoever could list and read them may look; what starts and ends a rollout is asked for its own verb.
    cluster: {
      mayI: async ({ verb, ...question }, signal) =>
        verb === 'get' || verb === 'check'
          ? { allowed: true, reason: '' }
          : { allowed: await reviews.mayWe(rolloutQuestion(verb, question), signal), reason: '' },
    },
    channels: createChannels(config.CHANNELS, () => channelPolicies),
    known: { list: () => known },
    worldOf: (name, signal) => glance(name, looking, signal),
    whoMay: createAccessRules(cluster).subjectsOf,
    measureNow: createMeasureNow({ cluster, resources, providers, evidence: config.EVIDENCE }),
  };
}

function rolloutQuestion(verb: string, { namespace, name }: ObjectName): RightQuestion {
  const { group, plural } = resources.rollouts;
  return { group, resource: plural, verb, namespace, name };
}

interface Kind {
  readonly resource: Resource;
  readonly labelSelector?: string;
  readonly isClusterWide?: true;
  /** Without it there is nothing to say. */
  readonly isNeeded?: true;
}

async function list({ cluster, namespace, complain }: Reading, kind: Kind): Promise<readonly KubernetesObject[]> {
  const { resource, labelSelector, isClusterWide, isNeeded } = kind;
  const query = { namespace: isClusterWide === true ? '' : namespace };
  const signal = AbortSignal.timeout(longestReadMs);
  try {
    return await cluster.list(resource, labelSelector === undefined ? query : { ...query, labelSelector }, signal);
  } catch (error) {
    const isMissing = error instanceof ForbiddenError || error instanceof NotFoundError;
    if (!isMissing || isNeeded === true) throw error;
    complain(`not read: ${resource.plural}: ${error.message}`);
    return [];
  }
}

/** With --prometheus that one is asked, whatever address a metric names: from a laptop those of the cluster are seldom reached. */
function providersFor({ flags, config }: Reading): MetricProviders {
  const providers = createMetricProviders({ prometheusAddress: flags.prometheus ?? config.PROMETHEUS_ADDRESS });
  if (flags.prometheus === undefined) return providers;
  return {
    ...providers,
    choose(settingsByKind) {
      const chosen = providers.choose(settingsByKind);
      const { settings } = chosen;
      if (chosen.provider.kind !== 'prometheus' || typeof settings !== 'object' || settings === null) return chosen;
      return { ...chosen, settings: { ...settings, address: undefined } };
    },
  };
}
