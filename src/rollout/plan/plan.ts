import { parsePauseSeconds, readWebhookSettings, type SightScope, webhookPlugin } from '../../analysis/index.ts';
import { type GitOwner, readGitOwner } from '../git-owner.ts';
import { mainImage } from '../main-container.ts';
import { routerKindsOf } from '../needs.ts';
import { type PointOfNoReturn, readPointOfNoReturn } from '../point-of-no-return.ts';
import { maxWeightOf, weightInForce } from '../steps.ts';
import type { BlueGreenStrategy, CanaryStep, CanaryStrategy } from '../strategy-spec.ts';
import { validateRollout } from '../validate.ts';
import type { World } from '../world.ts';
import { addTimes, type ExpectedTime, noTime } from './expected-time.ts';
import { type PlannedAnalysis, planAnalysis } from './planned-analysis.ts';
import { type PlannedExperiment, planExperiment } from './planned-experiment.ts';
import { sightScopeOf } from './sight-scope.ts';

/** One image that a start would set. */
export interface PlannedImage {
  readonly container: string;
  readonly from: string;
  readonly to: string;
  readonly isSame: boolean;
  /** Of another repository than today's. */
  readonly isForeign: boolean;
  /** Its tag is written in another way than today's. */
  readonly isUnusualTag: boolean;
}

export type PlannedStep =
  | { readonly kind: 'weight'; readonly percent: number }
  | { readonly kind: 'pause'; readonly seconds: number; readonly atPercent: number }
  /** Waits for a person's promote. */
  | { readonly kind: 'gate'; readonly atPercent: number }
  | { readonly kind: 'analysis'; readonly atPercent: number; readonly analysis: PlannedAnalysis }
  | { readonly kind: 'scale'; readonly to: { readonly replicas: number } | { readonly percent: number } | 'traffic' }
  /** Requests that match all go to the canary, are copied to it, or no longer are (`ends`). */
  | { readonly kind: 'route'; readonly name: string; readonly does: 'header' | 'mirror' | 'ends' }
  /** Pods beside the others for a while; the rollout waits for what comes of it. */
  | ({ readonly kind: 'experiment'; readonly atPercent: number } & PlannedExperiment)
  /** An address is called until it says that it is done, or its deadline has come. */
  | { readonly kind: 'webhook'; readonly host: string; readonly deadlineSeconds: number }
  /** Pods behind the preview's Service: as many as `replicas`, or fewer. */
  | { readonly kind: 'preview'; readonly replicas: number }
  /** The active Service goes to them, all of them up. */
  | { readonly kind: 'switch' }
  /** Not a step that we take; `problems` says so. */
  | { readonly kind: 'unknown' };

/** What a start would do, step by step, to 100 %. Nothing of it was measured. */
export interface Plan {
  readonly namespace: string;
  readonly name: string;
  /** Empty: no image was named; the plan is the same for any. */
  readonly images: readonly PlannedImage[];
  readonly replicas: number;
  /** What moves the share: `nginx`; empty: the share of the pods. */
  readonly routers: readonly string[];
  readonly steps: readonly PlannedStep[];
  /** Of blue-green only: the Services' names. */
  readonly blueGreen?: { readonly active: string; readonly preview: string | undefined };
  /** Of a Deployment: Kubernetes moves its pods, then it soaks. */
  readonly rolling?: { readonly soakMs: number };
  /** Measured beside the steps, from this step on (from 0). */
  readonly background:
    | { readonly analysis: PlannedAnalysis; readonly fromStep: number; readonly atPercent: number }
    | undefined;
  /** If everything passes, without the time that pods need to start. */
  readonly time: ExpectedTime;
  readonly gates: number;
  /** From this step on (from 0) nothing goes back by itself. */
  readonly noReturn: PointOfNoReturn | undefined;
  /** `spec.minReadySeconds`: how long each new pod must stay up before it counts. */
  readonly minReadySeconds: number;
  /** The image of the main container that serves now; undefined: none does yet, or nobody knows. */
  readonly stableImage: string | undefined;
  /** What is under way now, and would be replaced. */
  readonly underWay: { readonly step: number; readonly isAborted: boolean; readonly isPaused: boolean } | undefined;
  /** Which GitOps tool owns this Rollout, and what it asks for. */
  readonly git: GitOwner | undefined;
  /** Nothing would move: what is wrong with the spec, in Argo's words. */
  readonly problems: readonly string[];
}

