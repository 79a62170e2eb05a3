import type { AnalysisRun } from '../analysis/index.ts';
import type {
  AnalysisRuns,
  Experiments,
  ObjectName,
  Pods,
  ReferencedWorkloads,
  Rollouts,
  Services,
  Workloads,
} from '../kubernetes/index.ts';
import { ConflictError } from '../lib/index.ts';
import {
  type Evidence,
  type Experiment,
  neededLiveServices,
  neededServices,
  neededTemplates,
  needsPods,
  needsTemplates,
  plainDeployment,
  type ReplicaSetView,
  type Rollout,
  runReferencesOf,
  type ServiceView,
  type World,
  withPingPong,
  withWorkload,
} from '../rollout/index.ts';
import type { TrafficRouters } from '../traffic-routers/index.ts';
import type { Caches } from './keeper.ts';
import { readNamedLive } from './owned.ts';
import { isSameRouting, readingOf, readRouters, type SeenRouter, type SeenRouters, targetOf } from './read-routers.ts';
import { cachedTemplates } from './templates.ts';

export interface ObserveTools {
  readonly rollouts: Rollouts;
  readonly workloads: Pick<Workloads, 'readWithTemplates'>;
  readonly referencedWorkloads: Pick<ReferencedWorkloads, 'read'>;
  readonly analysisRuns: Pick<AnalysisRuns, 'read'>;
  readonly experiments: Pick<Experiments, 'read'>;
  readonly services: Pick<Services, 'read'>;
  readonly pods: Pick<Pods, 'readOwned'>;
  readonly caches: Caches;
  readonly routers: Pick<TrafficRouters, 'choose'>;
  readonly nowMs: () => number;
  readonly evidence: World['evidence'];
  readonly isOurs: (rollout: Rollout) => boolean;
  /** Another controller runs the Rollouts: it may drive routers that we do not know. */
  readonly isDriven?: boolean;
}

/** What a look for showing reads from: caches, or what was read in their place. */
export interface GlanceTools
  extends Pick<ObserveTools, 'nowMs' | 'evidence' | 'isOurs' | 'isDriven' | 'routers' | 'referencedWorkloads'> {
  readonly rollouts: Pick<Rollouts, 'read'>;
  /** For the ReplicaSets of plain Deployments, which no cache holds. Absent: none is looked at. */
  readonly workloads?: Pick<Workloads, 'readWithTemplates'>;
  readonly caches: {
    readonly [Kind in
      | 'replicaSets'
      | 'analysisRuns'
      | 'experiments'
      | 'services'
      | 'analysisTemplates'
      | 'clusterAnalysisTemplates']: Pick<Caches[Kind], 'get' | 'ownedBy'>;
  };
}

/** A world, and what the routers need for their preconditions. */
export interface Observation {
  readonly world: World;
  /** The Rollout without what comes from its workload: what writes are compared with. Absent: the same. */
  readonly asRead?: Rollout;
  readonly routers: readonly SeenRouter[];
  /** The Rollout is not older than this turn's last write anywhere else: everything may be decided on it. */
  readonly isRolloutLatest: boolean;
}

/**
 * What the writes of one look answered, for the next look of the same turn. The answer of a conditional write is a live read: the
 * API server had nothing newer when it gave it.
 */
export type Carried = Pick<Observation, 'routers' | 'isRolloutLatest'> & {
  readonly rollout: Rollout;
  /** Read live in this turn. */
  readonly analysisRuns: readonly AnalysisRun[];
  /** Pod hashes whose disruption budget refused an eviction. */
  readonly refusedEvictions: readonly string[];
};

/**
 * Reads the world of one Rollout; undefined when it is gone, going, or not ours.
 *
 * The order is a fence: the router's objects are read *before* the Rollout and its analysis runs. Whoever aborts after our read of the
 * Rollout writes the router after our read of the router, and our raise then fails its precondition. So do the caches tell of its
 * ReplicaSets before that: of what stable is held for since then, our scaling down fails its precondition.
 */
