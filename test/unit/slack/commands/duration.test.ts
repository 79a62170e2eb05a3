import fc from 'fast-check';
import { expect, it } from 'vitest';
import { printDuration, readDuration } from '../../../../src/slack/commands/duration.ts';

it.each([
  ['90s', 90_000],
  ['30m', 1_800_000],
  ['30min', 1_800_000],
  ['1H', 3_600_000],
  ['2d', 172_800_000],
  ['1h30m', 5_400_000],
  ['0h', undefined],
  ['1', undefined],
  ['h', undefined],
  ['1y', undefined],
  ['-1h', undefined],
  ['1.5h', undefined],
])('%s', (word, durationMs) => {
  expect(readDuration(word)).toBe(durationMs);
});

it('reads back what it printed', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 999_999 }), (seconds) => {
      expect(readDuration(printDuration(seconds * 1000))).toBe(seconds * 1000);
    }),
  );
});
