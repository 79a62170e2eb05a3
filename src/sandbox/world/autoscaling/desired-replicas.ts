import type { Autoscaler } from '../objects.ts';

/** What one resource of the pods is, against what it should be. */
export type Reading = {
  readonly name: string;
  /** What is used over what is wished for: 2 asks for twice as many pods. */
  readonly ratio: number;
  readonly status: object;
};

export type Wish = { readonly replicas: number; readonly reason: string };

/** Less than a tenth off is near enough. */
const TOLERANCE = 0.1;
/** A new wish may double what is there, or add this many. */
const MOST_ADDED = 4;
const DOWN_WINDOW_SECONDS = 300;

/** What a person's bounds ask for, whatever the pods do; undefined when the count is inside them. */
export function wishOfBounds({ spec }: Autoscaler, current: number): Wish | undefined {
  if (current > spec.maxReplicas) {
    return { replicas: spec.maxReplicas, reason: 'Current number of replicas above Spec.MaxReplicas' };
  }
  if (current >= spec.minReplicas) return undefined;
  return { replicas: spec.minReplicas, reason: 'Current number of replicas below Spec.MinReplicas' };
}

/** What the readings ask for: the most that any of them does. */
export function wishOfReadings(readings: readonly Reading[], current: number, readyPods: number): Wish {
  let wish: Wish = { replicas: 0, reason: 'All metrics below target' };
  for (const { name, ratio } of readings) {
    const isNear = Math.abs(ratio - 1) <= TOLERANCE;
    const replicas = isNear || readyPods === 0 ? current : Math.ceil(ratio * readyPods);
    if (replicas <= wish.replicas) continue;
    const isAbove = replicas > current;
    wish = { replicas, reason: isAbove ? `${name} above target` : wish.reason };
  }
  return wish;
}

export type Recommendation = { readonly atMs: number; readonly replicas: number };

/** The wish as far as it may be followed now: steadied by what was recommended lately, in steps, within bounds. */
export function limitWish(
  { spec }: Autoscaler,
  at: { readonly current: number; readonly wished: number; readonly nowMs: number },
  recent: readonly Recommendation[],
): number {
  const { current, wished, nowMs } = at;
  const { scaleUp, scaleDown } = spec.behavior;
  const within = (seconds: number) =>
    recent.filter(({ atMs }) => nowMs - atMs <= seconds * 1000).map(({ replicas }) => replicas);
  let replicas = wished;
  if (wished < current) {
    replicas = Math.min(
      current,
      Math.max(wished, ...within(scaleDown.stabilizationWindowSeconds ?? DOWN_WINDOW_SECONDS)),
    );
    if (scaleDown.selectPolicy === 'Disabled') replicas = current;
  } else if (wished > current) {
    replicas = Math.max(current, Math.min(wished, ...within(scaleUp.stabilizationWindowSeconds ?? 0)));
    replicas = Math.min(replicas, Math.max(2 * current, current + MOST_ADDED));
    if (scaleUp.selectPolicy === 'Disabled') replicas = current;
  }
  return Math.max(spec.minReplicas, Math.min(spec.maxReplicas, replicas));
}