/**
 * Describes the way of one revision. Pure: the same in a chat, in a terminal and in a modal. `now`: of the revision under way, whose
 * pods are known; `toCome`: of one that is not there yet.
 */
export function planRollout(world: World, images: readonly PlannedImage[], which: 'toCome' | 'now' = 'toCome'): Plan {
  const { rollout } = world;
  const { canary: strategy = {}, blueGreen } = rollout.spec.strategy ?? {};
  const scope = sightScopeOf(world, which);
  const steps =
    blueGreen === undefined
      ? (strategy.steps ?? []).map((step, index) => planStep(world, { step, index, strategy, scope }))
      : planBlueGreen(world, blueGreen, which);
  const background = planBackground(world, strategy, scope);
  return {
    namespace: rollout.metadata.namespace,
    name: rollout.metadata.name,
    images,
    replicas: rollout.spec.replicas ?? 1,
    routers: strategy.trafficRouting === undefined ? [] : routerKindsOf(strategy.trafficRouting),
    steps,
    ...(blueGreen === undefined
      ? {}
      : { blueGreen: { active: blueGreen.activeService ?? '', preview: blueGreen.previewService || undefined } }),
    ...(rollout.status.rolling === undefined ? {} : { rolling: { soakMs: rollout.status.rolling.soakMs ?? 0 } }),
    background,
    time: steps.map(timeOf).reduce(addTimes, noTime),
    noReturn: readPointOfNoReturn(rollout),
    gates: steps.filter(({ kind }) => kind === 'gate').length,
    minReadySeconds: rollout.spec.minReadySeconds ?? 0,
    stableImage: stableImageOf(world),
    underWay: underWayOf(world),
    git: readGitOwner(rollout),
    problems: validateRollout(world),
  };
}

/** The way of a preview, as if it were steps: its pods, the analysis, the pause, the switch, the analysis after it. */
function planBlueGreen(world: World, strategy: BlueGreenStrategy, which: 'toCome' | 'now'): PlannedStep[] {
  const { prePromotionAnalysis: pre, postPromotionAnalysis: post, autoPromotionSeconds = 0 } = strategy;
  const replicas = strategy.previewReplicaCount ?? world.rollout.spec.replicas ?? 1;
  const steps: PlannedStep[] = [{ kind: 'preview', replicas }];
  if (pre !== undefined) {
    steps.push({ kind: 'analysis', atPercent: 0, analysis: planAnalysis(world, pre, sightScopeOf(world, which)) });
  }
  if (strategy.autoPromotionEnabled === false) steps.push({ kind: 'gate', atPercent: 0 });
  else if (autoPromotionSeconds > 0) steps.push({ kind: 'pause', seconds: autoPromotionSeconds, atPercent: 0 });
  steps.push({ kind: 'switch' });
  if (post !== undefined) {
    const scope = sightScopeOf(world, which, 'after');
    steps.push({ kind: 'analysis', atPercent: 100, analysis: planAnalysis(world, post, scope) });
  }
  return steps;
}

interface StepAt {
  readonly step: CanaryStep;
  readonly index: number;
  readonly strategy: CanaryStrategy;
  readonly scope: SightScope;
}

function planStep(world: World, { step, index, strategy, scope }: StepAt): PlannedStep {
  const atPercent = percentAt(strategy, index);
  if (step.setWeight !== undefined) return { kind: 'weight', percent: atPercent };
  if (step.pause !== undefined) {
    const { duration } = step.pause;
    const seconds = duration === undefined ? undefined : parsePauseSeconds(duration);
    return seconds === undefined ? { kind: 'gate', atPercent } : { kind: 'pause', seconds, atPercent };
  }
  if (step.analysis !== undefined) {
    return { kind: 'analysis', atPercent, analysis: planAnalysis(world, step.analysis, scope) };
  }
  if (step.experiment !== undefined)
    return { kind: 'experiment', atPercent, ...planExperiment(world, step.experiment, scope) };
  const { setHeaderRoute: header, setMirrorRoute: mirror } = step;
  if (header !== undefined) return { kind: 'route', name: header.name, does: header.match?.length ? 'header' : 'ends' };
  if (mirror !== undefined) return { kind: 'route', name: mirror.name, does: mirror.match?.length ? 'mirror' : 'ends' };
  if (step.plugin !== undefined) return planWebhook(world, step.plugin);
  const scale = step.setCanaryScale;
  if (scale?.matchTrafficWeight === true) return { kind: 'scale', to: 'traffic' };
  if (scale?.replicas !== undefined) return { kind: 'scale', to: { replicas: scale.replicas } };
  return scale?.weight === undefined ? { kind: 'unknown' } : { kind: 'scale', to: { percent: scale.weight } };
}

