import { expect, test } from 'vitest';
import { formatAgo, formatDate } from '../../../../src/sandbox/page/client/dates.ts';

const at = new Date(2026, 10, 20, 9, 5, 7).getTime();
const hour = 3_600_000;

test.each<[string, number, string]>([
  ['{date_num}', 0, '2026-11-20'],
  ['{date}', 0, 'November 20, 2026'],
  ['{date_short} {time}', 0, 'Nov 20, 2026 09:05'],
  ['{date_long}', 0, 'Friday, November 20, 2026'],
  ['{time_secs}', 0, '09:05:07'],
  ['{date_short_pretty} at {time}', 0, 'today at 09:05'],
  ['{date_pretty}', 24 * hour, 'yesterday'],
  ['{date_long_pretty}', -24 * hour, 'tomorrow'],
  ['{date_short_pretty}', 72 * hour, 'Nov 20, 2026'],
  ['next {ago}', 0, 'next now'],
  ['{ago}', 12_000, '12 seconds ago'],
  ['{ago}', -60_000, 'in 1 minute'],
  ['{unknown} {time}', 0, '{unknown} 09:05'],
])('%s, %i ms later: %s', (format, laterMs, expected) => {
  expect(formatDate(at / 1000, format, at + laterMs)).toBe(expected);
});

test.each<[number, string]>([
  [400, 'now'],
  [1000, 'now'],
  [-1000, '1 second ago'],
  [2000, 'in 2 seconds'],
  [-59_000, '59 seconds ago'],
  [-90_000, '2 minutes ago'],
  [2 * hour, 'in 2 hours'],
  [-48 * hour, '2 days ago'],
])('%i ms is %s', (differenceMs, expected) => {
  expect(formatAgo(differenceMs)).toBe(expected);
});
