/** A duration that was read, or the reason why it could not be, in Go's words. */
export type ParsedDuration =
  | { readonly isValid: true; readonly ms: number }
  | { readonly isValid: false; readonly reason: string };

/** The same, exact. */
type ParsedNanoseconds =
  | { readonly isValid: true; readonly nanoseconds: bigint }
  | { readonly isValid: false; readonly reason: string };

const NANOSECONDS = new Map([
  ['ns', 1n],
  ['us', 1_000n],
  ['µs', 1_000n], // U+00B5, micro sign
  ['μs', 1_000n], // U+03BC, Greek letter mu
  ['ms', 1_000_000n],
  ['s', 1_000_000_000n],
  ['m', 60_000_000_000n],
  ['h', 3_600_000_000_000n],
]);
const MAX_NANOSECONDS = 2n ** 63n;
const PART = /([0-9]*)(?:\.([0-9]*))?([^0-9.]*)/y;

/**
 * Reads a duration as Go's `time.ParseDuration` does: `10s`, `1.5h`, `1m30s`, `-2ms`. A unit is needed, except for `0`:
 * this is the form of a metric's `interval` and `initialDelay`, where `10` is an error.
 */
export function parseDuration(text: string): ParsedDuration {
  const parsed = parseNanoseconds(text);
  return parsed.isValid ? { isValid: true, ms: Number(parsed.nanoseconds) / 1e6 } : parsed;
}

export function parseNanoseconds(text: string): ParsedNanoseconds {
  const invalid: ParsedNanoseconds = { isValid: false, reason: `time: invalid duration ${JSON.stringify(text)}` };
  const sign = /^[+-]/.exec(text)?.[0] ?? '';
  const body = text.slice(sign.length);
  if (body === '0') return { isValid: true, nanoseconds: 0n };
  if (body === '') return invalid;

  let total = 0n;
  PART.lastIndex = 0;
  while (PART.lastIndex < body.length) {
    const [, whole = '', fraction = '', unit = ''] = PART.exec(body) ?? [];
    const digits = whole.replace(/^0+/, '');
    if ((whole === '' && fraction === '') || digits.length > 19) return invalid;
    if (unit === '') return { isValid: false, reason: `time: missing unit in duration ${JSON.stringify(text)}` };
    const nanoseconds = NANOSECONDS.get(unit);
    if (nanoseconds === undefined) {
      const reason = `time: unknown unit ${JSON.stringify(unit)} in duration ${JSON.stringify(text)}`;
      return { isValid: false, reason };
    }
    // Digits past the 18th of a fraction are less than a nanosecond, whatever the unit.
    const kept = fraction.slice(0, 18);
    total += BigInt(digits || '0') * nanoseconds + (BigInt(kept || '0') * nanoseconds) / 10n ** BigInt(kept.length);
    if (total > MAX_NANOSECONDS) return invalid;
  }
  if (sign !== '-' && total === MAX_NANOSECONDS) return invalid;
  return { isValid: true, nanoseconds: sign === '-' ? -total : total };
}

const MAX_PAUSE_SECONDS = 2 ** 31 - 1;

/**
 * Reads the `duration` of a pause step in whole seconds, as Argo does: a number or a string of digits is seconds, anything else
 * a Go duration cut to whole seconds (`1ms` is 0). Undefined: not a duration, negative, or longer than an int32 holds.
 */
export function parsePauseSeconds(duration: number | string): number | undefined {
  const seconds = typeof duration === 'number' ? duration : readPauseText(duration);
  return seconds === undefined || !Number.isInteger(seconds) || seconds < 0 || seconds > MAX_PAUSE_SECONDS
    ? undefined
    : seconds;
}

function readPauseText(text: string): number | undefined {
  if (/^[+-]?[0-9]+$/.test(text)) return Number(text);
  const parsed = parseDuration(text);
  return parsed.isValid ? Math.trunc(parsed.ms / 1000) : undefined;
}

/** Writes a duration as Go prints it: `1h30m0s`, `1.5s`, `250ms`, `0s`. */
export function formatDuration(ms: number): string {
  if (ms === 0) return '0s';
  const sign = ms < 0 ? '-' : '';
  const nanoseconds = Math.round(Math.abs(ms) * 1e6);
  if (nanoseconds < 1e3) return `${sign}${nanoseconds}ns`;
  if (nanoseconds < 1e6) return `${sign}${nanoseconds / 1e3}µs`;
  if (nanoseconds < 1e9) return `${sign}${nanoseconds / 1e6}ms`;
  const hours = Math.floor(nanoseconds / 3.6e12);
  const minutes = Math.floor((nanoseconds % 3.6e12) / 6e10);
  const seconds = (nanoseconds % 6e10) / 1e9;
  if (hours > 0) return `${sign}${hours}h${minutes}m${seconds}s`;
  return minutes > 0 ? `${sign}${minutes}m${seconds}s` : `${sign}${seconds}s`;
}
