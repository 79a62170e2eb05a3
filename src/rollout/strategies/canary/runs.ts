import type { AnalysisRun } from '../../../analysis/index.ts';
import { podHashLabel, stepIndexLabel } from '../../names.ts';
import type { RolloutStatus } from '../../rollout.ts';
import type { Scene } from '../../scene.ts';

export type RunReference = NonNullable<NonNullable<RolloutStatus['canary']>['currentStepAnalysisRunStatus']>;

/**
 * The analysis that counts now. The status names a run *before* it is created: whatever is not named there belongs to an earlier
 * attempt, so after a crash nobody has to guess (Argo creates first, and may lose sight of a run that failed).
 */
export interface RunsInForce {
  readonly stepName: string | undefined;
  readonly backgroundName: string | undefined;
  /** Undefined: named, but not created yet. */
  readonly step: AnalysisRun | undefined;
  readonly background: AnalysisRun | undefined;
}

export function readRunsInForce(scene: Scene): RunsInForce {
  const { canary } = scene.status;
  const stepName = canary?.currentStepAnalysisRunStatus?.name;
  const backgroundName = canary?.currentBackgroundAnalysisRunStatus?.name;
  const step = findRun(scene, stepName);
  const isStepInForce = stepName !== undefined && isRunOfStep(scene, stepName, step);
  return {
    stepName: isStepInForce ? stepName : undefined,
    backgroundName,
    step: isStepInForce ? step : undefined,
    background: findRun(scene, backgroundName),
  };
}

function findRun(scene: Scene, name: string | undefined): AnalysisRun | undefined {
  return name === undefined ? undefined : scene.world.analysisRuns.find((run) => run.metadata.name === name);
}

/** A run left over from a step that somebody skipped has no say about the next one. */
function isRunOfStep(scene: Scene, name: string, run: AnalysisRun | undefined): boolean {
  const label = run?.metadata.labels[stepIndexLabel];
  if (label !== undefined) return label === String(scene.stepIndex);
  const base = stepRunBase(scene, scene.stepIndex);
  return name === base || name.startsWith(`${base}.`);
}

export function backgroundRunBase(scene: Scene): string {
  return `${scene.rollout.metadata.name}-${scene.podHash}-${scene.revision}`;
}

export function stepRunBase(scene: Scene, stepIndex: number): string {
  return `${backgroundRunBase(scene)}-${stepIndex}`;
}

/** The first free name: `base`, `base.1`, `base.2` … */
export function nextRunName(scene: Scene, base: string): string {
  const taken = new Set(scene.world.analysisRuns.map((run) => run.metadata.name));
  const { canary } = scene.status;
  for (const reference of [canary?.currentStepAnalysisRunStatus, canary?.currentBackgroundAnalysisRunStatus]) {
    if (reference !== undefined) taken.add(reference.name);
  }
  let name = base;
  for (let count = 1; taken.has(name); count++) name = `${base}.${count}`;
  return name;
}

export function isFinished(run: AnalysisRun): boolean {
  const { phase } = run.status;
  return phase === 'Successful' || phase === 'Failed' || phase === 'Error' || phase === 'Inconclusive';
}

/**
 * The phase as the rollout takes it. A run that ended well without a single measurement (someone terminated it) proves nothing:
 * Inconclusive, unless Argo's reading is asked for.
 */
export function phaseOf(scene: Scene, run: AnalysisRun): string {
  const phase = run.status.phase ?? '';
  if (scene.world.evidence === 'strict' && phase === 'Successful' && !hasMeasured(run)) return 'Inconclusive';
  return phase;
}

/**
 * Whether a run has looked at the world at least once, and no metric of it has seen nothing but errors. Counters, not
 * measurements: those are kept for a while only. Dry-run metrics are asked for nothing, unless there are no others.
 */
export function hasMeasured(run: AnalysisRun): boolean {
  const results = run.status.metricResults;
  const judged = results.filter((metric) => metric.dryRun !== true);
  if (judged.length === 0) return results.length > 0;
  const seen = judged.filter((metric) => metric.successful + metric.failed + metric.inconclusive > 0);
  return seen.length > 0 && judged.every((metric) => metric.error === 0 || seen.includes(metric));
}

/** How the status names a run. */
export function referTo(scene: Scene, run: AnalysisRun | undefined): RunReference | undefined {
  if (run === undefined) return undefined;
  const { message } = run.status;
  return { name: run.metadata.name, status: phaseOf(scene, run), ...(message ? { message } : {}) };
}

export function podHashOf(run: AnalysisRun): string | undefined {
  return run.metadata.labels[podHashLabel];
}
