import type { AnalysisRun } from '../../src/analysis/index.ts';
import {
  decide,
  type Effect,
  type Experiment,
  neededLiveServices,
  needsPods,
  needsTemplates,
  type ReplicaSetView,
  type Rollout,
  runReferencesOf,
  type ServiceView,
  type World,
  withPingPong,
} from '../../src/rollout/index.ts';
import type { SimulatedCluster } from './simulated-cluster.ts';

/** The past that a lagging cache still shows. What is stored is replaced, never changed: snapshots share it. */
export interface Snapshot {
  readonly replicaSets: readonly ReplicaSetView[];
  readonly services: Readonly<Record<string, ServiceView>>;
  readonly analysisRuns: readonly AnalysisRun[];
  readonly experiments: readonly Experiment[];
}

/** The one true cluster, what it was, and a version of its router's objects. */
export interface SharedWorld {
  readonly cluster: SimulatedCluster;
  readonly past: Snapshot[];
  routerVersion: number;
}

export function remember({ cluster, past }: SharedWorld): void {
  past.push({
    replicaSets: cluster.replicaSets.map(({ template, ...view }) => ({
      ...view,
      ...(template.spec?.containers[0]?.image === undefined ? {} : { image: template.spec.containers[0].image }),
    })),
    services: { ...cluster.services },
    analysisRuns: cluster.analysisRuns,
    experiments: cluster.experiments,
  });
}

/** What one turn knew when it decided. */
export interface Look {
  readonly world: World;
  /** The Rollout's version as it was read, or as our own last write of it left it. */
  version: string | undefined;
}

/** Called around each effect; `look`: on what it was decided. */
export interface Observer {
  before(effect: Effect, look: Look): void;
  after(effect: Effect, look: Look): void;
}

/** What happens to the call of one effect. */
export type Fate = 'answered' | 'answerLost' | 'refused';

type Versions = ReadonlyMap<string, string | undefined>;

type Router = NonNullable<World['router']>;

/**
 * One process in the middle of its turns, as the engine takes them: the router first, then the Rollout and the runs that its status
 * names, all live; the rest as its caches show it, `lag` moments late, but for what its own writes have answered. One call at a time,
 * so that others come in between.
 */
export class ModelReplica {
  lag = 0;
  readonly #shared: SharedWorld;
  readonly #observer: Observer;
  readonly #learnt = new Map<string, { readonly at: number; readonly view: ReplicaSetView | undefined }>();
  readonly #learntServices = new Map<string, { readonly at: number; readonly view: ServiceView }>();
  #router:
    | { readonly reading: Router | undefined; readonly version: number; readonly side: string; readonly seen: Versions }
    | undefined;
  #carried: { readonly rollout: Rollout; readonly isLatest: boolean } | undefined;
  #effects: Effect[] = [];
  #look: Look | undefined;
  #isRolloutLatest = false;
  #takenName: string | undefined;

  constructor(shared: SharedWorld, observer: Observer) {
    this.#shared = shared;
    this.#observer = observer;
  }

  /** Killed: whatever it knew is gone, and another process starts with fresh caches. */
  kill(): void {
    this.#learnt.clear();
    this.#learntServices.clear();
    this.#endTurn();
    this.lag = 0;
  }

  /** The next call of its turn. True: there was nothing left to do. */
  next(fate: Fate = 'answered'): boolean {
    const effect = this.#effects.shift();
    if (effect !== undefined) {
      this.#perform(effect, fate);
      return false;
    }
    if (this.#router === undefined) {
      this.#readRouter();
      return false;
    }
    return this.#decide();
  }

