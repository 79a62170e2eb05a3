import type { AnalysisRuns, Rollouts, Services, Workloads, WriteOptions } from '../kubernetes/index.ts';
import { assertNever } from '../lib/index.ts';
import type { Effect, Rollout } from '../rollout/index.ts';
import type { Observation } from './observe.ts';

export interface PerformTools {
  readonly rollouts: Rollouts;
  readonly workloads: Workloads;
  readonly services: Services;
  readonly analysisRuns: AnalysisRuns;
  readonly sendEvent: (
    rollout: Rollout,
    event: Extract<Effect, { kind: 'sendEvent' }>,
    signal: AbortSignal,
  ) => Promise<void>;
}

/**
 * Performs effects in their order: what lowers the canary's share comes first, what raises it comes after the status write.
 * Each effect may run twice; the first failed precondition throws ConflictError and ends the list: look again, decide again.
 */
export async function perform(
  effects: readonly Effect[],
  seen: Observation,
  tools: PerformTools,
  signal: AbortSignal,
): Promise<void> {
  let { rollout } = seen.world;
  for (const effect of effects) {
    rollout = await performOne(effect, { ...seen, rollout }, tools, { signal });
  }
}

/** One effect, one call on one contract. Returns the Rollout as it is after it: its resourceVersion is the next precondition. */
async function performOne(
  effect: Effect,
  seen: Observation & { readonly rollout: Rollout },
  tools: PerformTools,
  options: WriteOptions,
): Promise<Rollout> {
  const { rollout } = seen;
  const { namespace } = rollout.metadata;
  switch (effect.kind) {
    case 'createReplicaSet':
      await tools.workloads.create(rollout, effect.replicaSet, options);
      return rollout;
    case 'scaleReplicaSet':
      await tools.workloads.scale(rollout, effect, options);
      return rollout;
    case 'annotateReplicaSet':
      await tools.workloads.annotate(rollout, effect, options);
      return rollout;
    case 'deleteReplicaSet':
      await tools.workloads.remove(rollout, effect.name, effect.uid, options);
      return rollout;
    case 'switchService':
      await tools.services.switch(rollout, effect, options);
      return rollout;
    case 'setWeight':
      await setWeight(effect.canaryWeight, seen, options.signal);
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
      await tools.sendEvent(rollout, effect, options.signal);
      return rollout;
    default:
      return assertNever(effect);
  }
}

/** Every router of the Rollout gets the same weight; each holds its own precondition, and one that fails keeps no other from falling. */
async function setWeight(canaryWeight: number, seen: Observation, signal: AbortSignal): Promise<void> {
  const set = seen.routers.map(({ router, target, observation }) =>
    router.setWeight(target, canaryWeight, observation, signal),
  );
  const failed = (await Promise.allSettled(set)).find(({ status }) => status === 'rejected');
  if (failed?.status === 'rejected') throw failed.reason;
}
