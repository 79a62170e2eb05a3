import { type AnalysisRun, isInterrupted, type MetricResult, matchesRule } from '../../analysis/index.ts';
import { type RunReference, runReferencesOf } from '../rollout-status.ts';
import type { Ground } from '../scene.ts';

// Analysis runs of any strategy: their names, and what they say.

export function findRun(scene: Ground, name: string | undefined): AnalysisRun | undefined {
  return name === undefined ? undefined : scene.world.analysisRuns.find((run) => run.metadata.name === name);
}

/** What the name of each run of this revision begins with. */
export function runBase(scene: Ground): string {
  return `${scene.rollout.metadata.name}-${scene.podHash}-${scene.revision}`;
}

/** The first free name: `base`, `base.1`, `base.2` … */
export function nextRunName(scene: Ground, base: string): string {
  const taken = new Set(scene.world.analysisRuns.map((run) => run.metadata.name));
  for (const reference of runReferencesOf(scene.status)) taken.add(reference.name);
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
export function phaseOf(scene: Ground, run: AnalysisRun): string {
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
  if (judged.length === 0) return results.length > 0 && !hasCounting(run);
  const seen = judged.filter((metric) => measurementsOf(metric) > 0);
  return seen.length > 0 && judged.every((metric) => metric.error === 0 || seen.includes(metric));
}

/** Whether a metric of it counts, measured or not. */
function hasCounting({ spec }: AnalysisRun): boolean {
  return spec.metrics.some(({ name }) => !spec.dryRun.some((rule) => matchesRule(rule.metricName, name)));
}

/** A Job that was interrupted is counted as inconclusive, and has seen nothing. */
function measurementsOf(metric: MetricResult): number {
  const { successful, failed, inconclusive } = metric;
  return successful + failed + inconclusive - (isInterrupted(metric) ? 1 : 0);
}

/** How the status names a run. */
export function referTo(scene: Ground, run: AnalysisRun | undefined): RunReference | undefined {
  if (run === undefined) return undefined;
  const { message } = run.status;
  return { name: run.metadata.name, status: phaseOf(scene, run), ...(message ? { message } : {}) };
}
