import { type AnalysisRun, parseTimestamp } from '../analysis/index.ts';
import { soonestAfter } from '../lib/index.ts';
import { bindingOf } from './binding.ts';
import type { Delivery, GitSide, MetricSeries } from './delivery.ts';
import { reasonOf } from './delivery-reason.ts';
import { stateOf } from './delivery-state.ts';
import { experimentWaitOf } from './experiment-wait.ts';
import { readPutBack } from './git-override.ts';
import { gitImage, readGitOwner } from './git-owner.ts';
import { mainContainer, mainImage } from './main-container.ts';
import { guiltyMetric, linesOf, nearestFirst, nextMeasurementAt, seriesOf } from './metric-lines.ts';
import { sightScopeOfRun } from './plan/sight-scope.ts';
import { behindReturn, heldByOf, passedReturnOf, readPointOfNoReturn, wentBackPast } from './point-of-no-return.ts';
import { readPutBackNote, retryAtMs, settledAtMs } from './put-back-note.ts';
import { revisionOf, sumOf } from './replica-sets.ts';
import { type Standpoint, standpointOf } from './standpoint.ts';
import { maxWeightOf, weightInForce } from './steps.ts';
import { isVerificationLate, verificationOf } from './verification.ts';
import { stepCountOf, waitOf } from './wait.ts';
import type { ReplicaSetView, World } from './world.ts';

/** What a card knows that the cluster's objects do not: from the record, and from looks at the traffic. */
export interface DeliveryFacts {
  readonly clusterUid: string;
  readonly clusterName?: string | undefined;
  /** Whose card it is; the Rollout's present revision unless given. */
  readonly revision?: number | undefined;
  readonly startedBy?: string | undefined;
  readonly isUndo?: boolean | undefined;
  readonly approvals?: Delivery['approvals'];
  readonly startedAtMs?: number | undefined;
  readonly finishedAtMs?: number | undefined;
  readonly weightSteps?: MetricSeries['weightSteps'] | undefined;
  /** The image that ran before, where no ReplicaSet tells it any more. */
  readonly fromImage?: string | undefined;
  /** After a rollback: what looks at the traffic have seen. Undefined: nobody can tell, so nobody waits for it. */
  readonly hasNoCanaryRequests?: boolean | undefined;
  readonly isMetricBack?: boolean | undefined;
  readonly runBy?: Delivery['runBy'] | undefined;
}

/** One revision's way through a rollout, as people are told about it. */
export function readDelivery(world: World, facts: DeliveryFacts): Delivery {
  const { rollout, nowMs } = world;
  const { status, metadata, spec } = rollout;
  const at = standpointOf(world, facts.revision);
  const { canary, stepIndex, runs } = at;
  const deciding = runs.find((run) => guiltyMetric(run) !== undefined);
  const guilty = guiltyMetric(deciding);
  const lines = nearestFirst(runs.flatMap((run) => linesOf(run, sightScopeOfRun(world, run))));
  const verification = at.isAborted ? verificationOf(at, facts, guilty !== undefined) : [];
  const isLate = at.isAborted && isVerificationLate(at);
  const state = stateOf(at, { verification, isLate });
  const shown = chartedRun(runs, guilty === undefined ? lines.map(({ name }) => name) : [guilty.name]);
  const git = gitSideOf(at);
  return {
    clusterUid: facts.clusterUid,
    ...(facts.clusterName === undefined ? {} : { clusterName: facts.clusterName }),
    namespace: metadata.namespace,
    name: metadata.name,
    uid: metadata.uid,
    revision: at.revision,
    podHash: canary?.podHash ?? status.currentPodHash ?? '',
    state,
    fromImage: fromImageOf(world, at) ?? facts.fromImage,
    // An invalid spec is about what was asked for, and that has no pods.
    toImage: imageOf(world, state === 'invalidSpec' ? undefined : canary, at.isPresent) ?? '',
    weightPercent: at.weightPercent,
    weights: weightsOf(at),
    step: { index: stepIndex, count: stepCountOf(rollout) },
    ...blueGreenOf(at),
    ...rollingOf(at),
    ...(waitOf(rollout)?.kind === 'experiment' ? { isExperiment: true as const } : {}),
    metrics: lines,
    nextAtMs: nextAt(at, nowMs),
    nextPercent: state === 'gate' && spec.strategy?.blueGreen === undefined ? nextPercentOf(at) : undefined,
    approvals: state === 'gate' ? facts.approvals : undefined,
    pods: { ready: canary?.availableReplicas ?? 0, desired: canary?.specReplicas ?? spec.replicas ?? 1 },
    reason: reasonOf(at, state),
    guilty: guilty === undefined ? undefined : lines.find((line) => line.name === guilty.name),
    verification,
    series: shown === undefined ? undefined : seriesOf(shown.run, shown.metric, facts.weightSteps ?? []),
    startedBy: facts.startedBy,
    isUndo: facts.isUndo ?? false,
    startedAtMs: facts.startedAtMs ?? canary?.createdAtMs,
    finishedAtMs: facts.finishedAtMs,
    ...(git === undefined ? {} : { git }),
    ...(at.isPresent ? { ...contestOf(world), ...noReturnOf(at, facts.runBy !== undefined) } : {}),
    ...(at.isPresent && facts.runBy !== undefined ? { runBy: facts.runBy } : {}),
    binding: bindingOf(rollout, world),
  };
}

