/** The first of these times that is still ahead of `nowMs`; undefined: none is. */
export function soonestAfter(nowMs: number, times: readonly (number | undefined)[]): number | undefined {
  let soonest: number | undefined;
  for (const time of times) {
    if (time !== undefined && time > nowMs && time < (soonest ?? Infinity)) soonest = time;
  }
  return soonest;
}
