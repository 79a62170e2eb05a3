import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { evaluateTime } from '../../../src/analysis/index.ts';

const nowMs = Date.parse('2026-11-20T10:00:00Z');

describe('evaluateTime', () => {
  it.each([
    ['now()', '2026-11-20T10:00:00Z'],
    ['now() - duration("5m")', '2026-11-20T09:55:00Z'],
    [" now( )-duration('1h') + duration('30s') ", '2026-11-20T09:00:30Z'],
    ['date("2023-08-14 00:00:00", "2006-01-02 15:04:05", "UTC") - duration("1h")', '2023-08-13T23:00:00Z'],
    ['date("2023-08-14")', '2023-08-14T00:00:00Z'],
    ['date("2023-08-14T02:00:00+02:00")', '2023-08-14T00:00:00Z'],
    ['date("14.8.2023", "2.1.2006", "Europe/Zurich")', '2023-08-13T22:00:00Z'],
    ['now().Truncate(duration("24h"))', '2026-11-20T00:00:00Z'],
    ['let day = duration("24h"); now() - 7 * day', '2026-11-13T10:00:00Z'],
  ])('%s', (expression, expected) => {
    expect(evaluateTime(expression, nowMs)).toEqual({ isTime: true, atMs: Date.parse(expected) });
  });

  it('is exact to the millisecond', () => {
    const millisecond = fc.integer({ min: 0, max: Date.parse('2200-01-01T00:00:00Z') });
    fc.assert(
      fc.property(millisecond, (atMs) => {
        expect(evaluateTime('now()', atMs)).toEqual({ isTime: true, atMs });
        expect(evaluateTime('now() - duration("5m")', atMs)).toEqual({ isTime: true, atMs: atMs - 300_000 });
      }),
    );
  });

  it.each([
    ['', 'unexpected token EOF'],
    ['now() * 2', 'invalid operation: * (mismatched types time.Time and int)'],
    ['now(); process.exit()', 'unknown name process'],
    ['now() - duration("5")', 'time: missing unit in duration "5"'],
    ['date("2023-13-14")', 'invalid date 2023-13-14'],
    ['date("14.8.2023", "02.01.2006", "UTC")', 'parsing time "14.8.2023"'],
    ['"now"', 'expected time.Time, but got string'],
    ['result', 'unknown name result'],
  ])('refuses %j', (expression, words) => {
    const evaluated = evaluateTime(expression, nowMs);

    expect(evaluated.isTime ? '' : evaluated.reason).toContain(words);
  });
});