function blueGreenOf({ world, isPromoted, weightPercent }: Standpoint): Pick<Delivery, 'blueGreen'> {
  if (world.rollout.spec.strategy?.blueGreen === undefined) return {};
  return { blueGreen: { at: isPromoted || weightPercent > 0 ? 'active' : 'preview' } };
}

function rollingOf({ world, canary }: Standpoint): Pick<Delivery, 'rolling'> {
  const { rolling } = world.rollout.status;
  if (rolling === undefined) return {};
  const all = sumOf(world.replicaSets, (one) => one.availableReplicas);
  const canaryPods = canary?.availableReplicas ?? 0;
  const soakEndsAtMs = parseTimestamp(rolling.soakEndsAt ?? '');
  return { rolling: { canaryPods, stablePods: all - canaryPods, soakEndsAtMs } };
}

function noReturnOf(at: Standpoint, isDriven: boolean): Pick<Delivery, 'noReturn'> {
  const { isPromoted } = at;
  const { rollout } = at.world;
  const passed = passedReturnOf(rollout);
  if (passed !== undefined) return { noReturn: { at: 'passed', what: passed.what, heldBy: heldByOf(rollout) } };
  const goneBack = wentBackPast(rollout);
  if (goneBack !== undefined) return { noReturn: { at: 'goneBack', what: goneBack.what } };
  const before = at.canary === undefined ? undefined : behindReturn(rollout, at.canary, false);
  if (before !== undefined) return { noReturn: { at: 'goneBack', what: before } };
  const earlier = isPromoted ? earlierOf(at) : undefined;
  const behind = earlier === undefined ? undefined : behindReturn(rollout, earlier, isDriven);
  if (behind !== undefined) return { noReturn: { at: 'live', what: behind } };
  const ahead = isPromoted || rollout.status.abort === true ? undefined : readPointOfNoReturn(rollout);
  return ahead === undefined ? {} : { noReturn: { at: 'ahead', what: ahead.what } };
}

function contestOf({ rollout, nowMs }: World): Pick<Delivery, 'contest'> {
  const note = readPutBackNote(rollout, rollout.status.currentPodHash ?? '');
  if (note === undefined || nowMs >= settledAtMs(note)) return {};
  return { contest: { ...note, retryAtMs: retryAtMs(note) } };
}

/** Of the present revision: what Git asks for now says nothing of one that is past. */
function gitSideOf(at: Standpoint): GitSide | undefined {
  const { rollout } = at.world;
  const owner = at.isPresent ? readGitOwner(rollout) : undefined;
  if (owner === undefined) return undefined;
  const { tool, source, putsBack, link, file } = owner;
  const asksFor = gitImage(owner, mainContainer(rollout.spec.template, rollout.metadata.name)?.name);
  const aim = imageOf(at.world, at.isAborted ? at.stable : at.canary, !at.isAborted);
  const putBack = readPutBack(rollout);
  const isRecent = putBack !== undefined && at.revision <= putBack.sinceRevision + 2;
  return {
    ...{ tool, source, putsBack, link, file, asksFor },
    isAtOdds: asksFor !== undefined && aim !== undefined && asksFor !== aim,
    putBack: isRecent ? putBack : undefined,
  };
}

