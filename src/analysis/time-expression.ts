import { evaluateMoment } from './conditions/condition.ts';

const NS_PER_MS = 1_000_000n;

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
  const { nanoseconds } = evaluated.moment;
  // Nanoseconds since 1970 do not fit a double: as one number they lose a little, and 00.25 s becomes 00.2499998 s.
  return { isTime: true, atMs: Number(nanoseconds / NS_PER_MS) + Number(nanoseconds % NS_PER_MS) / 1e6 };
}
