import { setTimeout as sleep } from 'node:timers/promises';
import type { ClusterQuestions } from './cli/index.ts';
import type { Config } from './config/index.ts';
import { type GlanceTools, glance } from './engine/index.ts';
import {
  type ConnectedCluster,
  createAccessReviews,
  createReferencedWorkloads,
  type KubernetesObject,
  keeperLeaseName,
  neededRights,
  parseReplicaSet,
  projectAnalysisRun,
  projectAnalysisTemplate,
  projectExperiment,
  projectReplicaSet,
  projectRollout,
  projectService,
  type Resource,
  readArgoControllers,
  readInstallation,
  readLeaseHolder,
  readPodNames,
  resources,
  scaleArgoController,
  switchController,
} from './kubernetes/index.ts';
import { ForbiddenError, NotFoundError, type ObjectMeta } from './lib/index.ts';
import { createMetricProviders } from './metric-providers/index.ts';
import {
  type Direction,
  type HandOverRow,
  handBack,
  planHandBack,
  planTakeOver,
  rightQuestions,
  type Sides,
  takeOver,
} from './operations/index.ts';
import {
  instanceIdLabel,
  judgeAdoption,
  podHashLabel,
  Rollout,
  readDelivery,
  unknownToArgo,
  type World,
} from './rollout/index.ts';
import { createTrafficRouters } from './traffic-routers/index.ts';

const fieldManager = 'stepwise-hand-over';
const callMs = 30_000;
const questionsAtOnce = 8;
const tries = 5;

/** Take-over and hand-back, with the rights of whoever types them. */
export function createHandOver(
  cluster: ConnectedCluster,
  config: Config,
): Pick<ClusterQuestions, 'planHandOver' | 'handOver'> {
  const own = config.POD_NAMESPACE;
  const withTimeout = (signal: AbortSignal) => AbortSignal.any([signal, AbortSignal.timeout(callMs)]);

  const readSides = (whole: AbortSignal) => patiently(() => readOnce(whole, false));

  /** The installed settings; where there are none, those of this terminal. */
  async function readOnce(whole: AbortSignal, isWithRights: boolean): Promise<Sides> {
    const signal = withTimeout(whole);
    // Its answer brings the API server's clock, by which a Lease is read.
    await cluster.api.request({ method: 'GET', path: '/version', signal });
    const installation = await readInstallation(cluster, own, signal);
    const namespace = installation?.settings.ARGO_NAMESPACE ?? config.ARGO_NAMESPACE;
    const instanceId = installation?.settings.INSTANCE_ID ?? config.INSTANCE_ID;
    const name = keeperLeaseName(instanceId);
    const [argo, holder] = await Promise.all([
      readArgoControllers(cluster, namespace, signal),
      readLeaseHolder(cluster, { namespace, name }, signal),
    ]);
    if (argo === undefined) throw new Error(`Deployments in ${namespace} may not be listed with this kubeconfig`);
    const watched = listOf(installation?.settings.WATCH_NAMESPACES) ?? config.WATCH_NAMESPACES;
    const account = `system:serviceaccount:${own}:${installation?.serviceAccount ?? 'stepwise'}`;
    return {
      installation,
      argo: argo.filter((one) => one.instanceId === instanceId),
      holder,
      lease: `${namespace}/${name}`,
      missingRights: isWithRights ? await missing(account, { watched, namespace }, signal) : [],
    };
  }

  async function missing(
    account: string,
    { watched, namespace }: { readonly watched: readonly string[]; readonly namespace: string },
    signal: AbortSignal,
  ): Promise<readonly string[]> {
    const reviews = createAccessReviews(cluster, account);
    const where = { watchNamespaces: watched, leaseNamespace: namespace, ownNamespace: own };
    const asked = rightQuestions(neededRights, where);
    const lacked: (typeof asked)[number][] = [];
    // A hundred questions at once would be too many for a server that is busy.
    for (let from = 0; from < asked.length; from += questionsAtOnce) {
      const some = asked.slice(from, from + questionsAtOnce);
      const answers = await Promise.all(some.map(({ question }) => reviews.mayWe(question, signal)));
      lacked.push(...some.filter((_, index) => answers[index] !== true));
    }
    return [
      ...new Set(lacked.map(({ question: { verb, resource, group } }) => `${verb} ${resource}${group && `.${group}`}`)),
    ];
  }

  return {
    async planHandOver(direction) {
      const whole = AbortSignal.timeout(10 * 60_000);
      const sides = await patiently(() => readOnce(whole, direction === 'takeOver'));
      const settings = sides.installation?.settings ?? {};
      const rows: HandOverRow[] = [];
      const instanceId = settings.INSTANCE_ID ?? config.INSTANCE_ID;
      const watched = listOf(settings.WATCH_NAMESPACES) ?? config.WATCH_NAMESPACES;
      const worlds = await patiently(() => readWorlds(cluster, { watched, instanceId, config }, whole));
      for (const world of worlds) rows.push(rowOf(world, direction));
      rows.sort((a, b) => (`${a.namespace}/${a.name}` < `${b.namespace}/${b.name}` ? -1 : 1));
      return direction === 'takeOver' ? planTakeOver(sides, rows) : planHandBack(sides, rows);
    },
    handOver(direction, tell) {
      const tools = {
        readSides,
        switchController: (installation, mode, signal) =>
          switchController(cluster, installation, mode, { signal: withTimeout(signal), fieldManager }),
        scale: (controller, change, signal) =>
          scaleArgoController(cluster, controller, change, { signal: withTimeout(signal), fieldManager }),
        podsOf: (controller, signal) =>
          readPodNames(cluster, controller.namespace, controller.podLabels, withTimeout(signal)),
        tell,
      } satisfies Parameters<typeof takeOver>[0];
      const whole = AbortSignal.timeout(60 * 60_000);
      return direction === 'takeOver' ? takeOver(tools, whole) : handBack(tools, whole);
    },
  };
}