export async function observe(
  name: ObjectName,
  tools: ObserveTools,
  signal: AbortSignal,
): Promise<Observation | undefined> {
  // Danger: what reads a Deployment as a rollout is for showing. No turn may take it for one, and make ReplicaSets.
  if (plainDeployment(name.name) !== undefined) return undefined;
  const expected = tools.caches.rollouts.get(name) ?? (await tools.rollouts.read(name, signal));
  if (expected === undefined) return undefined;
  let routers = await readRouters(expected, tools, signal);
  const before = versionsOf(expected, tools.caches);
  let rollout = await tools.rollouts.read(name, signal);
  if (rollout !== undefined && !isSameRouting(expected, rollout)) {
    // The routing changed between cache and read: once more, in the right order.
    routers = await readRouters(rollout, tools, signal);
    const routed = rollout;
    rollout = await tools.rollouts.read(name, signal);
    if (rollout !== undefined && !isSameRouting(routed, rollout))
      throw new ConflictError('the routing changes faster than it can be read');
  }
  if (rollout === undefined || rollout.metadata.deletionTimestamp !== undefined || !tools.isOurs(rollout))
    return undefined;

  const analysisRuns = await readAnalysisRuns(rollout, tools, signal);
  const experiments = await readExperiments(rollout, tools, signal);
  const seen = { rollout, routers, analysisRuns, experiments };
  const world = await complete(await worldOf(seen, tools, signal), tools, signal);
  const fenced = { ...world, replicaSets: world.replicaSets.map((one) => asOf(before, one)) };
  return { world: fenced, asRead: rollout, routers: routers.seen, isRolloutLatest: true };
}

type Versions = ReadonlyMap<string, string | undefined>;

function versionsOf({ metadata }: Rollout, caches: Caches): Versions {
  return new Map(caches.replicaSets.ownedBy(metadata.uid).map(({ uid, resourceVersion }) => [uid, resourceVersion]));
}

function asOf(versions: Versions, { resourceVersion: _, ...view }: ReplicaSetView): ReplicaSetView {
  const resourceVersion = versions.get(view.uid);
  return resourceVersion === undefined ? view : { ...view, resourceVersion };
}

/**
 * The world after our own writes, from their answers: only runs that the status has just begun to name are read. Undefined: with what was
 * written the router's objects say something else (`pingPong`), and have to be read again.
 */
export async function observeAgain(
  carried: Carried,
  tools: ObserveTools,
  signal: AbortSignal,
): Promise<Observation | undefined> {
  const { rollout, isRolloutLatest } = carried;
  const target = JSON.stringify(targetOf(rollout));
  if (carried.routers.some((seen) => JSON.stringify(seen.target) !== target)) return undefined;
  const routers = { seen: carried.routers };
  const analysisRuns = await readAnalysisRuns(rollout, tools, signal, carried.analysisRuns);
  const experiments = await readExperiments(rollout, tools, signal);
  const seen = { rollout, routers, analysisRuns, experiments };
  const world = await complete(await worldOf(seen, tools, signal), tools, signal);
  return { world, asRead: rollout, routers: routers.seen, isRolloutLatest };
}

/**
 * The world for showing: the Rollout live, all else from caches where there are any. What the caches do not know yet comes with the
 * watch, and its event leads to another look.
 */
export async function glance(name: ObjectName, tools: GlanceTools, signal: AbortSignal): Promise<World | undefined> {
  const rollout = await tools.rollouts.read(name, signal);
  if (rollout === undefined || rollout.metadata.deletionTimestamp !== undefined || !tools.isOurs(rollout))
    return undefined;
  const routers = await readRouters(rollout, tools, signal, 'fromCache');
  const analysisRuns = tools.caches.analysisRuns.ownedBy(rollout.metadata.uid);
  const experiments = tools.caches.experiments.ownedBy(rollout.metadata.uid);
  const world: World = {
    ...(await worldOf({ rollout, routers, analysisRuns, experiments }, tools, signal)),
    experimentRuns: experiments
      .filter(({ metadata }) => metadata.name === rollout.status.canary?.currentExperiment)
      .flatMap(({ metadata }) => tools.caches.analysisRuns.ownedBy(metadata.uid)),
  };
  const isUnknown = routers.problem !== undefined && routers.seen.length === 0;
  if (tools.isDriven !== true || !isUnknown) return world;
  // What it has set stands in the status; that we could not set it is nobody's problem.
  return { ...world, router: { canaryWeight: rollout.status.canary?.weights?.canary.weight } };
}

async function worldOf(
  seen: {
    readonly rollout: Rollout;
    readonly routers: SeenRouters;
    readonly analysisRuns: readonly AnalysisRun[];
    readonly experiments: readonly Experiment[];
  },
  tools: GlanceTools,
  signal: AbortSignal,
): Promise<World> {
  const { rollout, routers, analysisRuns, experiments } = seen;
  const workload = await tools.referencedWorkloads.read(rollout, signal);
  return {
    nowMs: tools.nowMs(),
    rollout: withPingPong(withWorkload(rollout, workload)),
    workload,
    hasOwnTemplate: rollout.spec.template !== undefined,
    replicaSets: await readReplicaSets(rollout, tools, signal),
    services: cachedServices(rollout, tools.caches),
    formerServices: formerServices(rollout, tools.caches),
    analysisRuns,
    experiments,
    templates: await cachedTemplates(neededTemplates(rollout), rollout.metadata.namespace, tools.caches),
    router: readingOf(rollout, routers),
    evidence: tools.evidence,
  };
}

