import { type AnalysisRun, isCompleted } from './analysis-run.ts';
import { parseTimestamp } from './timestamp.ts';

/**
 * When a run that is over may be deleted (`spec.ttlStrategy`), Unix milliseconds; undefined: never, or not yet known.
 * As Argo: an Error or Inconclusive run has not failed, so only secondsAfterCompletion speaks of it.
 */
export function expiresAtMs(run: AnalysisRun): number | undefined {
  const { phase } = run.status;
  const { secondsAfterCompletion, secondsAfterSuccess, secondsAfterFailure } = run.spec.ttlStrategy ?? {};
  if (!isCompleted(phase)) return undefined;
  let seconds = secondsAfterCompletion;
  if (phase === 'Successful') seconds = secondsAfterSuccess ?? seconds;
  if (phase === 'Failed') seconds = secondsAfterFailure ?? seconds;
  const endedAtMs = endOf(run);
  return seconds === undefined || endedAtMs === undefined ? undefined : endedAtMs + seconds * 1000;
}

/** Unlike Argo, which gives a run that failed before it measured no completedAt, and keeps it for ever: the last thing known of it. */
function endOf({ status, metadata }: AnalysisRun): number | undefined {
  const completedAtMs = parseTimestamp(status.completedAt ?? '');
  if (completedAtMs !== undefined) return completedAtMs;
  const finishes = status.metricResults.flatMap(({ measurements }) => measurements.map((one) => one.finishedAt));
  const known = [metadata.creationTimestamp, status.startedAt, ...finishes].map((text) => parseTimestamp(text ?? ''));
  const times = known.filter((time) => time !== undefined);
  return times.length === 0 ? undefined : Math.max(...times);
}
