import { expect, test } from 'vitest';
import { createTokenBucket } from '../../../src/kubernetes/token-bucket.ts';

const { signal } = new AbortController();

test('lets a burst through at once, and the next one when its time has come', async () => {
  const bucket = createTokenBucket({ perSecond: 50, burst: 3 });
  const passed: number[] = [];
  const beganMs = performance.now();
  await Promise.all([0, 1, 2, 3, 4].map((i) => bucket.take(signal).then(() => passed.push(i))));
  expect(passed).toEqual([0, 1, 2, 3, 4]);
  // Two had to wait for a token each, 20 ms apart: that no burst passes the limit is what the bucket is for.
  expect(performance.now() - beganMs).toBeGreaterThan(30);
});

test('one who gives up costs nothing and holds nobody up', async () => {
  const bucket = createTokenBucket({ perSecond: 20, burst: 1 });
  await bucket.take(signal);
  const leaving = new AbortController();
  const left = bucket.take(leaving.signal);
  const next = bucket.take(signal);
  leaving.abort(new Error('gone'));
  await expect(left).rejects.toThrow();
  await next;
  await expect(bucket.take(AbortSignal.abort(new Error('gone')))).rejects.toThrow('gone');
});

test('urgent ones go before all who wait', async () => {
  // No token comes while the five line up, however busy the machine is.
  const bucket = createTokenBucket({ perSecond: 10, burst: 1 });
  await bucket.take(signal);
  const passed: string[] = [];
  const all = ['a', 'b', 'c'].map((name) => bucket.take(signal).then(() => passed.push(name)));
  all.push(...['x', 'y'].map((name) => bucket.take(signal, true).then(() => passed.push(name))));
  await Promise.all(all);
  expect(passed).toEqual(['x', 'y', 'a', 'b', 'c']);
});
