import type { Logger } from 'pino';
import type { LeaderLease, ObjectName } from '../kubernetes/index.ts';
import type { QueueStore, TurnKey } from '../queue-stores/index.ts';
import { decideBesideOthers, neededServices, neededTemplates } from '../rollout/index.ts';
import { type BuildTools, takeBuildsTurn } from './builds.ts';
import { type CardTools, takeCardTurn } from './card.ts';
import { type DeploymentTools, takeDeploymentTurn } from './deployment.ts';
import { type ExperimentTools, takeExperimentTurn } from './experiment.ts';
import { fulfilUndo } from './fulfil-undo.ts';
import { type Caches, createKeeper, type KeeperTools, nudgeAborts } from './keeper.ts';
import { lookAt } from './look.ts';
import { type Mode, takesTurns } from './mode.ts';
import { glance, type ObserveTools, observe, observeAgain } from './observe.ts';
import { type PerformTools, perform } from './perform.ts';
import { reconcile } from './reconcile.ts';
import { releaseServices } from './release-services.ts';
import { createTakeTurn, type TurnTaker, type TurnTools } from './turn.ts';

export interface EngineTools {
  readonly mode: Mode;
  readonly caches: Caches;
  readonly store: QueueStore;
  readonly lease: LeaderLease;
  /** Whether a Lease holder is one of ours: another controller's replicas must not act. */
  readonly isOurHolder: (holder: string) => boolean;
  readonly observing: Omit<ObserveTools, 'caches'>;
  readonly performing: PerformTools;
  readonly experiment: Omit<ExperimentTools, 'caches'>;
  readonly guarding: Pick<DeploymentTools, 'deployments' | 'analysisRuns'>;
  readonly watchWorkloads: KeeperTools['watchWorkloads'];
  readonly takeAnalysisTurn: TurnTaker;
  readonly takeStepPluginTurn: TurnTaker;
  readonly card: Omit<CardTools, 'look'>;
  readonly builds: BuildTools;
  readonly observeTurn: NonNullable<TurnTools['observeTurn']>;
  readonly log: Logger;
}

export interface Engine {
  start(): Promise<void>;
  stop(): Promise<void>;
  /** Whether this replica takes turns now, and if not, why. */
  standing(): {
    readonly mayAct: boolean;
    readonly holder: string | undefined;
    readonly heldSinceMs: number | undefined;
  };
}

/** Keeps each rollout moving: caches feed the keeper, the keeper nudges keys, every replica takes turns. */
export function createEngine(tools: EngineTools): Engine {
  const { caches, store, lease, log } = tools;
  const observing: ObserveTools = { ...tools.observing, caches };
  const takes = (kind: TurnKey['kind']) => takesTurns(tools.mode, kind);
  const keeper = createKeeper({
    caches,
    store,
    takes,
    servicesOf: neededServices,
    templatesOf: neededTemplates,
    watchWorkloads: tools.watchWorkloads,
    log,
  });
  let left = Promise.resolve();

  function standing() {
    const holder = lease.holder();
    return { mayAct: holder !== undefined && tools.isOurHolder(holder), holder, heldSinceMs: lease.heldSinceMs() };
  }

  const look = async (name: ObjectName, signal: AbortSignal) => {
    const world = await glance(name, observing, signal);
    return world === undefined ? undefined : lookAt(world);
  };
  const stopping = new AbortController();
  const takeTurn = createTakeTurn({
    store,
    stopping: stopping.signal,
    takers: {
      rollout: (key, signal) =>
        tools.mode === 'drive'
          ? fulfilUndo(key, { ...tools.observing, caches }, signal)
          : reconcile(
              key,
              {
                observe: (name, within) => observe(name, observing, within),
                observeAgain: (carried, within) => observeAgain(carried, observing, within),
                decide: (world) => decideBesideOthers(world, lease.heldSinceMs()),
                perform: (effects, seen, within) => perform(effects, seen, tools.performing, within),
                releaseServices: (name, within) => releaseServices(name, { ...tools.performing, caches }, within),
                nowMs: observing.nowMs,
                log,
              },
              signal,
            ),
      experiment: (key, signal) => takeExperimentTurn(key, { ...tools.experiment, caches }, signal),
      deployment: (key, signal) =>
        takeDeploymentTurn(key, { ...observing, ...tools.performing, ...tools.guarding, log }, signal),
      'analysis-run': tools.takeAnalysisTurn,
      'step-plugin': tools.takeStepPluginTurn,
      builds: (_, signal) => takeBuildsTurn(tools.builds, signal),
      card: (key, signal) => takeCardTurn(key, { ...tools.card, look }, signal),
    },
    mayAct: () => standing().mayAct,
    takes,
    observeTurn: tools.observeTurn,
    log,
  });
  const unsubscribes: (() => void)[] = [];

  return {
    standing,
    async start() {
      await Promise.all(Object.values(caches).map((cache) => cache.start()));
      // Stopped in the middle of it: what would be opened now is closed by nobody.
      if (stopping.signal.aborted) return;
      await store.start(takeTurn);
      if (tools.mode === 'own') unsubscribes.push(nudgeAborts({ caches, store, log }));
      const unsubscribe = lease.onChange((isMine) => {
        log.info({ isMine }, isMine ? 'became the keeper' : 'no longer the keeper');
        if (isMine) keeper.start();
        else left = keeper.stop();
      });
      unsubscribes.push(unsubscribe);
      await lease.start();
    },
    async stop() {
      for (const unsubscribe of unsubscribes.splice(0)) unsubscribe();
      const ended = Promise.all([left, keeper.stop()]);
      stopping.abort(new Error('the service stops'));
      // The seat first: another replica takes over while our last turns end.
      await lease.stop();
      await store.stop();
      await ended;
      await Promise.all(Object.values(caches).map((cache) => cache.stop()));
    },
  };
}