  #readRouter(): void {
    const { cluster, routerVersion } = this.#shared;
    const reading =
      cluster.rollout.spec.strategy?.canary?.trafficRouting === undefined ? undefined : readingOf(cluster);
    this.#router = { reading, version: routerVersion, side: sideOf(cluster.rollout), seen: this.#versions() };
  }

  #decide(): boolean {
    const { cluster } = this.#shared;
    const carried = this.#carried;
    this.#carried = undefined;
    // Read by other roles than the Rollout has by now: once more, in the right order.
    if (this.#router?.side !== sideOf(carried?.rollout ?? cluster.rollout)) {
      this.#readRouter();
      return false;
    }
    if (carried !== undefined) {
      const world = this.#worldOf(carried.rollout);
      const { effects } = decide(world);
      const isGuarded = effects.every(({ kind }) => ['writeStatus', 'patchRollout', 'sendEvent'].includes(kind));
      const isVersioned = effects.some((effect) => effect.kind === 'scaleReplicaSet' && effect.resourceVersion);
      if ((carried.isLatest && !isVersioned) || isGuarded) return this.#begin(world, effects);
      // Something newer is needed: from the router on.
      this.#router = undefined;
      return false;
    }
    const world = this.#asSeenBefore(this.#worldOf(cluster.rollout));
    return this.#begin(world, decide(world).effects);
  }

  /** What the caches told of ReplicaSets before the Rollout was read. */
  #versions(): Versions {
    const at = Math.max(0, this.#shared.past.length - 1 - this.lag);
    const seen = this.#cachedReplicaSets(this.#shared.past[at]?.replicaSets ?? [], at);
    return new Map(seen.map(({ uid, resourceVersion }) => [uid, resourceVersion]));
  }

  #asSeenBefore(world: World): World {
    const replicaSets = world.replicaSets.map(({ resourceVersion: _, ...view }) => {
      const resourceVersion = this.#router?.seen.get(view.uid);
      return resourceVersion === undefined ? view : { ...view, resourceVersion };
    });
    return { ...world, replicaSets };
  }

  #begin(world: World, effects: readonly Effect[]): boolean {
    this.#look = { world, version: world.rollout.metadata.resourceVersion };
    this.#effects = [...effects];
    this.#isRolloutLatest = false;
    if (effects.length > 0) return false;
    this.#endTurn();
    return true;
  }

  #worldOf(rollout: Rollout): World {
    const { cluster, past } = this.#shared;
    const at = Math.max(0, past.length - 1 - this.lag);
    const seen = past[at];
    const replicaSets = this.#cachedReplicaSets(seen?.replicaSets ?? [], at);
    const services: Record<string, ServiceView> = { ...seen?.services };
    for (const [name, learnt] of this.#learntServices) if (learnt.at > at) services[name] = learnt.view;
    for (const name of neededLiveServices(rollout)) {
      const live = cluster.services[name];
      if (live === undefined) delete services[name];
      else services[name] = live;
    }
    const isRouted = rollout.spec.strategy?.canary?.trafficRouting !== undefined;
    const world: World = {
      nowMs: cluster.nowMs,
      rollout: withPingPong(rollout),
      hasOwnTemplate: true,
      replicaSets,
      services,
      formerServices: [],
      analysisRuns: namedLive(runReferencesOf(rollout.status), seen?.analysisRuns ?? [], cluster.analysisRuns),
      experiments: namedLive(experimentsOf(rollout), seen?.experiments ?? [], cluster.experiments),
      templates: cluster.templates,
      router: isRouted ? this.#router?.reading : undefined,
      evidence: cluster.evidence,
      ...(this.#takenName === undefined ? {} : { takenReplicaSetName: this.#takenName }),
    };
    const complete = needsTemplates(world) ? { ...world, replicaSets: structuredClone(cluster.replicaSets) } : world;
    if (!needsPods(complete)) return complete;
    return { ...complete, pods: cluster.pods.list(cluster.replicaSets, cluster.nowMs) };
  }

  #cachedReplicaSets(seen: readonly ReplicaSetView[], at: number): readonly ReplicaSetView[] {
    const newer = [...this.#learnt].filter(([, learnt]) => learnt.at > at);
    const uids = new Set(newer.map(([uid]) => uid));
    const own = newer.flatMap(([, { view }]) => (view === undefined ? [] : [view]));
    return [...seen.filter(({ uid }) => !uids.has(uid)), ...own].toSorted((a, b) => a.createdAtMs - b.createdAtMs);
  }

  #perform(effect: Effect, fate: Fate): void {
    const look = this.#look;
    if (look === undefined) return;
    try {
      if (fate === 'refused') throw new Error('conflict: the API server is busy');
      this.#check(effect, look);
      this.#observer.before(effect, look);
      if (effect.kind === 'createReplicaSet' && this.#isThere(effect.replicaSet.name)) {
        // Ours already: success.
      } else this.#shared.cluster.perform(this.#asMeant(effect));
      this.#observer.after(effect, look);
      if (fate === 'answerLost') throw new Error('conflict: the answer was lost');
      this.#learn(effect, look);
    } catch (error) {
      if (!(error instanceof Error) || !error.message.startsWith('conflict')) throw error;
      // The first failed precondition ends the list: look again.
      this.#endTurn();
      return;
    }
    if (this.#effects.length > 0) return;
    const { rollout } = this.#shared.cluster;
    // What the last write of it answered: somebody may have written it since.
    const answered = look.version === rollout.metadata.resourceVersion ? rollout : undefined;
    this.#carried = answered === undefined ? undefined : { rollout: answered, isLatest: this.#isRolloutLatest };
    if (this.#carried === undefined) this.#router = undefined;
  }

  /** A weight is written for the Services that were canary and stable when the router was read. */
  #asMeant(effect: Effect): Effect {
    const isTurned = this.#router?.side !== sideOf(this.#shared.cluster.rollout);
    return effect.kind === 'setWeight' && isTurned ? { ...effect, canaryWeight: 100 - effect.canaryWeight } : effect;
  }

  #isThere(name: string): boolean {
    return this.#shared.cluster.replicaSets.some((one) => one.name === name);
  }

  #check(effect: Effect, look: Look): void {
    const { rollout } = this.#shared.cluster;
    const isOfRollout = effect.kind === 'writeStatus' || effect.kind === 'patchRollout';
    if (isOfRollout && look.version !== rollout.metadata.resourceVersion) throw new Error('conflict: stale');
    const isOfRouter = effect.kind === 'setWeight' || effect.kind === 'setRoutes';
    if (isOfRouter && this.#router?.version !== this.#shared.routerVersion) throw new Error('conflict: stale');
  }

  #learn(effect: Effect, look: Look): void {
    const { cluster, past } = this.#shared;
    const at = past.length;
    if (effect.kind === 'writeStatus' || effect.kind === 'patchRollout') {
      look.version = cluster.rollout.metadata.resourceVersion;
      this.#isRolloutLatest = true;
      return;
    }
    if (effect.kind !== 'sendEvent') this.#isRolloutLatest = false;
    if (effect.kind === 'setWeight' || effect.kind === 'setRoutes') {
      this.#shared.routerVersion += 1;
      this.#readRouter();
    }
    if (effect.kind === 'switchService') {
      const view = cluster.services[effect.name];
      if (view !== undefined) this.#learntServices.set(effect.name, { at, view });
    }
    const name = nameOfReplicaSet(effect);
    if (name === undefined) return;
    const present = cluster.replicaSets.find((one) => one.name === name);
    if (present !== undefined) {
      const { template: _, ...view } = present;
      this.#learnt.set(present.uid, { at, view: { ...view } });
    } else if (effect.kind === 'deleteReplicaSet') this.#learnt.set(effect.uid, { at, view: undefined });
  }

  #endTurn(): void {
    this.#effects = [];
    this.#router = undefined;
    this.#carried = undefined;
    this.#look = undefined;
    this.#takenName = undefined;
  }
}

