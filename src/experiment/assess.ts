import { formatTimestamp, isCompleted } from '../analysis/index.ts';
import { type ExperimentStatus, withoutUndefined } from '../rollout/index.ts';
import { assessAnalysis } from './analyses.ts';
import { judgeConditions } from './conditions.ts';
import { assessTemplate } from './templates.ts';
import { judgeExperiment } from './verdict.ts';
import type { ExperimentWorld } from './world.ts';

/** The whole status by what is seen now. Fields that are not ours stay. */
export function assess(world: ExperimentWorld): ExperimentStatus {
  const { spec, status: stored } = world.experiment;
  const templateStatuses = spec.templates.map((template) => assessTemplate(world, template));
  const isOver = isCompleted(stored.phase);
  const analysisRuns = isOver
    ? (stored.analysisRuns ?? [])
    : spec.analyses
        .map((analysis) => assessAnalysis(world, analysis, stored.availableAt !== undefined))
        .filter((run) => run !== undefined);
  const verdict = isOver
    ? { phase: stored.phase, message: stored.message }
    : judgeExperiment(world, templateStatuses, analysisRuns);
  const isAvailable = verdict.phase === 'Running' && templateStatuses.every(({ status }) => status === 'Running');
  const drafted: ExperimentStatus = withoutUndefined({
    ...stored,
    phase: verdict.phase,
    message: verdict.message || undefined,
    availableAt: stored.availableAt ?? (isAvailable ? formatTimestamp(world.nowMs) : undefined),
    templateStatuses,
    analysisRuns: analysisRuns.length === 0 ? undefined : analysisRuns,
  });
  return { ...drafted, conditions: judgeConditions(world, drafted) };
}
