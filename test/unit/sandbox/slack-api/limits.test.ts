import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createTimestamps } from '../../../../src/sandbox/slack-api/ids.ts';
import { createLimits } from '../../../../src/sandbox/slack-api/limits.ts';

const edit = { token: 'bot', perMinute: 50, run: () => ({}) } as const;
const post = { token: 'bot', perSecondAndChannel: 1, run: () => ({}) } as const;
const waits = fc.array(fc.integer({ min: 0, max: 3000 }), { minLength: 1, maxLength: 300 });

/** Takes at these moments; the moments that were let through. */
function takeAll(
  method: typeof edit | typeof post,
  waitsMs: readonly number[],
): { passedMs: number[]; refused: number[][] } {
  let nowMs = 1_000_000;
  const limits = createLimits(() => nowMs);
  const passedMs: number[] = [];
  const refused: number[][] = [];
  for (const waitMs of waitsMs) {
    nowMs += waitMs;
    const retryAfterSeconds = limits.take('method', method, 'C1');
    if (retryAfterSeconds === undefined) passedMs.push(nowMs);
    else refused.push([nowMs, retryAfterSeconds]);
  }
  return { passedMs, refused };
}

test('in any minute, 50 edits pass and not one more', () => {
  fc.assert(
    fc.property(waits, (waitsMs) => {
      const { passedMs, refused } = takeAll(edit, waitsMs);
      for (const atMs of passedMs) {
        expect(passedMs.filter((other) => other > atMs - 60_000 && other <= atMs).length).toBeLessThanOrEqual(50);
      }
      for (const [atMs = 0] of refused) {
        expect(passedMs.filter((other) => other > atMs - 60_000 && other <= atMs)).toHaveLength(50);
      }
    }),
  );
});

test('posts to a channel never run ahead of one a second by more than the burst', () => {
  fc.assert(
    fc.property(waits, (waitsMs) => {
      const { passedMs, refused } = takeAll(post, waitsMs);
      for (const [first, fromMs] of passedMs.entries()) {
        for (const [last, toMs] of passedMs.entries()) {
          if (last >= first) expect(last - first + 1).toBeLessThanOrEqual(4 + (toMs - fromMs) / 1000);
        }
      }
      for (const [, retryAfterSeconds] of refused) expect(retryAfterSeconds).toBe(1);
    }),
  );
});

test('timestamps only ever grow, whatever the clock does, and over restarts', () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 0, max: 2_000_000_000_000 }), { minLength: 2 }), (clock) => {
      let nowMs = 0;
      const first = createTimestamps(() => nowMs);
      const second = createTimestamps(() => nowMs);
      let last = '';
      for (const [index, value] of clock.entries()) {
        nowMs = value;
        if (index === clock.length >> 1) second.raiseTo(last === '' ? '0.0' : last);
        const next = (index >= clock.length >> 1 ? second : first).next();
        expect(next).toMatch(/^\d+\.\d{6}$/);
        if (last !== '') expect(Number(next)).toBeGreaterThan(Number(last));
        last = next;
      }
    }),
  );
});