function planWebhook({ rollout }: World, { name, config }: NonNullable<CanaryStep['plugin']>): PlannedStep {
  const read = readWebhookSettings(config);
  if (name !== webhookPlugin || !read.isValid) return { kind: 'unknown' };
  const { url, deadlineMs } = read.settings;
  const seconds = deadlineMs === undefined ? (rollout.spec.progressDeadlineSeconds ?? 600) : deadlineMs / 1000;
  return { kind: 'webhook', host: new URL(url).host, deadlineSeconds: seconds };
}

function percentAt(strategy: CanaryStrategy, index: number): number {
  return Math.round((weightInForce(strategy, index) * 100) / maxWeightOf(strategy));
}

/** It sees least where it begins: at the first share that is not 0. */
function planBackground(world: World, strategy: CanaryStrategy, scope: SightScope): Plan['background'] {
  const { analysis, steps = [] } = strategy;
  if (analysis === undefined || analysis.templates.length === 0) return undefined;
  const fromStep = analysis.startingStep ?? 0;
  const percents = steps.map((_, index) => percentAt(strategy, index)).slice(fromStep);
  const atPercent = percents.find((percent) => percent > 0) ?? 100;
  return { analysis: planAnalysis(world, analysis, scope), fromStep, atPercent };
}

function timeOf(step: PlannedStep): ExpectedTime {
  switch (step.kind) {
    case 'pause':
      return { leastMs: step.seconds * 1000, mostMs: step.seconds * 1000 };
    case 'gate':
      return { leastMs: 0, mostMs: undefined };
    case 'analysis':
      return step.analysis.time;
    case 'experiment':
      return step.time;
    case 'webhook':
      return { leastMs: 0, mostMs: step.deadlineSeconds * 1000 };
    default:
      return noTime;
  }
}

function stableImageOf({ rollout, replicaSets }: World): string | undefined {
  const { stableRS, currentPodHash } = rollout.status;
  if (stableRS === undefined || stableRS === '') return undefined;
  const stable = replicaSets.find(({ podHash }) => podHash === stableRS);
  const isAsked = stableRS === currentPodHash ? mainImage(rollout.spec.template, rollout.metadata.name) : undefined;
  return stable?.image ?? isAsked;
}

function underWayOf({ rollout: { spec, status } }: World): Plan['underWay'] {
  if (status.stableRS === undefined || status.stableRS === '' || status.stableRS === status.currentPodHash)
    return undefined;
  return { step: status.currentStepIndex ?? 0, isAborted: status.abort === true, isPaused: spec.paused === true };
}

/** One analysis, and the shares at which it is measured, the least first; the canary is seen worst there. */
export interface Measured {
  readonly analysis: PlannedAnalysis;
  readonly atPercents: readonly number[];
  readonly isBackground: boolean;
}

function analysesOf(step: PlannedStep): readonly PlannedAnalysis[] {
  if (step.kind === 'experiment') return step.analyses;
  return step.kind === 'analysis' ? [step.analysis] : [];
}

function percentOf(step: PlannedStep): number {
  return 'atPercent' in step ? step.atPercent : 0;
}

/** The analyses of a plan, each once: most plans measure the same at every weight. */
export function measuredIn({ steps, background }: Pick<Plan, 'steps' | 'background'>): readonly Measured[] {
  const found = new Map<string, { analysis: PlannedAnalysis; atPercents: Set<number> }>();
  for (const step of steps) {
    for (const analysis of analysesOf(step)) {
      const key = JSON.stringify(analysis);
      const known = found.get(key) ?? { analysis, atPercents: new Set() };
      found.set(key, { ...known, atPercents: known.atPercents.add(percentOf(step)) });
    }
  }
  const measured = [...found.values()].map(({ analysis, atPercents }) => ({
    analysis,
    atPercents: [...atPercents].sort((a, b) => a - b),
    isBackground: false,
  }));
  if (background === undefined) return measured;
  return [...measured, { analysis: background.analysis, atPercents: [background.atPercent], isBackground: true }];
}