/** A server that is busy for a moment ends nothing; what may not be read will not be allowed by asking again. */
async function patiently<T>(read: () => Promise<T>): Promise<T> {
  for (let left = tries; ; left--) {
    try {
      return await read();
    } catch (error) {
      if (error instanceof ForbiddenError || left === 1) throw error;
      await sleep(1000);
    }
  }
}

function listOf(setting: string | undefined): readonly string[] | undefined {
  return setting?.split(',').flatMap((name) => (name.trim() === '' ? [] : [name.trim()]));
}

/** Those that the service has: what a Job or a webhook needs is there, too. */
const { kinds: knownProviders } = createMetricProviders({});

function rowOf(world: World, direction: Direction): HandOverRow {
  const { namespace, name, revision, state, weightPercent, step } = readDelivery(world, { clusterUid: '' });
  const about = { namespace, name, revision, state, weightPercent, step };
  return direction === 'takeOver'
    ? { ...about, adoption: judgeAdoption(world, knownProviders) }
    : { ...about, unknown: unknownToArgo(world) };
}

interface Whose {
  /** [] = all. */
  readonly watched: readonly string[];
  readonly instanceId: string;
  readonly config: Config;
}

/** Every Rollout of this instance as a turn would see it, with the templates of its ReplicaSets. */
async function readWorlds(cluster: ConnectedCluster, whose: Whose, signal: AbortSignal): Promise<readonly World[]> {
  const worlds: World[] = [];
  const { watched, instanceId, config } = whose;
  for (const namespace of watched.length === 0 ? [''] : watched) {
    const list = (resource: Resource, labelSelector?: string) =>
      listAll(cluster, resource, { namespace, ...(labelSelector === undefined ? {} : { labelSelector }) }, signal);
    const [rollouts, replicaSets, services, templates, clusterTemplates, analysisRuns, experiments] = await Promise.all(
      [
        list(resources.rollouts),
        list(resources.replicaSets, podHashLabel),
        list(resources.services),
        list(resources.analysisTemplates),
        listAll(cluster, resources.clusterAnalysisTemplates, { namespace: '' }, signal),
        list(resources.analysisRuns),
        list(resources.experiments),
      ],
    );
    const looking: GlanceTools = {
      rollouts: {
        read: async (name) => {
          const found = await cluster.get(resources.rollouts, name, signal);
          return found === undefined ? undefined : Rollout.parse(found);
        },
      },
      caches: {
        replicaSets: still(replicaSets, withTemplate, ({ ownerUid }) => [ownerUid]),
        services: still(services, projectService),
        analysisTemplates: still(templates, projectAnalysisTemplate),
        clusterAnalysisTemplates: still(clusterTemplates, projectAnalysisTemplate),
        analysisRuns: still(analysisRuns, projectAnalysisRun, ownersIn),
        experiments: still(experiments, projectExperiment, ownersIn),
      },
      referencedWorkloads: createReferencedWorkloads(cluster),
      routers: createTrafficRouters(cluster),
      nowMs: cluster.nowMs,
      evidence: config.EVIDENCE,
      isOurs: ({ metadata }) => (metadata.labels[instanceIdLabel] ?? '') === instanceId,
    };
    for (const { metadata } of rollouts.map(projectRollout)) {
      const world = await glance(metadata, looking, signal);
      if (world !== undefined) worlds.push(world);
    }
  }
  return worlds;
}

function ownersIn({ metadata }: { readonly metadata: ObjectMeta }): readonly string[] {
  return metadata.ownerReferences.flatMap((owner) => (owner.controller === true ? [owner.uid] : []));
}

function withTemplate(object: KubernetesObject) {
  const view = projectReplicaSet(object);
  return view === undefined ? undefined : { ...view, template: parseReplicaSet(object).template };
}

async function listAll(
  cluster: ConnectedCluster,
  resource: Resource,
  query: { readonly namespace: string; readonly labelSelector?: string },
  signal: AbortSignal,
): Promise<readonly KubernetesObject[]> {
  try {
    return await cluster.list(resource, query, signal);
  } catch (error) {
    // A definition that is not installed has no objects.
    if (error instanceof NotFoundError) return [];
    throw error;
  }
}

/** What was listed, as a cache that never changes. */
export function still<T>(
  objects: readonly KubernetesObject[],
  project: (object: KubernetesObject) => T | undefined,
  ownersOf: (object: T) => readonly string[] = () => [],
) {
  const found = new Map<string, T>();
  for (const object of objects) {
    const projected = project(object);
    if (projected !== undefined) found.set(`${object.metadata.namespace ?? ''}/${object.metadata.name}`, projected);
  }
  return {
    get: ({ namespace, name }: { readonly namespace: string; readonly name: string }) =>
      found.get(`${namespace}/${name}`),
    ownedBy: (uid: string) => [...found.values()].filter((object) => ownersOf(object).includes(uid)),
  };
}
