import { type AnalysisPhase, type AnalysisRunStatus, isCompleted } from './analysis-run.ts';

/** An event on an AnalysisRun, as Argo words it. */
export interface AnalysisRunEvent {
  readonly type: 'Normal' | 'Warning';
  readonly reason: string;
  readonly message: string;
  /** What makes it one of its kind, besides the run's uid and the reason. */
  readonly occasion: string;
}

/** The events between two statuses of a run: one for each metric that ended, one for the run. */
export function analysisRunEvents(before: AnalysisRunStatus, after: AnalysisRunStatus): readonly AnalysisRunEvent[] {
  const events: AnalysisRunEvent[] = [];
  for (const { name, phase } of after.metricResults) {
    const earlier = before.metricResults.find((result) => result.name === name)?.phase;
    if (!isCompleted(phase) || isCompleted(earlier)) continue;
    const message = `Metric '${name}' Completed. Result: ${phase}`;
    events.push({ type: typeOf(phase), reason: `Metric${phase}`, message, occasion: name });
  }
  if (after.phase !== undefined && isCompleted(after.phase) && !isCompleted(before.phase)) {
    const message = `Analysis Completed. Result: ${after.phase}`;
    events.push({ type: typeOf(after.phase), reason: `AnalysisRun${after.phase}`, message, occasion: 'run' });
  }
  return events;
}

function typeOf(phase: AnalysisPhase): 'Normal' | 'Warning' {
  return phase === 'Error' || phase === 'Failed' ? 'Warning' : 'Normal';
}
