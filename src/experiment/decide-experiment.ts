import { isCompleted } from '../analysis/index.ts';
import { soonestAfter } from '../lib/index.ts';
import { type ExperimentStatus, isDeepEqual } from '../rollout/index.ts';
import { findRun, newRun } from './analyses.ts';
import { assess } from './assess.ts';
import { invalidConditions } from './conditions.ts';
import type { ExperimentDecision, ExperimentEffect } from './effect.ts';
import { eventsOf } from './events.ts';
import { planPods } from './pods.ts';
import { deadlineOf, durationEndOf } from './templates.ts';
import { validateExperiment } from './validate.ts';
import type { ExperimentWorld } from './world.ts';

/**
 * What to do now about one Experiment. The status comes first: what follows it belongs to what is stored, so that a kill anywhere in
 * between leaves a world from which the same follows again.
 */
export function decideExperiment(world: ExperimentWorld): ExperimentDecision {
  const { experiment, nowMs } = world;
  if (experiment.metadata.deletionTimestamp !== undefined) return { effects: [] };
  const problem = validateExperiment(experiment);
  if (problem !== undefined && !isCompleted(experiment.status.phase)) {
    const status = { ...experiment.status, conditions: invalidConditions(experiment, problem.message, nowMs) };
    return { effects: write(world, status) };
  }
  const status = assess(world);
  const pods = planPods(world, status);
  const effects = [...write(world, status), ...pods.flatMap((plan) => plan.effects), ...planRuns(world, status)];
  const wakes = [...pods.map((plan) => plan.wakeAtMs), ...(isCompleted(status.phase) ? [] : waitsOf(world, status))];
  const wakeAtMs = soonestAfter(nowMs, wakes);
  return wakeAtMs === undefined ? { effects } : { effects, wakeAtMs };
}

function write(world: ExperimentWorld, status: ExperimentStatus): readonly ExperimentEffect[] {
  const stored = world.experiment.status;
  if (isDeepEqual(stored, status)) return [];
  return [{ kind: 'writeStatus', status }, ...eventsOf(world.experiment, status)];
}

/** Creates the runs that the status names; when it is over, or about to be, asks those that still run to end. */
function planRuns(world: ExperimentWorld, status: ExperimentStatus): readonly ExperimentEffect[] {
  const isEnded = isCompleted(status.phase) || world.experiment.spec.terminate === true;
  const effects: ExperimentEffect[] = [];
  const named = (status.analysisRuns ?? []).map(({ analysisRun }) => analysisRun);
  for (const { metadata, spec, status: of } of world.analysisRuns) {
    const isWanted = named.includes(metadata.name) && !isEnded;
    if (isWanted || isCompleted(of.phase) || spec.terminate === true) continue;
    effects.push({ kind: 'terminateAnalysisRun', name: metadata.name });
  }
  if (isEnded) return effects;
  for (const { name, analysisRun, phase } of status.analysisRuns ?? []) {
    if (analysisRun === '' || phase !== 'Pending' || findRun(world, analysisRun) !== undefined) continue;
    const analysis = world.experiment.spec.analyses.find((one) => one.name === name);
    const created = analysis === undefined ? undefined : newRun(world, analysis, analysisRun);
    if (created !== undefined) effects.push({ kind: 'createAnalysisRun', analysisRun: created });
  }
  return effects;
}

/** The end of its duration, and of the patience with each template. */
function waitsOf(world: ExperimentWorld, status: ExperimentStatus): readonly (number | undefined)[] {
  const experiment = { ...world.experiment, status };
  const deadlines = (status.templateStatuses ?? [])
    .filter((template) => template.status === 'Progressing')
    // The deadline has passed only after it.
    .map((template) => (deadlineOf(experiment, template) ?? Infinity) + 1000);
  return [durationEndOf(experiment), ...deadlines.filter(Number.isFinite)];
}
