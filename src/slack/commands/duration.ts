const unitMs: Readonly<Record<string, number>> = {
  s: 1000,
  m: 60_000,
  min: 60_000,
  h: 3_600_000,
  d: 24 * 3_600_000,
};

/** `90s`, `30m`, `1h`, `2d`, `1h30m` → milliseconds; undefined when it is no length of time. */
export function readDuration(word: string): number | undefined {
  const lower = word.toLowerCase();
  if (!/^(?:\d{1,6}(?:s|min|m|h|d))+$/.test(lower)) return undefined;
  let totalMs = 0;
  for (const [, amount = '', unit = ''] of lower.matchAll(/(\d+)(min|s|m|h|d)/g)) {
    totalMs += Number(amount) * (unitMs[unit] ?? 0);
  }
  return totalMs > 0 ? totalMs : undefined;
}

/** The shortest way to say it that `readDuration` reads back to the same. */
export function printDuration(durationMs: number): string {
  for (const unit of ['d', 'h', 'm'] as const) {
    const ms = unitMs[unit] ?? 1;
    if (durationMs % ms === 0) return `${durationMs / ms}${unit}`;
  }
  return `${Math.round(durationMs / 1000)}s`;
}
