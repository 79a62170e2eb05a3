import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { formatDuration, parseDuration, parsePauseSeconds } from '../../../src/analysis/index.ts';

const day = 86_400_000;

describe('parseDuration', () => {
  it.each([
    ['0', 0],
    ['0s', 0],
    ['-0s', 0],
    ['10s', 10_000],
    ['1.5h', 5_400_000],
    ['1m30s', 90_000],
    ['1h1m1s1ms1us1ns', 3_661_001.001001],
    ['.5s', 500],
    ['1.s', 1000],
    ['+5m', 300_000],
    ['-1.5m', -90_000],
    ['100µs', 0.1],
    ['100μs', 0.1],
    ['2562047h', 2_562_047 * 3_600_000],
    ['0.9223372036854775807h', 3_320_413.933267],
    ['0.100000000000000000000h', 360_000],
  ])('reads %s', (text, ms) => {
    const parsed = parseDuration(text);

    expect(parsed.isValid && parsed.ms).toBeCloseTo(ms, 5);
  });

  it.each([
    ['', 'time: invalid duration ""'],
    ['-', 'time: invalid duration "-"'],
    ['.s', 'time: invalid duration ".s"'],
    ['s', 'time: invalid duration "s"'],
    ['+-1s', 'time: invalid duration "+-1s"'],
    ['10', 'time: missing unit in duration "10"'],
    ['1h10', 'time: missing unit in duration "1h10"'],
    ['10 s', 'time: unknown unit " s" in duration "10 s"'],
    ['1d', 'time: unknown unit "d" in duration "1d"'],
    ['1s1d', 'time: unknown unit "d" in duration "1s1d"'],
    ['9223372036854775808ns', 'time: invalid duration "9223372036854775808ns"'],
    ['2562048h', 'time: invalid duration "2562048h"'],
    ['99999999999999999999h', 'time: invalid duration "99999999999999999999h"'],
    ['1.2.3s', 'time: missing unit in duration "1.2.3s"'],
  ])('refuses %j as Go words it', (text, reason) => {
    expect(parseDuration(text)).toEqual({ isValid: false, reason });
  });

  it('reads what formatDuration wrote, to the nanosecond', () => {
    fc.assert(
      fc.property(fc.integer({ min: -400 * day, max: 400 * day }), fc.integer({ min: 0, max: 999 }), (ms, micros) => {
        const duration = ms + micros / 1000;
        const parsed = parseDuration(formatDuration(duration));
        expect(parsed.isValid && parsed.ms).toBeCloseTo(duration, 4);
      }),
    );
  });

  it('answers any text without throwing', () => {
    fc.assert(fc.property(fc.string(), (text) => typeof parseDuration(text).isValid === 'boolean'));
  });
});

describe('formatDuration', () => {
  it.each([
    [0, '0s'],
    [1500, '1.5s'],
    [250, '250ms'],
    [0.001, '1µs'],
    [0.000002, '2ns'],
    [60_000, '1m0s'],
    [5_400_000, '1h30m0s'],
    [-2000, '-2s'],
  ])('writes %d ms as Go does', (ms, text) => {
    expect(formatDuration(ms)).toBe(text);
  });
});

describe('parsePauseSeconds', () => {
  it.each([
    [30, 30],
    [0, 0],
    ['10', 10],
    ['10s', 10],
    ['1.5h', 5400],
    ['1m30s', 90],
    ['1ms', 0],
    ['1999ms', 1],
  ])('reads %j', (duration, seconds) => {
    expect(parsePauseSeconds(duration)).toBe(seconds);
  });

  it.each([['x'], [''], ['10x'], ['-5'], [-5], ['-5s'], [1.5], ['2147483648'], ['600000h']])(
    'refuses %j',
    (duration) => {
      expect(parsePauseSeconds(duration)).toBeUndefined();
    },
  );
});