/** What only some decisions need, and no cache holds. */
async function complete(world: World, tools: ObserveTools, signal: AbortSignal): Promise<World> {
  const replicaSets = needsTemplates(world)
    ? await tools.workloads.readWithTemplates(world.rollout, signal)
    : world.replicaSets;
  const services = await readLiveServices(world, tools, signal);
  const completed = { ...world, replicaSets, services };
  if (!needsPods(completed)) return completed;
  const owners = replicaSets.filter(({ specReplicas, replicas }) => specReplicas > 0 || replicas > 0);
  const pods = await tools.pods.readOwned(world.rollout.metadata.namespace, owners, signal);
  return { ...completed, pods };
}

async function readLiveServices(
  { rollout, services }: World,
  tools: Pick<ObserveTools, 'services'>,
  signal: AbortSignal,
): Promise<World['services']> {
  const read: Record<string, ServiceView> = { ...services };
  for (const name of neededLiveServices(rollout)) {
    const live = await tools.services.read({ namespace: rollout.metadata.namespace, name }, signal);
    if (live === undefined) delete read[name];
    else read[name] = live;
  }
  return read;
}

async function readReplicaSets(
  rollout: Rollout,
  { caches, workloads }: GlanceTools,
  signal: AbortSignal,
): Promise<readonly ReplicaSetView[]> {
  if (plainDeployment(rollout.metadata.name) !== undefined)
    return (await workloads?.readWithTemplates(rollout, signal)) ?? [];
  return [...caches.replicaSets.ownedBy(rollout.metadata.uid)].sort((a, b) => a.createdAtMs - b.createdAtMs);
}

function cachedServices(rollout: Rollout, caches: GlanceTools['caches']): Record<string, ServiceView> {
  const services: Record<string, ServiceView> = {};
  for (const name of neededServices(rollout)) {
    const service = caches.services.get({ namespace: rollout.metadata.namespace, name });
    if (service !== undefined) services[name] = service;
  }
  return services;
}

function formerServices(rollout: Rollout, caches: GlanceTools['caches']): readonly ServiceView[] {
  const { namespace, name } = rollout.metadata;
  const named = neededServices(rollout);
  return caches.services.ownedBy(`${namespace}/${name}`).filter((service) => !named.includes(service.name));
}

/** The runs whose word counts: the present step's, the background one, those around a switch. */
export function namedRuns({ status }: Rollout): readonly string[] {
  return runReferencesOf(status).map(({ name }) => name);
}

/** All of this Rollout, those that its status names live unless they were already read in this turn. */
export function readAnalysisRuns(
  rollout: Rollout,
  tools: Pick<GlanceTools, 'caches'> & Pick<ObserveTools, 'analysisRuns'>,
  signal: AbortSignal,
  alreadyRead: readonly AnalysisRun[] = [],
): Promise<AnalysisRun[]> {
  const { namespace, uid } = rollout.metadata;
  const ours = { cached: tools.caches.analysisRuns.ownedBy(uid), ownerUid: uid, names: namedRuns(rollout) };
  return readNamedLive(
    ours,
    async (name) =>
      alreadyRead.find(({ metadata }) => metadata.name === name) ??
      (await tools.analysisRuns.read({ namespace, name }, signal)),
  );
}

/** What people judge it by: as the turns see it. */
export async function readEvidence(
  rollout: Rollout,
  tools: Pick<ObserveTools, 'caches' | 'analysisRuns' | 'experiments'>,
  signal: AbortSignal,
): Promise<Evidence> {
  const [analysisRuns, experiments] = await Promise.all([
    readAnalysisRuns(rollout, tools, signal),
    readExperiments(rollout, tools, signal),
  ]);
  return { analysisRuns, experiments };
}

function readExperiments(
  { metadata: { namespace, uid }, status }: Rollout,
  tools: Pick<ObserveTools, 'caches' | 'experiments'>,
  signal: AbortSignal,
): Promise<Experiment[]> {
  const name = status.canary?.currentExperiment ?? '';
  const ours = { cached: tools.caches.experiments.ownedBy(uid), ownerUid: uid, names: name === '' ? [] : [name] };
  return readNamedLive(ours, (one) => tools.experiments.read({ namespace, name: one }, signal));
}
