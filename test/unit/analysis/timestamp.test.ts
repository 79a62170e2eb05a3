import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { formatTimestamp, parseTimestamp } from '../../../src/analysis/index.ts';

const anyTime = fc.date({
  min: new Date('0001-01-01T00:00:00Z'),
  max: new Date('9999-12-31T23:59:59Z'),
  noInvalidDate: true,
});

describe('formatTimestamp', () => {
  it('writes what the platform writes, cut to whole seconds', () => {
    fc.assert(
      fc.property(anyTime, (date) => {
        expect(formatTimestamp(date.getTime())).toBe(`${date.toISOString().slice(0, 19)}Z`);
      }),
    );
  });
});

describe('parseTimestamp', () => {
  it('reads what the platform writes', () => {
    fc.assert(
      fc.property(anyTime, (date) => {
        expect(parseTimestamp(date.toISOString())).toBe(date.getTime());
      }),
    );
  });

  it.each([
    ['2026-11-20T10:00:00+01:00', '2026-11-20T09:00:00Z'],
    ['2026-11-20T10:00:00.123456789-00:30', '2026-11-20T10:30:00.123Z'],
    ['2024-02-29T00:00:00Z', '2024-02-29T00:00:00Z'],
  ])('reads %s', (text, same) => {
    expect(parseTimestamp(text)).toBe(Date.parse(same));
  });

  it.each([
    '',
    'now',
    '2026-11-20',
    '2026-13-01T00:00:00Z',
    '2026-02-29T00:00:00Z',
    '2026-11-20T24:00:00Z',
    '2026-11-20T10:00:00',
  ])('refuses %j', (text) => {
    expect(parseTimestamp(text)).toBeUndefined();
  });
});
