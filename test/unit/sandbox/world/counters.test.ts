import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createRecentRequests } from '../../../../src/sandbox/world/proxy/recent-requests.ts';
import { createRequestCounters } from '../../../../src/sandbox/world/proxy/request-counters.ts';

const ANSWERER = { job: 'shop', service: 'one', namespace: 'shop', pod: 'one-x', version: '1' };

describe('request counters', () => {
  test('hold every request once: by status, in one bucket, in count and sum', () => {
    fc.assert(
      fc.property(
        fc.array(
          fc.record({ status: fc.constantFrom(200, 500, 503), seconds: fc.double({ min: 0, max: 20, noNaN: true }) }),
        ),
        (requests) => {
          const counters = createRequestCounters();
          counters.introduce(ANSWERER);
          for (const { status, seconds } of requests) counters.add(ANSWERER, status, seconds);
          const [held] = counters.values();
          const sum = (values: Iterable<number>) => [...values].reduce((all, one) => all + one, 0);
          expect(held?.count).toBe(requests.length);
          expect(sum(held?.statuses.values() ?? [])).toBe(requests.length);
          expect(sum(held?.buckets ?? [])).toBe(requests.length);
          expect(held?.sumSeconds).toBeCloseTo(sum(requests.map((request) => request.seconds)), 6);
        },
      ),
    );
  });

  test('exist at zero once introduced, and a limit belongs to its own bucket', () => {
    const counters = createRequestCounters();
    counters.introduce(ANSWERER);
    expect([...([...counters.values()][0]?.statuses ?? [])]).toEqual([
      [200, 0],
      [500, 0],
    ]);
    counters.add(ANSWERER, 200, 0.005);
    counters.add(ANSWERER, 200, 99);
    const [held] = counters.values();
    expect(held?.buckets[0]).toBe(1);
    expect(held?.buckets.at(-1)).toBe(1);
    counters.forget(({ pod }) => pod === 'one-x');
    expect([...counters.values()]).toEqual([]);
  });
});

describe('recent requests', () => {
  test('count inside the window, keep totals for ever, and share by version', () => {
    let nowMs = 1_000_000;
    const recent = createRecentRequests(() => nowMs);
    const add = (version: string, isError = false) => recent.add({ host: 'a', version, service: 's/one', isError });
    for (let i = 0; i < 30; i++) add('1');
    for (let i = 0; i < 10; i++) add('2', true);
    expect(recent.read(5).hosts.a).toMatchObject({
      requests: 40,
      errors: 10,
      requestsPerSecond: 8,
      total: 40,
      versions: { '1': { share: 0.75 }, '2': { share: 0.25, errors: 10 } },
      services: { 's/one': { requests: 40 } },
    });
    nowMs += 4000;
    add('2');
    expect(recent.read(2).hosts.a).toMatchObject({
      requests: 1,
      errors: 0,
      total: 41,
      totalErrors: 10,
      versions: { '1': { requests: 0, total: 30 } },
    });
    nowMs += 10 * 60_000;
    expect(recent.read(60).hosts.a).toMatchObject({ requests: 0, share: 0, total: 41 });
  });
});
