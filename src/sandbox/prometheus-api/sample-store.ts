import { areMatched, keyOfLabels, type Labels, type Matcher, METRIC_NAME } from './labels.ts';

/** One series: its labels and its samples in order of time. */
export type Series = {
  readonly labels: Labels;
  /** The latest sample in (fromMs, toMs], or undefined when there is none or the series ended (went stale) there. */
  latest(fromMs: number, toMs: number): Point | undefined;
  /** Every sample in (fromMs, toMs] that is not an end mark. */
  between(fromMs: number, toMs: number): readonly Point[];
};
export type Point = { readonly tMs: number; readonly value: number };

/** All samples of the last `retentionMs`, in memory. */
export type SampleStore = {
  seriesFor(labels: Labels): WritableSeries;
  select(matchers: readonly Matcher[]): readonly Series[];
  /** Label name → its values, over the series that match. */
  labels(matchers: readonly Matcher[]): ReadonlyMap<string, ReadonlySet<string>>;
  /** Forgets what is older than the retention; series without samples go. */
  expire(nowMs: number): void;
};

export type WritableSeries = Series & {
  readonly isEmpty: boolean;
  /** Samples not younger than the last one are dropped, as Prometheus drops what is out of order. */
  append(tMs: number, value: number): void;
  /** Marks the series as ended at this moment: from here on a lookback finds nothing. */
  end(tMs: number): void;
  expire(beforeMs: number): void;
};

export function createSampleStore(retentionMs: number): SampleStore {
  const seriesByKey = new Map<string, WritableSeries>();
  const seriesByName = new Map<string, Set<WritableSeries>>();

  function candidates(matchers: readonly Matcher[]): Iterable<WritableSeries> {
    const named = matchers.find((matcher) => matcher.name === METRIC_NAME && matcher.operator === '=');
    return named === undefined ? seriesByKey.values() : (seriesByName.get(named.value) ?? []);
  }

  function* selected(matchers: readonly Matcher[]) {
    for (const series of candidates(matchers)) if (areMatched(matchers, series.labels)) yield series;
  }

  return {
    seriesFor(labels) {
      const key = keyOfLabels(labels);
      const held = seriesByKey.get(key);
      if (held !== undefined) return held;
      const series = createSeries(labels);
      seriesByKey.set(key, series);
      const name = labels[METRIC_NAME] ?? '';
      const named = seriesByName.get(name) ?? new Set();
      seriesByName.set(name, named.add(series));
      return series;
    },
    select: (matchers) => [...selected(matchers)],
    labels(matchers) {
      const found = new Map<string, Set<string>>();
      for (const { labels } of selected(matchers)) {
        for (const [name, value] of Object.entries(labels)) found.set(name, (found.get(name) ?? new Set()).add(value));
      }
      return found;
    },
    expire(nowMs) {
      for (const [key, series] of seriesByKey) {
        series.expire(nowMs - retentionMs);
        if (!series.isEmpty) continue;
        seriesByKey.delete(key);
        seriesByName.get(series.labels[METRIC_NAME] ?? '')?.delete(series);
      }
    },
  };
}

const FIRST_CAPACITY = 64;

/** Samples in two growing rings' worth of plain arrays: the front is cut off once half of it is expired. */
function createSeries(labels: Labels): WritableSeries {
  let times = new Float64Array(FIRST_CAPACITY);
  let values = new Float64Array(FIRST_CAPACITY);
  // An end mark is a flag of its own: JavaScript does not promise to keep the bits of Prometheus' special NaN.
  let ends = new Uint8Array(FIRST_CAPACITY);
  let first = 0;
  let next = 0;

  function push(tMs: number, value: number, isEnd: boolean): void {
    if (next > first && tMs <= (times[next - 1] ?? 0)) return;
    if (next === times.length) makeRoom();
    times[next] = tMs;
    values[next] = value;
    ends[next] = isEnd ? 1 : 0;
    next += 1;
  }

  function makeRoom(): void {
    const live = next - first;
    const capacity = live > times.length / 2 ? times.length * 2 : times.length;
    const moved = {
      times: new Float64Array(capacity),
      values: new Float64Array(capacity),
      ends: new Uint8Array(capacity),
    };
    moved.times.set(times.subarray(first, next));
    moved.values.set(values.subarray(first, next));
    moved.ends.set(ends.subarray(first, next));
    ({ times, values, ends } = moved);
    first = 0;
    next = live;
  }

  /** The place of the first sample after `tMs`. */
  function placeAfter(tMs: number): number {
    let low = first;
    let high = next;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((times[middle] ?? 0) <= tMs) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  return {
    labels,
    get isEmpty() {
      return first === next;
    },
    append: (tMs, value) => push(tMs, value, false),
    end: (tMs) => push(tMs, Number.NaN, true),
    latest(fromMs, toMs) {
      const place = placeAfter(toMs) - 1;
      const tMs = times[place] ?? 0;
      if (place < first || tMs <= fromMs || ends[place] === 1) return undefined;
      return { tMs, value: values[place] ?? Number.NaN };
    },
    between(fromMs, toMs) {
      const points: Point[] = [];
      const last = placeAfter(toMs);
      for (let place = placeAfter(fromMs); place < last; place++) {
        if (ends[place] === 0) points.push({ tMs: times[place] ?? 0, value: values[place] ?? Number.NaN });
      }
      return points;
    },
    expire(beforeMs) {
      first = placeAfter(beforeMs);
    },
  };
}
