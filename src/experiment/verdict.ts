import { type AnalysisPhase, isCompleted } from '../analysis/index.ts';
import { type ExperimentRunStatus, hasMeasured, type TemplatePhase, type TemplateStatus } from '../rollout/index.ts';
import { findRun } from './analyses.ts';
import type { ExperimentWorld } from './world.ts';

/** From best to worst, as Argo orders them. */
const templateOrder: readonly TemplatePhase[] = ['Successful', 'Running', 'Progressing', 'Error', 'Failed'];
const runOrder: readonly AnalysisPhase[] = ['Successful', 'Running', 'Pending', 'Inconclusive', 'Error', 'Failed'];

export interface Verdict {
  readonly phase: AnalysisPhase;
  readonly message?: string | undefined;
}

/** What the Experiment comes to, by its templates and its analyses; while it is not over. */
export function judgeExperiment(
  world: ExperimentWorld,
  templates: readonly TemplateStatus[],
  runs: readonly ExperimentRunStatus[],
): Verdict {
  const ofTemplates = judgeTemplates(templates);
  if (ofTemplates.phase === 'Failed' || ofTemplates.phase === 'Error') return ofTemplates;
  const ofRuns = judgeRuns(runs);
  if (ofRuns.phase !== 'Successful' && isCompleted(ofRuns.phase)) return ofRuns;
  const required = world.experiment.spec.analyses.filter((analysis) => analysis.requiredForCompletion === true);
  const hasRequired = required.length > 0;
  const areRequiredDone =
    hasRequired && required.every(({ name }) => runs.find((run) => run.name === name)?.phase === 'Successful');
  // Unlike Argo, which goes on while any other analysis does.
  if (areRequiredDone) return weigh(world, runs, { phase: 'Successful', message: 'Required AnalysisRuns completed' });
  if (ofTemplates.phase !== 'Successful') return ofTemplates;
  // Its time is over, or somebody ended it. One that was never begun has nobody to wait for.
  const isAwaited = hasRequired && runs.some(({ phase }) => phase !== '' && !isCompleted(phase));
  return isAwaited ? { phase: 'Running' } : weigh(world, runs, { phase: 'Successful' });
}

/** Nothing is taken for success that has seen nothing (unlike Argo): an analysis that did not measure once, or never began. */
function weigh(world: ExperimentWorld, runs: readonly ExperimentRunStatus[], success: Verdict): Verdict {
  if (world.evidence === 'argo') return success;
  for (const { name, requiredForCompletion } of world.experiment.spec.analyses) {
    const status = runs.find((run) => run.name === name);
    const run = status === undefined ? undefined : findRun(world, status.analysisRun);
    // Of a run that is gone by now nothing is known but its phase.
    if (run === undefined ? status?.phase === 'Successful' : hasMeasured(run)) continue;
    if (success.message !== undefined && requiredForCompletion !== true) continue;
    return { phase: 'Inconclusive', message: `Analysis '${name}' has not measured anything` };
  }
  return success;
}

function judgeTemplates(templates: readonly TemplateStatus[]): Verdict {
  const worst = worstOf(templates, ({ status }) => templateOrder.indexOf(status ?? 'Progressing'));
  const phase = worst?.status ?? 'Progressing';
  return { phase: phase === 'Progressing' ? 'Pending' : phase, message: worst?.message };
}

function judgeRuns(runs: readonly ExperimentRunStatus[]): Verdict {
  const worst = worstOf(runs, ({ phase }) => (phase === '' ? 0 : runOrder.indexOf(phase)));
  const phase = worst === undefined || worst.phase === '' ? 'Successful' : worst.phase;
  return { phase: phase === 'Pending' ? 'Running' : phase, message: worst?.message };
}

function worstOf<T>(all: readonly T[], rank: (one: T) => number): T | undefined {
  return all.toSorted((a, b) => rank(b) - rank(a))[0];
}
