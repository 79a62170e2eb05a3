import type {
  AnalysisRuns,
  Experiments,
  Pods,
  ReferencedWorkloads,
  Rollouts,
  Services,
  Workloads,
  WriteOptions,
} from '../kubernetes/index.ts';
import { assertNever } from '../lib/index.ts';
import type { Effect, ManagedRoute, Rollout } from '../rollout/index.ts';
import { type Carried, namedRuns, type Observation } from './observe.ts';
import type { SeenRouter } from './read-routers.ts';

export interface PerformTools {
  readonly rollouts: Rollouts;
  readonly workloads: Workloads;
  readonly referencedWorkloads: Pick<ReferencedWorkloads, 'scale'>;
  readonly services: Services;
  readonly analysisRuns: AnalysisRuns;
  readonly experiments: Experiments;
  readonly pods: Pick<Pods, 'evict' | 'patchMetadata'>;
  /** Sent beside the turn: an event is a courtesy, and nothing waits for it. */
  readonly sendEvent: (rollout: Rollout, event: Extract<Effect, { kind: 'sendEvent' }>) => void;
}

/** The Rollout and its routers after the effects so far: the next preconditions. */
type After = Pick<Carried, 'rollout' | 'routers' | 'isRolloutLatest'>;

/**
 * Performs effects in their order: what lowers the canary's share comes first, what raises it comes after the status write.
 * Each effect may run twice; the first failed precondition throws ConflictError and ends the list: look again, decide again.
 * Returns what the writes answered.
 */
export async function perform(
  effects: readonly Effect[],
  seen: Observation,
  tools: PerformTools,
  signal: AbortSignal,
): Promise<Carried> {
  const { world } = seen;
  let after: After = { rollout: seen.asRead ?? world.rollout, routers: seen.routers, isRolloutLatest: false };
  const refusedEvictions: string[] = [];
  for (const effect of effects) {
    if (effect.kind === 'setWeight') {
      after = {
        ...after,
        routers: await setWeight(effect, after.routers, signal),
        isRolloutLatest: false,
      };
      continue;
    }
    if (effect.kind === 'setRoutes') {
      const routers = await setRoutes(effect.routes, after.routers, signal);
      after = { ...after, routers, isRolloutLatest: false };
      continue;
    }
    if (effect.kind === 'evictPod') {
      const isGone = await tools.pods.evict({ namespace: world.rollout.metadata.namespace, ...effect }, signal);
      if (!isGone) refusedEvictions.push(effect.podHash);
      after = { ...after, isRolloutLatest: false };
      continue;
    }
    const rollout = await performOne(effect, after.rollout, tools, { signal });
    // Any other object that was written since may have been written by an abort, too: only a write of the Rollout tells.
    if (effect.kind !== 'sendEvent') after = { ...after, rollout, isRolloutLatest: rollout !== after.rollout };
  }
  const named = namedRuns(world.rollout);
  return {
    ...after,
    refusedEvictions,
    analysisRuns: world.analysisRuns.filter(({ metadata }) => named.includes(metadata.name)),
  };
}

/** One effect, one call on one contract. Returns the Rollout as it is after it: its resourceVersion is the next precondition. */
async function performOne(
  effect: Exclude<Effect, { kind: 'setWeight' | 'setRoutes' | 'evictPod' }>,
  rollout: Rollout,
  tools: PerformTools,
  options: WriteOptions,
): Promise<Rollout> {
  const { namespace } = rollout.metadata;
  switch (effect.kind) {
    case 'createReplicaSet':
      await tools.workloads.create(rollout, effect.replicaSet, options);
      return rollout;
    case 'scaleReplicaSet':
      await tools.workloads.scale(rollout, effect, options);
      return rollout;
    case 'holdReplicaSet':
      await tools.workloads.hold(rollout, effect, options);
      return rollout;
    case 'annotateReplicaSet':
      await tools.workloads.annotate(rollout, effect, options);
      return rollout;
    case 'patchPodMetadata':
      await tools.pods.patchMetadata({ namespace, name: effect.name, uid: effect.uid }, effect, options.signal);
      return rollout;
    case 'scaleWorkload':
      await tools.referencedWorkloads.scale(namespace, effect, options);
      return rollout;
    case 'deleteReplicaSet':
      await tools.workloads.remove(rollout, effect.name, effect.uid, options);
      return rollout;
    case 'switchService':
      await tools.services.switch(rollout, effect, options);
      return rollout;
    case 'releaseService':
      await tools.services.release(rollout.metadata, effect, options);
      return rollout;
    case 'createAnalysisRun':
      await tools.analysisRuns.create(rollout, effect.analysisRun, options);
      return rollout;
    case 'terminateAnalysisRun':
      await tools.analysisRuns.terminate({ namespace, name: effect.name }, options);
      return rollout;
    case 'deleteAnalysisRun':
      await tools.analysisRuns.remove({ namespace, name: effect.name }, effect.uid, options);
      return rollout;
    case 'createExperiment':
      await tools.experiments.create(rollout, effect.experiment, options);
      return rollout;
    case 'terminateExperiment':
      await tools.experiments.terminate({ namespace, name: effect.name }, options);
      return rollout;
    case 'deleteExperiment':
      await tools.experiments.remove({ namespace, name: effect.name }, effect.uid, options);
      return rollout;
    case 'patchRollout':
      return tools.rollouts.patch(
        rollout,
        {
          ...(effect.annotations === undefined ? {} : { metadata: { annotations: effect.annotations } }),
          ...(effect.replicas === undefined ? {} : { spec: { replicas: effect.replicas } }),
        },
        options,
      );
    case 'writeStatus':
      return tools.rollouts.writeStatus(rollout, effect.status, options);
    case 'sendEvent':
      tools.sendEvent(rollout, effect);
      return rollout;
    default:
      return assertNever(effect);
  }
}

/** Every router of the Rollout gets the same weight; each holds its own precondition, and one that fails keeps no other from falling. */
async function setWeight(
  { canaryWeight: canary, additional = [] }: Extract<Effect, { kind: 'setWeight' }>,
  routers: readonly SeenRouter[],
  signal: AbortSignal,
): Promise<readonly SeenRouter[]> {
  const set = routers.map(async (seen) => {
    const observation = await seen.router.setWeight(seen.target, { canary, additional }, seen.observation, signal);
    return { ...seen, observation };
  });
  await Promise.allSettled(set);
  return Promise.all(set);
}

async function setRoutes(
  routes: readonly ManagedRoute[],
  routers: readonly SeenRouter[],
  signal: AbortSignal,
): Promise<readonly SeenRouter[]> {
  const set = routers.map(async (seen) => {
    const observation = await seen.router.setRoutes(seen.target, routes, seen.observation, signal);
    return { ...seen, observation };
  });
  await Promise.allSettled(set);
  return Promise.all(set);
}
