import { expect, it } from 'vitest';
import { createSeen } from '../../../src/slack/seen.ts';

it('knows what it has seen for as long as it was told to, and no longer', () => {
  const clock = { nowMs: 0 };
  const isSeen = createSeen({ ttlMs: 1000, max: 3, now: () => clock.nowMs });
  expect([isSeen('a'), isSeen('a'), isSeen('b')]).toEqual([false, true, false]);
  clock.nowMs = 1001;
  expect(isSeen('a')).toBe(false);
});

it('forgets the oldest when it is full', () => {
  const isSeen = createSeen({ ttlMs: 1000, max: 3, now: () => 0 });
  for (const id of ['a', 'b', 'c', 'd']) isSeen(id);
  expect([isSeen('d'), isSeen('a')]).toEqual([true, false]);
});