/** The first of these metrics that has numbers to draw: a Job has none. */
function chartedRun(runs: readonly AnalysisRun[], metricNames: readonly string[]) {
  for (const name of metricNames) {
    for (const run of runs) {
      const metric = run.spec.metrics.find((one) => one.name === name && !Object.hasOwn(one.provider, 'job'));
      if (metric !== undefined) return { run, metric };
    }
  }
  return undefined;
}

/**
 * What its pods run. The Rollout's own template speaks of the next revision as soon as somebody changed it, so it is asked only where
 * there are no pods yet.
 */
function imageOf(world: World, replicaSet: ReplicaSetView | undefined, isPresent: boolean): string | undefined {
  const { name } = world.rollout.metadata;
  const own = replicaSet?.image ?? mainImage(replicaSet?.template, name);
  return own ?? (isPresent ? mainImage(world.rollout.spec.template, name) : undefined);
}

/** Before a promotion stable is what ran; after it, the newest earlier revision. */
function fromImageOf(world: World, at: Standpoint): string | undefined {
  if (!at.isPromoted && at.isPresent) return imageOf(world, at.stable, false);
  return imageOf(world, earlierOf(at), false);
}

function earlierOf({ world, canary, revision }: Standpoint): ReplicaSetView | undefined {
  const earlier = world.replicaSets.filter((one) => revisionOf(one) < revision && one !== canary);
  return earlier.sort((a, b) => revisionOf(b) - revisionOf(a))[0];
}

function plannedWeights(at: Standpoint): { readonly percent: number; readonly index: number }[] {
  const max = maxWeightOf(at.strategy);
  const planned: { percent: number; index: number }[] = [];
  for (const [index, step] of (at.strategy.steps ?? []).entries()) {
    if (step.setWeight === undefined) continue;
    const percent = Math.round((step.setWeight * 100) / max);
    if (planned.at(-1)?.percent !== percent) planned.push({ percent, index });
  }
  if (planned.at(-1)?.percent !== 100) planned.push({ percent: 100, index: at.strategy.steps?.length ?? 0 });
  return planned;
}

function weightsOf(at: Standpoint): Delivery['weights'] {
  const planned = plannedWeights(at);
  if (at.isPromoted && at.isPresent) return planned.map(({ percent }) => ({ percent, state: 'done' }));
  if (at.isAborted || !at.isPresent) return planned.map(({ percent }) => ({ percent, state: 'ahead' }));
  // Until the Service has gone over, nothing of blue-green has any request.
  const isPreview = at.world.rollout.spec.strategy?.blueGreen !== undefined && at.weightPercent === 0;
  const present = isPreview ? -1 : planned.findLastIndex(({ index }) => index <= at.stepIndex);
  return planned.map(({ percent }, place) => {
    if (place === present) return { percent, state: 'current' };
    return { percent, state: place < present ? 'done' : 'ahead' };
  });
}

function nextPercentOf(at: Standpoint): number {
  const inForce = Math.round((weightInForce(at.strategy, at.stepIndex) * 100) / maxWeightOf(at.strategy));
  const ahead = plannedWeights(at).find(({ index, percent }) => index > at.stepIndex && percent !== inForce);
  return ahead?.percent ?? 100;
}

function nextAt(at: Standpoint, nowMs: number): number | undefined {
  if (!at.isPresent || at.isAborted || at.isPromoted || at.world.rollout.spec.paused === true) return undefined;
  const soakEndsAtMs = parseTimestamp(at.world.rollout.status.rolling?.soakEndsAt ?? '');
  if (soakEndsAtMs !== undefined && soakEndsAtMs > nowMs) return soakEndsAtMs;
  const wait = waitOf(at.world.rollout);
  if (wait?.kind === 'timed') return wait.endsAtMs;
  if (wait?.kind === 'experiment') return experimentWaitOf(at.world)?.untilMs;
  if (wait?.kind === 'gate') return undefined;
  const running = at.runs.filter((run) => run.status.phase === 'Running');
  return soonestAfter(nowMs, running.map(nextMeasurementAt));
}
