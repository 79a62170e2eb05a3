import type { AnalysisRun } from '../analysis/index.ts';
import type { Binding } from './delivery.ts';
import { revisionAnnotation } from './names.ts';
import type { Rollout } from './rollout.ts';
import { runReferencesOf } from './rollout-status.ts';
import { stepIndexOf } from './wait.ts';

/** What a click on a card drawn now would be bound to: compared with what the button carries, it tells a stale click. */
export function bindingOf(rollout: Rollout, analysisRuns: readonly AnalysisRun[]): Binding {
  const { status, metadata } = rollout;
  const phases = runReferencesOf(status).map(({ name, status: stored }) => {
    const run = analysisRuns.find((one) => one.metadata.name === name);
    return `${name}=${settledPhase(run?.status.phase ?? stored)}`;
  });
  return {
    uid: metadata.uid,
    revision: Number(metadata.annotations[revisionAnnotation] ?? 0),
    step: stepIndexOf(rollout),
    pauseStartedAt: status.pauseConditions?.[0]?.startTime ?? '',
    analysis: phases.sort().join(','),
  };
}

/** A run that begins has not told anything yet: that it went from Pending to Running is no news for whoever clicked. */
function settledPhase(phase: string | undefined): string {
  return phase === undefined || phase === '' || phase === 'Pending' ? 'Running' : phase;
}