function sideOf({ status }: Rollout): string {
  return status.canary?.stablePingPong ?? 'ping';
}

function readingOf(cluster: SimulatedCluster): Router {
  const { weight, routes, additional, routerProblem } = cluster;
  return {
    canaryWeight: weight,
    routes,
    additional,
    ...(routerProblem === undefined ? {} : { problem: routerProblem }),
  };
}

/** Those that the status names live, the others from the cache. */
function namedLive<T extends { readonly metadata: { readonly name: string } }>(
  references: readonly { readonly name: string }[],
  cached: readonly T[],
  live: readonly T[],
): readonly T[] {
  const named = new Set(references.map(({ name }) => name));
  return [
    ...cached.filter(({ metadata }) => !named.has(metadata.name)),
    ...live.filter(({ metadata }) => named.has(metadata.name)),
  ];
}

function experimentsOf({ status }: Rollout): readonly { readonly name: string }[] {
  const name = status.canary?.currentExperiment;
  return name === undefined ? [] : [{ name }];
}

function nameOfReplicaSet(effect: Effect): string | undefined {
  switch (effect.kind) {
    case 'createReplicaSet':
      return effect.replicaSet.name;
    case 'scaleReplicaSet':
    case 'holdReplicaSet':
    case 'annotateReplicaSet':
    case 'deleteReplicaSet':
      return effect.name;
    default:
      return undefined;
  }
}
