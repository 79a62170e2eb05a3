import type { Announce } from '../events.ts';
import type { RolloutStatus, RunReference } from '../rollout-status.ts';

// Events that a change of the status deserves, whatever the strategy.

export function pauseEvents(stored: RolloutStatus, status: RolloutStatus): Announce[] {
  const wasPaused = (stored.pauseConditions ?? []).length > 0 || stored.controllerPause === true;
  const pause = status.pauseConditions?.[0];
  if (pause !== undefined && (stored.pauseConditions ?? []).length === 0) {
    return [{ reason: 'RolloutPaused', message: `Rollout is paused (${pause.reason})` }];
  }
  // Unlike Argo, which tells of pauses that end by themselves only, also where a person went on.
  if (pause === undefined && wasPaused && status.controllerPause !== true && status.abortedAt === undefined) {
    return [{ reason: 'RolloutResumed', message: 'Rollout is resumed' }];
  }
  return [];
}

/** What an analysis run came to since the stored status, as Argo words it. */
export function runEvents(kind: string, before: RunReference | undefined, after: RunReference | undefined): Announce[] {
  const phase = after?.status ?? '';
  if (after === undefined || phase === '') return [];
  const isSameRun = before?.name === after.name;
  if (isSameRun && before.status === phase) return [];
  // One that is named and not judged yet has the status ''.
  const previous = isSameRun ? (before.status ?? '') : 'NoPreviousStatus';
  const message = `${kind} Analysis Run '${after.name}' Status New: '${phase}' Previous: '${previous}'`;
  const type = phase === 'Failed' || phase === 'Error' ? 'Warning' : 'Normal';
  return [{ reason: `AnalysisRun${phase}`, message, type, occasion: after.name }];
}
