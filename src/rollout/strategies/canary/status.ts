import { isDeepEqual, withoutUndefined } from '../../deep-equal.ts';
import type { Announce } from '../../events.ts';
import { formatLabelSelector } from '../../label-selector.ts';
import { phaseOfCanary } from '../../phase.ts';
import { nextStableSide } from '../../ping-pong.ts';
import { sumOf } from '../../replica-sets.ts';
import type { RestartPlan } from '../../restart.ts';
import type { RolloutStatus } from '../../rollout-status.ts';
import type { Scene } from '../../scene.ts';
import { judgeConditions } from '../conditions.ts';
import { commonStatus, withoutZeroCounts } from '../standing.ts';
import { pauseEvents, runEvents } from '../status-events.ts';
import type { Standing } from './advance.ts';
import { sumOfShares } from './experiment-weights.ts';
import { servesPodHash } from './shares.ts';
import type { TrafficPlan } from './traffic.ts';

/** The whole status after this decision, and the events that its changes deserve. Fields that are not ours stay. */
export function buildStatus(
  scene: Scene,
  standing: Standing,
  traffic: TrafficPlan,
  restart: RestartPlan,
): { readonly status: RolloutStatus; readonly events: readonly Announce[] } {
  const { world, status: stored } = scene;
  const all = world.replicaSets;
  const common = commonStatus(scene, standing, restart);
  const draft: RolloutStatus = withoutUndefined({
    ...stored,
    ...common,
    currentStepHash: scene.stepHash,
    currentStepIndex: standing.currentStepIndex,
    readyReplicas: sumOf(all, (one) => one.readyReplicas),
    availableReplicas: sumOf(all, (one) => one.availableReplicas),
    HPAReplicas: common.replicas,
    selector: formatLabelSelector(scene.spec.selector),
    // Of a blue-green that this was before nothing is left; Argo stores both, and the other one empty.
    blueGreen: {},
    canary: buildCanary(scene, standing, traffic),
  });
  const strategy = { isArrived: isArrived(scene, standing, draft), isUncounted: isUncounted(scene, standing) };
  const judged = judgeConditions(scene, standing, draft, strategy);
  const conditioned: RolloutStatus = { ...draft, conditions: judged.conditions };
  const { phase, message } = phaseOfCanary({ ...scene.spec, replicas: scene.replicas }, conditioned, {
    hasRouter: scene.hasRouter,
    isRestarting: restart.isPending,
  });
  const status = withoutUndefined({ ...conditioned, phase, message: message === '' ? undefined : message });
  return {
    status: withoutZeroCounts(status),
    events: [...standing.events, ...judged.events, ...changeEvents(scene, status)],
  };
}

/** The plan is over, and no older pod is left. */
function isArrived(scene: Scene, { currentStepIndex }: Standing, draft: RolloutStatus): boolean {
  const isAtEnd = currentStepIndex === undefined || currentStepIndex === scene.steps.length;
  return isAtEnd && draft.replicas === scene.replicas;
}

/** Whether it waits for something that no deadline counts: a pause, an analysis, an experiment, a plugin with a deadline of its own. */
export function isUncounted(scene: Scene, standing: Standing): boolean {
  const step = standing.currentStepIndex === undefined ? undefined : scene.steps[standing.currentStepIndex];
  return (
    standing.isWaitingForEvidence ||
    step?.pause !== undefined ||
    step?.analysis !== undefined ||
    step?.experiment !== undefined ||
    step?.plugin !== undefined
  );
}

function buildCanary(scene: Scene, standing: Standing, traffic: TrafficPlan): RolloutStatus['canary'] {
  return withoutUndefined({
    ...scene.status.canary,
    currentStepAnalysisRunStatus: standing.stepRun,
    currentBackgroundAnalysisRunStatus: standing.backgroundRun,
    stepPluginStatuses: standing.stepPlugins,
    stablePingPong: nextStableSide(scene.strategy, scene.status, standing.stableRS),
    currentExperiment: standing.experiment,
    weights: scene.hasRouter ? buildWeights(scene, standing, traffic) : undefined,
  });
}

function buildWeights(scene: Scene, standing: Standing, traffic: TrafficPlan) {
  const { canaryService, stableService } = scene.strategy;
  const stored = scene.status.canary?.weights;
  // A revision that was overtaken holds its share until that is 0, and its Service with it.
  const isServed = traffic.settled === 0 || servesPodHash(scene, canaryService, scene.podHash);
  const holder = isServed ? scene.podHash : (stored?.canary.podTemplateHash ?? scene.podHash);
  const additional = traffic.shares.map((share) => withoutUndefined({ ...share }));
  return withoutUndefined({
    ...stored,
    additional: additional.length === 0 ? undefined : additional,
    canary: withoutUndefined({
      ...stored?.canary,
      weight: traffic.settled,
      serviceName: canaryService,
      podTemplateHash: holder,
    }),
    stable: withoutUndefined({
      ...stored?.stable,
      weight: scene.maxWeight - traffic.settled - sumOfShares(traffic.shares),
      serviceName: stableService,
      podTemplateHash: standing.stableRS === '' ? scene.podHash : standing.stableRS,
    }),
  });
}

type StoredWeights = NonNullable<RolloutStatus['canary']>['weights'];

/** `from 10 to 50, additional: web 20`; '' where nothing moved. */
function weightWords(before: StoredWeights, after: StoredWeights): string {
  if (after === undefined) return '';
  const words: string[] = [];
  const { weight } = after.canary;
  if (before === undefined) words.push(`to ${weight}`);
  else if (before.canary.weight !== weight) words.push(`from ${before.canary.weight} to ${weight}`);
  if (!isDeepEqual(before?.additional ?? [], after.additional ?? [])) {
    const shares = (after.additional ?? []).map((one) => `${one.serviceName ?? ''} ${one.weight}`);
    words.push(`additional: ${shares.join(' ') || 'none'}`);
  }
  return words.join(', ');
}

function changeEvents(scene: Scene, status: RolloutStatus): Announce[] {
  const stored = scene.status;
  const events: Announce[] = [...pauseEvents(stored, status)];
  const words = weightWords(stored.canary?.weights, status.canary?.weights);
  if (words !== '') events.push({ reason: 'TrafficWeightUpdated', message: `Traffic weight updated ${words}` });
  events.push(
    ...runEvents('Step', stored.canary?.currentStepAnalysisRunStatus, status.canary?.currentStepAnalysisRunStatus),
  );
  events.push(
    ...runEvents(
      'Background',
      stored.canary?.currentBackgroundAnalysisRunStatus,
      status.canary?.currentBackgroundAnalysisRunStatus,
    ),
  );
  return events;
}
