import { evaluateMoment } from './conditions/condition.ts';

/** A point in time, or why there is none. */
export type EvaluatedTime =
  | { readonly isTime: true; readonly atMs: number }
  | { readonly isTime: false; readonly reason: string };

/**
 * Computes the `start` or `end` of a range query: `now() - duration("5m")`, `date("2023-08-14 00:00:00", "2006-01-02 15:04:05", "UTC")`,
 * or whatever else of the condition language, without `result`, gives a time.
 */
export function evaluateTime(expression: string, nowMs: number): EvaluatedTime {
  const evaluated = evaluateMoment(expression, nowMs);
  if (!evaluated.isMoment) return { isTime: false, reason: evaluated.reason };
  return { isTime: true, atMs: Number(evaluated.moment.nanoseconds) / 1e6 };
}
