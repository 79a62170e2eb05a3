/** How many pods each side of a rolling update should ask for next. */
export type UpdatePlan = {
  readonly updatedReplicas: number;
  /** Same order as `older`. */
  readonly olderReplicas: readonly number[];
};

export type UpdateState = {
  readonly replicas: number;
  readonly strategy: 'RollingUpdate' | 'Recreate';
  readonly maxSurge: number | string;
  readonly maxUnavailable: number | string;
  readonly updated: Side;
  /** Oldest first. */
  readonly older: readonly Side[];
};
export type Side = { readonly asked: number; readonly available: number };

/**
 * Plans one pass: the updated side grows as far as the surge allows; older sides shrink as far as availability allows,
 * pods that are not available going first (they cost nothing).
 */
export function planUpdate(state: UpdateState): UpdatePlan {
  const { replicas, updated, older } = state;
  const olderAsked = sum(older.map((side) => side.asked));
  if (state.strategy === 'Recreate') {
    return { updatedReplicas: olderAsked === 0 ? replicas : updated.asked, olderReplicas: older.map(() => 0) };
  }
  const { surge, unavailable } = resolveLimits(state);
  const room = replicas + surge - (updated.asked + olderAsked);
  const updatedReplicas =
    updated.asked > replicas ? replicas : updated.asked + clamp(room, 0, replicas - updated.asked);

  // What the updated side asks for but does not serve yet is not there to lean on.
  const notServing = Math.max(0, updated.asked - updated.available);
  let mayGo = updated.asked + olderAsked - (replicas - unavailable) - notServing;
  const left = older.map((side) => side.asked);
  for (const [index, side] of older.entries()) {
    const idle = clamp(mayGo, 0, Math.max(0, side.asked - side.available));
    left[index] = side.asked - idle;
    mayGo -= idle;
  }
  const available = updated.available + sum(older.map((side, index) => Math.min(side.available, left[index] ?? 0)));
  let mayGoServing = Math.max(0, available - (replicas - unavailable));
  for (const [index, asked] of left.entries()) {
    const going = clamp(mayGoServing, 0, asked);
    left[index] = asked - going;
    mayGoServing -= going;
  }
  return { updatedReplicas, olderReplicas: left };
}

/** Percentages: surge rounds up, unavailability rounds down; both zero would never move, so one may be missing then. */
export function resolveLimits(state: Pick<UpdateState, 'replicas' | 'maxSurge' | 'maxUnavailable'>) {
  const surge = resolve(state.maxSurge, state.replicas, Math.ceil);
  const unavailable = resolve(state.maxUnavailable, state.replicas, Math.floor);
  return { surge, unavailable: surge === 0 && unavailable === 0 ? 1 : Math.min(unavailable, state.replicas) };
}

function resolve(value: number | string, replicas: number, round: (value: number) => number): number {
  if (typeof value === 'number') return value;
  return value.endsWith('%') ? round((Number.parseInt(value, 10) * replicas) / 100) : Number(value);
}

function clamp(value: number, least: number, most: number): number {
  return Math.max(least, Math.min(most, value));
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
