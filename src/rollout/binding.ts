import type { AnalysisRun } from '../analysis/index.ts';
import type { Binding } from './delivery.ts';
import type { Experiment } from './experiment.ts';
import { revisionAnnotation } from './names.ts';
import type { Rollout } from './rollout.ts';
import { runReferencesOf } from './rollout-status.ts';
import { stepIndexOf } from './wait.ts';

/** What a release is judged by, as it is now. */
export interface Evidence {
  readonly analysisRuns: readonly AnalysisRun[];
  readonly experiments?: readonly Experiment[] | undefined;
}

/** What a click on a card drawn now would be bound to: compared with what the button carries, it tells a stale click. */
export function bindingOf(rollout: Rollout, { analysisRuns, experiments = [] }: Evidence): Binding {
  const { status, metadata } = rollout;
  const phases = runReferencesOf(status).map(({ name, status: stored }) => {
    const run = analysisRuns.find((one) => one.metadata.name === name);
    return `${name}=${settledPhase(run?.status.phase ?? stored)}`;
  });
  const experiment = status.canary?.currentExperiment ?? '';
  if (experiment !== '') {
    const present = experiments.find((one) => one.metadata.name === experiment);
    phases.push(`${experiment}=${settledPhase(present?.status.phase)}`);
  }
  return {
    uid: metadata.uid,
    revision: Number(metadata.annotations[revisionAnnotation] ?? 0),
    step: stepIndexOf(rollout),
    pauseStartedAt: status.pauseConditions?.[0]?.startTime ?? '',
    analysis: phases.sort().join(','),
  };
}

/** What begins has not told anything yet: that it went from Pending to Running is no news for whoever clicked. */
function settledPhase(phase: string | undefined): string {
  return phase === undefined || phase === '' || phase === 'Pending' ? 'Running' : phase;
}
