const UNIT_MS: Readonly<Record<string, number>> = {
  ms: 1,
  s: 1000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
  w: 604_800_000,
  y: 31_536_000_000,
};

/** Reads PromQL's numbers: decimal, hexadecimal, `inf`, `nan`, and durations (`1h30m`), which are numbers of seconds. */
export function parseNumber(text: string): number {
  const sign = text.startsWith('-') ? -1 : 1;
  const digits = text
    .replace(/^[-+]\s*/, '')
    .replaceAll('_', '')
    .toLowerCase();
  if (digits === 'inf' || digits === '+inf') return sign * Number.POSITIVE_INFINITY;
  if (digits === 'nan') return Number.NaN;
  const durationMs = parseDurationMs(digits);
  if (durationMs !== undefined) return (sign * durationMs) / 1000;
  // Go reads 017 as decimal in a float, as Number does.
  return sign * Number(digits);
}

/** Reads `1h30m` into milliseconds; undefined when the text is no duration. */
export function parseDurationMs(text: string): number | undefined {
  if (!/^(\d+(ms|[smhdwy]))+$/.test(text)) return undefined;
  let totalMs = 0;
  for (const [, count = '0', unit = 'ms'] of text.matchAll(/(\d+)(ms|[smhdwy])/g))
    totalMs += Number(count) * (UNIT_MS[unit] ?? 0);
  return totalMs;
}
