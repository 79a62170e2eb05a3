/** Slack's date tokens, as its clients write them: `{date_short_pretty} at {time}`, `{ago}` … */
export function formatDate(timestampSeconds: number, format: string, nowMs: number): string {
  const date = new Date(timestampSeconds * 1000);
  return format.replace(/\{(\w+)\}/g, (whole, token: string) => formatToken(token, date, nowMs) ?? whole);
}

function formatToken(token: string, date: Date, nowMs: number): string | undefined {
  switch (token) {
    case 'date_num':
      return `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`;
    case 'date_slash':
      return date.toLocaleDateString('en-US', { year: 'numeric', month: '2-digit', day: '2-digit' });
    case 'date':
      return date.toLocaleDateString('en-US', { year: 'numeric', month: 'long', day: 'numeric' });
    case 'date_short':
      return date.toLocaleDateString('en-US', { year: 'numeric', month: 'short', day: 'numeric' });
    case 'date_long':
      return date.toLocaleDateString('en-US', { weekday: 'long', year: 'numeric', month: 'long', day: 'numeric' });
    case 'date_pretty':
    case 'date_short_pretty':
    case 'date_long_pretty':
      return nearDay(date, nowMs) ?? formatToken(token.replace('_pretty', ''), date, nowMs);
    case 'time':
      return `${two(date.getHours())}:${two(date.getMinutes())}`;
    case 'time_secs':
      return `${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}`;
    case 'ago':
      return formatAgo(date.getTime() - nowMs);
    default:
      return undefined;
  }
}

function two(number: number): string {
  return String(number).padStart(2, '0');
}

function nearDay(date: Date, nowMs: number): string | undefined {
  const midnight = (ms: number): number => new Date(ms).setHours(0, 0, 0, 0);
  const days = Math.round((midnight(date.getTime()) - midnight(nowMs)) / 86_400_000);
  if (days === 0) return 'today';
  if (days === -1) return 'yesterday';
  return days === 1 ? 'tomorrow' : undefined;
}

/** `in 12 seconds`, `3 minutes ago`; `now` within a second. The page's clock ticks once a second: what just came is not `in 1 second`. */
export function formatAgo(differenceMs: number): string {
  const seconds = Math.round(Math.abs(differenceMs) / 1000);
  if (seconds < 1 || (seconds === 1 && differenceMs > 0)) return 'now';
  const [count, unit] = largestUnit(seconds);
  const words = `${count} ${unit}${count === 1 ? '' : 's'}`;
  return differenceMs > 0 ? `in ${words}` : `${words} ago`;
}

function largestUnit(seconds: number): [number, string] {
  if (seconds < 60) return [seconds, 'second'];
  if (seconds < 3600) return [Math.round(seconds / 60), 'minute'];
  if (seconds < 86_400) return [Math.round(seconds / 3600), 'hour'];
  return [Math.round(seconds / 86_400), 'day'];
}
