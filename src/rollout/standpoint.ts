import { type AnalysisRun, parseTimestamp } from '../analysis/index.ts';
import { podHashLabel, revisionAnnotation } from './names.ts';
import { presentRevision, revisionOf, sumOf } from './replica-sets.ts';
import { runReferencesOf } from './rollout-status.ts';
import { maxWeightOf } from './steps.ts';
import type { CanaryStrategy } from './strategy-spec.ts';
import { stepIndexOf, waitOf } from './wait.ts';
import type { ReplicaSetView, World } from './world.ts';

/** One revision seen from where it stands. */
export interface Standpoint {
  readonly world: World;
  readonly strategy: CanaryStrategy;
  readonly revision: number;
  /** It is the revision that the Rollout asks for now. */
  readonly isPresent: boolean;
  readonly canary: ReplicaSetView | undefined;
  readonly stable: ReplicaSetView | undefined;
  readonly isPromoted: boolean;
  readonly isAborted: boolean;
  readonly stepIndex: number;
  readonly weightPercent: number;
  /** The analysis runs that the status names. */
  readonly runs: readonly AnalysisRun[];
}

/** The facts that state and texts are read from; of the Rollout's present revision unless another is asked for. */
export function standpointOf(world: World, askedRevision: number | undefined): Standpoint {
  const { rollout, replicaSets } = world;
  const { status, spec } = rollout;
  const latest = presentRevision(rollout, replicaSets);
  const revision = askedRevision ?? latest;
  const isPresent = revision === latest;
  const present = replicaSets.find((one) => one.podHash === status.currentPodHash);
  const canary = isPresent ? present : replicaSets.find((one) => revisionOf(one) === revision);
  const stable = replicaSets.find((one) => one.podHash === status.stableRS);
  const strategy = spec.strategy?.canary ?? {};
  const isPromoted = status.stableRS !== undefined && status.stableRS === status.currentPodHash;
  return {
    world,
    strategy,
    revision,
    isPresent,
    canary,
    stable,
    isPromoted,
    isAborted: isPresent && !isPromoted && status.abort === true,
    stepIndex: stepIndexOf(rollout),
    weightPercent: isPresent ? weightPercentOf(world, { present, isPromoted }) : 0,
    runs: isPresent ? runsInForce(world, revision) : [],
  };
}

/** What the router says, or the active Service of blue-green; without either the share of the available pods. A revision that is stable has it all. */
function weightPercentOf(
  world: World,
  { present, isPromoted }: { readonly present: ReplicaSetView | undefined; readonly isPromoted: boolean },
): number {
  if (isPromoted) return 100;
  const { canary: strategy = {}, blueGreen } = world.rollout.spec.strategy ?? {};
  const active = world.services[blueGreen?.activeService ?? '']?.selector[podHashLabel];
  if (blueGreen !== undefined && active !== undefined) return active === present?.podHash ? 100 : 0;
  if (strategy.trafficRouting !== undefined) {
    const { canaryWeight, problem } = world.router ?? {};
    // A router that we cannot read may be one that the controller in our place drives: it notes what it has set.
    const noted = problem === undefined ? undefined : world.rollout.status.canary?.weights?.canary.weight;
    return Math.round(((canaryWeight ?? noted ?? 0) * 100) / maxWeightOf(strategy));
  }
  const all = sumOf(world.replicaSets, (one) => one.availableReplicas);
  return all === 0 ? 0 : Math.round(((present?.availableReplicas ?? 0) * 100) / all);
}

/** Those that the status names; between analyses, at a gate and at the end, the last one of the revision: a decision needs its evidence. */
function runsInForce(world: World, revision: number): AnalysisRun[] {
  // The evidence of an experiment step is its Experiment's. After an abort the reason tells it: those pods are measured no more.
  const isAwaited = waitOf(world.rollout)?.kind === 'experiment' && world.rollout.status.abort !== true;
  if (isAwaited && world.experimentRuns !== undefined) return [...world.experimentRuns];
  const names = runReferencesOf(world.rollout.status).map(({ name }) => name);
  const named = names.flatMap((name) => world.analysisRuns.filter((run) => run.metadata.name === name));
  if (named.length > 0) return named;
  const ofRevision = world.analysisRuns.filter(
    (run) => run.metadata.annotations[revisionAnnotation] === String(revision),
  );
  const last = ofRevision.sort((a, b) => startOf(b) - startOf(a))[0];
  return last === undefined ? [] : [last];
}

function startOf(run: AnalysisRun): number {
  return parseTimestamp(run.status.startedAt ?? run.metadata.creationTimestamp ?? '') ?? 0;
}
