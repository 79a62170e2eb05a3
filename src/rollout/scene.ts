import { computeEarlierPodHash, computePodHash, computeStepHash } from './pod-hash.ts';
import { mayHaveStalePods } from './pod-metadata.ts';
import type { AntiAffinity } from './pod-template.ts';
import { revisionOf } from './replica-sets.ts';
import { isRestartDue } from './restart.ts';
import type { Rollout, RolloutSpec } from './rollout.ts';
import type { RolloutStatus } from './rollout-status.ts';
import { maxWeightOf } from './steps.ts';
import type { BlueGreenStrategy, CanaryStep, CanaryStrategy } from './strategy-spec.ts';
import { isSameTemplate, withoutInjections } from './template-equality.ts';
import type { ReplicaSetView, World } from './world.ts';

/** A world looked at, whatever the strategy: who is canary, who is stable. Facts only, no decisions. */
export interface Ground {
  readonly world: World;
  readonly nowMs: number;
  readonly rollout: Rollout;
  readonly spec: RolloutSpec;
  readonly status: RolloutStatus;
  readonly antiAffinity: AntiAffinity | undefined;
  /** `spec.replicas`. */
  readonly replicas: number;
  /** Of the template that is asked for: its ReplicaSet's label, or the computed hash while there is none. */
  readonly podHash: string;
  /** The ReplicaSet of the template that is asked for; after a promotion the same as `stable`. */
  readonly canary: ReplicaSetView | undefined;
  /** The ReplicaSet that `status.stableRS` names. */
  readonly stable: ReplicaSetView | undefined;
  /** All the others, oldest first. */
  readonly retired: readonly ReplicaSetView[];
  /** The canary's number: greater than any other ReplicaSet's, and never less than it was. */
  readonly revision: number;
}

/** A canary looked at: which step is stored. */
export interface Scene extends Ground {
  readonly strategy: CanaryStrategy;
  readonly steps: readonly CanaryStep[];
  readonly maxWeight: number;
  readonly stepHash: string;
  readonly hasRouter: boolean;
  /** `status.currentStepIndex`, within 0…steps. */
  readonly stepIndex: number;
}

/** A blue-green rollout looked at. Its preview is the canary until it is promoted. */
export interface BlueGreenScene extends Ground {
  readonly strategy: BlueGreenStrategy;
}

export function readScene(world: World, strategy: CanaryStrategy): Scene {
  const steps = strategy.steps ?? [];
  return {
    ...readGround(world),
    strategy,
    steps,
    maxWeight: maxWeightOf(strategy),
    stepHash: computeStepHash(strategy.steps),
    hasRouter: strategy.trafficRouting !== undefined,
    stepIndex: Math.min(Math.max(world.rollout.status.currentStepIndex ?? 0, 0), steps.length),
  };
}

export function readGround(world: World): Ground {
  const { rollout } = world;
  const canary = findCanary(world);
  const stableHash = rollout.status.stableRS ?? '';
  const stable = stableHash === '' ? undefined : world.replicaSets.find((one) => one.podHash === stableHash);
  const others = world.replicaSets.filter((one) => one !== canary);
  return {
    world,
    nowMs: world.nowMs,
    rollout,
    spec: rollout.spec,
    status: rollout.status,
    antiAffinity: (rollout.spec.strategy?.canary ?? rollout.spec.strategy?.blueGreen)?.antiAffinity,
    replicas: rollout.spec.replicas ?? 1,
    podHash: canary?.podHash ?? computePodHash(rollout.spec.template, rollout.status.collisionCount),
    canary,
    stable,
    retired: others.filter((one) => one !== stable),
    revision: Math.max(...others.map((one) => revisionOf(one) + 1), canary === undefined ? 1 : revisionOf(canary), 1),
  };
}

/** The ReplicaSet of the template that is asked for: by hash, else by meaning; the oldest first. */
function findCanary(world: World): ReplicaSetView | undefined {
  // Its workload is gone: what it was last about is all that can be looked at, an abort among it.
  if (world.rollout.spec.workloadRef !== undefined && world.rollout.spec.template === undefined) {
    return world.replicaSets.find((one) => one.podHash === world.rollout.status.currentPodHash);
  }
  return findByHash(world) ?? world.replicaSets.find((one) => isOfTemplate(one, world));
}

/**
 * Whether `decide` needs the ReplicaSets read live, with their templates. Either none carries the computed hash, so one may be of
 * this template all the same (made by another Argo, or defaulted): without a look at the templates a canary would be made twice.
 * Or a canary with traffic on it seems to have no pod: a cache that lags would take its traffic away for nothing. Or stable shrinks
 * with its share: a cache that lags would give back to it what the pods took that it no longer has. Or an experiment step is about to
 * copy them.
 */
export function needsTemplates(world: World): boolean {
  if (world.replicaSets.every((one) => one.template !== undefined)) return false;
  const canary = findCanary(world);
  if (canary === undefined || isExperimentMissing(world)) return true;
  const isShared = (world.router?.canaryWeight ?? 0) > 0;
  if (isShared && world.rollout.spec.strategy?.canary?.dynamicStableScale === true) return true;
  return canary.availableReplicas === 0 && isShared;
}

/** The status names an Experiment of the present step that is not there yet. */
function isExperimentMissing({ rollout, experiments = [] }: World): boolean {
  const { currentStepIndex = 0, canary } = rollout.status;
  const step = rollout.spec.strategy?.canary?.steps?.[currentStepIndex]?.experiment;
  const name = canary?.currentExperiment;
  return step !== undefined && name !== undefined && experiments.every(({ metadata }) => metadata.name !== name);
}

/** Whether `decide` looks at pods: a restart is due, or pods may carry the labels of a role that is no longer theirs. */
export function needsPods(world: World): boolean {
  return isRestartDue(world.rollout, world.nowMs) || world.replicaSets.some(mayHaveStalePods);
}

function findByHash(world: World): ReplicaSetView | undefined {
  const { template } = world.rollout.spec;
  const { collisionCount } = world.rollout.status;
  for (const compute of [computePodHash, computeEarlierPodHash]) {
    const hash = compute(template, collisionCount);
    const found = world.replicaSets.find((one) => one.podHash === hash);
    // Its template is not compared: Argo injects metadata and affinity into it.
    if (found !== undefined) return found;
  }
  return undefined;
}

function isOfTemplate(replicaSet: ReplicaSetView, world: World): boolean {
  const { template, annotations } = replicaSet;
  if (template === undefined) return false;
  return isSameTemplate(withoutInjections({ template, annotations }), world.rollout.spec.template);
}
