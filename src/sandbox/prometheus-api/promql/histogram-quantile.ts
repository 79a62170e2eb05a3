import { dropLabels, keyOfLabels, type Labels, METRIC_NAME } from '../labels.ts';
import type { Vector } from './value.ts';

type Bucket = { readonly limit: number; count: number };

/** histogram_quantile over classic buckets: elements whose `le` does not read as a number are ignored. */
export function histogramQuantile(phi: number, elements: Vector): Vector {
  const histograms = new Map<string, { readonly labels: Labels; readonly buckets: Bucket[] }>();
  for (const { labels, value } of elements) {
    const limit = readLimit(labels.le);
    if (limit === undefined) continue;
    const rest = dropLabels(labels, ['le', METRIC_NAME]);
    const key = keyOfLabels(rest);
    const histogram = histograms.get(key) ?? { labels: rest, buckets: [] };
    histogram.buckets.push({ limit, count: value });
    histograms.set(key, histogram);
  }
  return [...histograms.values()].map(({ labels, buckets }) => ({ labels, value: bucketQuantile(phi, buckets) }));
}

function readLimit(text: string | undefined): number | undefined {
  if (text === undefined || text === '') return undefined;
  if (text === '+Inf' || text === 'Inf') return Number.POSITIVE_INFINITY;
  const limit = Number(text);
  return Number.isNaN(limit) ? undefined : limit;
}

/** Prometheus' rule (promql/quantile.go): linear inside the bucket that holds the rank, from 0 in the first one. */
function bucketQuantile(phi: number, unsorted: readonly Bucket[]): number {
  if (Number.isNaN(phi)) return Number.NaN;
  if (phi < 0) return Number.NEGATIVE_INFINITY;
  if (phi > 1) return Number.POSITIVE_INFINITY;
  const buckets = joinEqualLimits(unsorted.toSorted((a, b) => a.limit - b.limit));
  if (buckets.at(-1)?.limit !== Number.POSITIVE_INFINITY || buckets.length < 2) return Number.NaN;
  makeMonotonic(buckets);
  const observations = buckets.at(-1)?.count ?? 0;
  if (observations === 0 || Number.isNaN(observations)) return Number.NaN;
  const rank = phi * observations;
  const last = buckets.length - 1;
  const found = buckets.findIndex((bucket, index) => index === last || bucket.count >= rank);
  const bucket = buckets[found];
  const previous = buckets[found - 1];
  if (bucket === undefined) return Number.NaN;
  if (found === last) return previous?.limit ?? Number.NaN;
  if (previous === undefined) {
    return bucket.limit <= 0 ? bucket.limit : bucket.limit * (rank / bucket.count);
  }
  const share = (rank - previous.count) / (bucket.count - previous.count);
  return previous.limit + (bucket.limit - previous.limit) * share;
}

function joinEqualLimits(sorted: readonly Bucket[]): Bucket[] {
  const joined: Bucket[] = [];
  for (const { limit, count } of sorted) {
    const last = joined.at(-1);
    if (last !== undefined && last.limit === limit) last.count += count;
    else joined.push({ limit, count });
  }
  return joined;
}

/** Scrapes are not atomic and rates round: a bucket never counts less than the one before it. */
function makeMonotonic(buckets: readonly Bucket[]): void {
  let most = Number.NEGATIVE_INFINITY;
  for (const bucket of buckets) {
    if (bucket.count < most) bucket.count = most;
    else most = bucket.count;
  }
}
