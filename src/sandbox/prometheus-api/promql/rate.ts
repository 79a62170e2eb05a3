import type { Point } from '../sample-store.ts';

export type RangeBounds = { readonly fromMs: number; readonly toMs: number };

/**
 * rate, increase and delta: the change over the window, extended to its edges as far as the samples' spacing makes
 * plausible, but a counter never below zero (promql/functions.go since Prometheus 2.52,
 * https://github.com/prometheus/prometheus/pull/13725).
 * Undefined with fewer than two samples.
 */
export function extrapolate(
  points: readonly Point[],
  bounds: RangeBounds,
  as: { readonly isCounter: boolean; readonly isRate: boolean },
): number | undefined {
  const first = points[0];
  const last = points.at(-1);
  if (first === undefined || last === undefined || points.length < 2) return undefined;
  const change = last.value - first.value + (as.isCounter ? lostToResets(points) : 0);
  const sampledSeconds = (last.tMs - first.tMs) / 1000;
  const spacingSeconds = sampledSeconds / (points.length - 1);
  const mostSeconds = spacingSeconds * 1.1;
  let startSeconds = (first.tMs - bounds.fromMs) / 1000;
  let endSeconds = (bounds.toMs - last.tMs) / 1000;
  if (startSeconds >= mostSeconds) startSeconds = spacingSeconds / 2;
  if (endSeconds >= mostSeconds) endSeconds = spacingSeconds / 2;
  if (as.isCounter && change > 0 && first.value >= 0) {
    startSeconds = Math.min(startSeconds, sampledSeconds * (first.value / change));
  }
  const factor = (sampledSeconds + startSeconds + endSeconds) / sampledSeconds;
  const perSecond = as.isRate ? (bounds.toMs - bounds.fromMs) / 1000 : 1;
  return (change * factor) / perSecond;
}

/** irate and idelta: from the last two samples only. */
export function lastChange(points: readonly Point[], isRate: boolean): number | undefined {
  const last = points.at(-1);
  const previous = points.at(-2);
  if (last === undefined || previous === undefined) return undefined;
  if (!isRate) return last.value - previous.value;
  // After a reset the counter began again at zero.
  const change = last.value < previous.value ? last.value : last.value - previous.value;
  return change / ((last.tMs - previous.tMs) / 1000);
}

function lostToResets(points: readonly Point[]): number {
  let lost = 0;
  let previous = points[0]?.value ?? 0;
  for (const { value } of points) {
    if (value < previous) lost += previous;
    previous = value;
  }
  return lost;
}
