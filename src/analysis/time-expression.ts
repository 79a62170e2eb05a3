import { parseDuration } from './duration.ts';
import { parseTimestamp } from './timestamp.ts';

/** A point in time, or why there is none. */
export type EvaluatedTime =
  | { readonly isTime: true; readonly atMs: number }
  | { readonly isTime: false; readonly reason: string };

const EXPRESSION =
  /^\s*(?:now\(\s*\)|date\(\s*(?<date>"[^"]*"|'[^']*')\s*(?:,\s*(?<layout>"[^"]*"|'[^']*')\s*(?:,\s*(?<zone>"[^"]*"|'[^']*')\s*)?)?\))(?<steps>(?:\s*[+-]\s*duration\(\s*(?:"[^"]*"|'[^']*')\s*\))*)\s*$/;
const STEP = /([+-])\s*duration\(\s*(?:"([^"]*)"|'([^']*)')\s*\)/g;
/** Go's reference time, in the layout of Argo's documentation. */
const PLAIN_LAYOUT = '2006-01-02 15:04:05';

/**
 * Computes the `start` or `end` of a range query: `now()`, `now() - duration("5m")`,
 * `date("2023-08-14 00:00:00", "2006-01-02 15:04:05", "UTC") - duration("1h")`. Argo allows any expression; the rest is refused with words.
 */
export function evaluateTime(expression: string, nowMs: number): EvaluatedTime {
  const groups = EXPRESSION.exec(expression)?.groups;
  if (groups === undefined) return refuse(`the expression ${JSON.stringify(expression)} is not supported yet`);
  const { date, layout, zone, steps = '' } = groups;
  if ((layout ?? zone) !== undefined && (unquote(layout) !== PLAIN_LAYOUT || !['UTC', ''].includes(unquote(zone)))) {
    return refuse(`only the layout "${PLAIN_LAYOUT}" in "UTC" is supported yet`);
  }
  let atMs = date === undefined ? nowMs : parseDate(unquote(date));
  if (atMs === undefined) return refuse(`invalid date ${unquote(date)}`);
  for (const [, sign, double, single] of steps.matchAll(STEP)) {
    const duration = parseDuration(double ?? single ?? '');
    if (!duration.isValid) return refuse(duration.reason);
    atMs += sign === '-' ? -duration.ms : duration.ms;
  }
  return { isTime: true, atMs };
}

function refuse(reason: string): EvaluatedTime {
  return { isTime: false, reason };
}

function unquote(text: string | undefined): string {
  return text?.slice(1, -1) ?? '';
}

/** RFC 3339, `2023-08-14` or `2023-08-14 00:00:00`, the latter two in UTC. */
function parseDate(text: string): number | undefined {
  if (/^\d{4}-\d{2}-\d{2}$/.test(text)) return parseTimestamp(`${text}T00:00:00Z`);
  return parseTimestamp(/^\d{4}-\d{2}-\d{2} \d{2}:\d{2}:\d{2}$/.test(text) ? `${text.replace(' ', 'T')}Z` : text);
}
