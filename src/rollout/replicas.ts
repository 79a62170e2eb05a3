type IntOrPercent = number | string | undefined;

/** How far a strategy may be above and below `replicas`. Blue-green has no surge of its own: a restart alone looks here. */
export interface Room {
  readonly maxSurge?: IntOrPercent;
  readonly maxUnavailable?: IntOrPercent;
}

/** A number of pods, or a share of them. Any string is a percentage, with or without `%`: `"3"` is 3 %, as Argo reads it. */
function resolve(value: IntOrPercent, replicas: number, round: (pods: number) => number): number {
  if (value === undefined) return round((replicas * 25) / 100);
  if (typeof value === 'number') return value;
  const percent = Number.parseInt(value, 10);
  return Number.isNaN(percent) ? 0 : round((replicas * percent) / 100);
}

export function maxSurgeOf(strategy: Room, replicas: number): number {
  return resolve(strategy.maxSurge, replicas, Math.ceil);
}

/** 0 with no replicas; never more than there are; 1 where neither surge nor unavailable would let anything move. */
export function maxUnavailableOf(strategy: Room, replicas: number): number {
  if (replicas === 0) return 0;
  const unavailable = resolve(strategy.maxUnavailable, replicas, Math.floor);
  if (unavailable === 0 && maxSurgeOf(strategy, replicas) === 0) return 1;
  return Math.min(unavailable, replicas);
}

export interface Counts {
  readonly canary: number;
  readonly stable: number;
}

/**
 * How many pods of each a weight means where pods are the traffic: as near to the weight as whole pods come, neither side at none
 * unless asked for, one pod more than `replicas` if surge allows.
 */
export function basicCounts(replicas: number, weight: number, maxWeight: number, surge: number): Counts {
  if (replicas === 0) return { canary: 0, stable: 0 };
  const share = weight / maxWeight;
  const high = Math.ceil((replicas * weight) / maxWeight);
  const low = Math.floor((replicas * weight) / maxWeight);
  const mayBeZero = weight === maxWeight || weight === 0 || (replicas === 1 && surge === 0);
  const isLowAllowed = low !== 0 || mayBeZero;
  const options: { canary: number; total: number }[] = [];
  if (high < replicas || mayBeZero) options.push({ canary: high, total: replicas });
  if (!isTied(replicas, weight, maxWeight) && isLowAllowed) options.push({ canary: low, total: replicas });
  if (surge > 0) options.push({ canary: high, total: replicas + 1 });
  if (surge > 0 && !isTied(replicas + 1, weight, maxWeight) && isLowAllowed) {
    options.push({ canary: low, total: replicas + 1 });
  }
  // Unlike Argo, which takes the canary away: without surge a tie at the top (2 pods at 75 %) leaves it no option at all, and
  // a canary at 75 % is not to be had by running none.
  if (options.length === 0) options.push({ canary: Math.max(low, 1), total: replicas });

  let best: { canary: number; total: number } | undefined;
  for (const option of options) {
    if (best === undefined || distance(option, share) < distance(best, share)) best = option;
  }
  const { canary, total } = best ?? { canary: 0, total: replicas };
  return { canary, stable: total - canary };
}

function isTied(total: number, weight: number, maxWeight: number): boolean {
  return (total * weight * 2) % maxWeight === 0 && (total * weight) % maxWeight !== 0;
}

function distance(option: { canary: number; total: number }, share: number): number {
  // Rounded, or two equal distances differ in the last bit and the order of the options no longer decides.
  return Math.round(Math.abs(option.canary / option.total - share) * 1e9);
}

export interface Side {
  readonly spec: number;
  readonly available: number;
}

/**
 * One step towards `target` where pods are the traffic, without ever having fewer than replicas − maxUnavailable available or more
 * than replicas + maxSurge asked for. Stable grows first; older pods go before the canary and stable trade places.
 */
export function nextBasicSizes(now: {
  readonly canary: Side;
  readonly stable: Side;
  readonly retiredSpec: number;
  readonly target: Counts;
  readonly replicas: number;
  readonly surge: number;
  readonly unavailable: number;
}): Counts {
  const { target, replicas, surge } = now;
  let canary = now.canary.spec;
  let stable = now.stable.spec;
  let room = replicas + surge - (canary + stable + now.retiredSpec);
  if (stable < target.stable && room > 0) {
    const grown = Math.min(target.stable, stable + room);
    room -= grown - stable;
    stable = grown;
  }
  if (canary < target.canary && room > 0) canary = Math.min(target.canary, canary + room);
  if (now.retiredSpec > 0) return { canary, stable };

  const minAvailable = replicas - now.unavailable;
  const isIncreasing = target.canary >= now.canary.spec;
  // The side that is drained counts what it asks for, even what is not available: those pods go first.
  const have = countOf(now.canary, !isIncreasing) + countOf(now.stable, isIncreasing);
  if (have <= minAvailable) return { canary, stable };
  const spare = have - minAvailable;
  const bounds = { cap: replicas + surge, minAvailable };
  if (isIncreasing) {
    if (now.stable.spec > target.stable) stable = Math.max(target.stable, now.stable.spec - spare);
    const limited = limit(
      { size: stable, available: now.stable.available },
      { size: canary, available: now.canary.available },
      bounds,
    );
    return { canary: limited.keep, stable: limited.drain };
  }
  if (now.canary.spec > target.canary) canary = Math.max(target.canary, now.canary.spec - spare);
  const limited = limit(
    { size: canary, available: now.canary.available },
    { size: stable, available: now.stable.available },
    bounds,
  );
  return { canary: limited.drain, stable: limited.keep };
}

function countOf(side: Side, ignoresAvailability: boolean): number {
  return side.spec < side.available || ignoresAvailability ? side.spec : side.available;
}

interface Part {
  readonly size: number;
  readonly available: number;
}

/** Keeps the sum of both sides under the cap, and what is available above the minimum. */
function limit(draining: Part, keeping: Part, bounds: { readonly cap: number; readonly minAvailable: number }) {
  let drain = draining.size;
  let keep = keeping.size;
  keep -= Math.max(0, keep + drain - bounds.cap);
  const total = Math.min(draining.available, drain) + Math.min(keeping.available, keep);
  keep += Math.min(Math.max(0, keeping.available - keep), Math.max(0, bounds.minAvailable - total));
  drain -= Math.max(0, keep + drain - bounds.cap);
  return { drain, keep };
}
