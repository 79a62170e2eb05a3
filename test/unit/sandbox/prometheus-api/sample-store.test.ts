import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createMatcher } from '../../../../src/sandbox/prometheus-api/labels.ts';
import { createSampleStore } from '../../../../src/sandbox/prometheus-api/sample-store.ts';

type Event = { readonly tMs: number; readonly value: number | 'end' };

const events = fc
  .array(
    fc.record({ gapMs: fc.integer({ min: -2, max: 9 }), value: fc.oneof(fc.integer(), fc.constant('end' as const)) }),
    { maxLength: 300 },
  )
  .map((steps) => {
    let tMs = 1000;
    return steps.map(({ gapMs, value }): Event => {
      tMs += gapMs;
      return { tMs, value };
    });
  });

/** What a plain list would keep: only what is younger than the last. */
function keep(all: readonly Event[]): readonly Event[] {
  const kept: Event[] = [];
  for (const event of all) {
    const last = kept.at(-1);
    if (last !== undefined && event.tMs <= last.tMs) continue;
    kept.push(event);
  }
  return kept;
}

function fill(all: readonly Event[]) {
  const series = createSampleStore(1e9).seriesFor({ __name__: 'x' });
  for (const { tMs, value } of all) {
    if (value === 'end') series.end(tMs);
    else series.append(tMs, value);
  }
  return series;
}

describe('a series', () => {
  test('answers windows and latest samples as a plain list would, also after its oldest samples went', () => {
    fc.assert(
      fc.property(
        events,
        fc.integer({ min: 900, max: 3000 }),
        fc.nat(500),
        fc.integer({ min: 900, max: 1500 }),
        (all, toMs, rangeMs, beforeMs) => {
          const series = fill(all);
          series.expire(beforeMs);
          const kept = keep(all).filter((event) => event.tMs > beforeMs);
          const fromMs = toMs - rangeMs;
          const inside = kept.filter((event) => event.tMs > fromMs && event.tMs <= toMs);
          expect(series.between(fromMs, toMs)).toEqual(inside.filter((event) => event.value !== 'end'));
          const last = inside.at(-1);
          expect(series.latest(fromMs, toMs)).toEqual(last?.value === 'end' ? undefined : last);
          expect(series.isEmpty).toBe(kept.length === 0);
        },
      ),
    );
  });
});

describe('the store', () => {
  test('gives one series per label set in any order, selects by matchers, and forgets what is too old', () => {
    const store = createSampleStore(60_000);
    store.seriesFor({ __name__: 'x', a: '1', b: '2' }).append(1000, 1);
    store.seriesFor({ b: '2', a: '1', __name__: 'x' }).append(2000, 2);
    store.seriesFor({ __name__: 'x', a: '2' }).append(90_000, 3);
    store.seriesFor({ __name__: 'y', a: '1' }).append(90_000, 4);
    const select = (...matchers: readonly (readonly [string, '=' | '!=' | '=~' | '!~', string])[]) =>
      store.select(matchers.map((matcher) => createMatcher(...matcher))).map(({ labels }) => labels);
    expect(select(['__name__', '=', 'x'])).toHaveLength(2);
    expect(select(['__name__', '=~', 'x|y'], ['a', '=', '1'])).toHaveLength(2);
    expect(select(['a', '=~', '.'], ['b', '=', ''])).toEqual([
      { __name__: 'x', a: '2' },
      { __name__: 'y', a: '1' },
    ]);
    expect(select(['a', '!~', '1.*'])).toEqual([{ __name__: 'x', a: '2' }]);
    expect(() => createMatcher('a', '=~', '[12')).toThrow();
    store.expire(100_000);
    expect(select(['a', '=~', '.*'])).toEqual([
      { __name__: 'x', a: '2' },
      { __name__: 'y', a: '1' },
    ]);
    expect([...(store.labels([]).get('a') ?? [])]).toEqual(['2', '1']);
  });
});
