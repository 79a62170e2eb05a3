/** Samples with what makes PromQL hard: jitter, resets, late series, gaps, NaN, infinities, negative values. */
export type SampleSeries = {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly points: readonly { readonly tMs: number; readonly value: number }[];
};

export const START_MS = Date.UTC(2026, 0, 15, 12, 0, 0);
export const END_MS = START_MS + 40 * 60_000;
const STEP_MS = 15_000;
const LIMITS = ['0.05', '0.1', '0.25', '0.5', '1', '2.5', '+Inf'];

/** A fixed sequence of numbers in [0, 1). */
function createSequence(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state * 1_103_515_245 + 12_345) % 2_147_483_648;
    return state / 2_147_483_648;
  };
}

function sample(
  seed: number,
  from: { readonly afterMs?: number; readonly gap?: readonly [number, number] },
  valueAt: (step: number, random: () => number) => number,
) {
  const random = createSequence(seed);
  const points = [];
  for (let step = 0; START_MS + step * STEP_MS < END_MS; step++) {
    // A whole millisecond that never falls on the edge of a window: there Prometheus 2 and 3 differ.
    const tMs = START_MS + step * STEP_MS + 1 + Math.floor(random() * 900);
    const value = valueAt(step, random);
    const offsetMs = tMs - START_MS;
    if (offsetMs < (from.afterMs ?? 0)) continue;
    if (from.gap !== undefined && offsetMs > from.gap[0] && offsetMs < from.gap[1]) continue;
    points.push({ tMs, value });
  }
  return points;
}

function counter(perStep: number, resetAtStep?: number) {
  // Far from zero, where Prometheus before 2.52 extrapolates a series' begin differently (its pull request 13725).
  let total = perStep * 1000;
  return (step: number, random: () => number) => {
    total = step === resetAtStep ? 0 : total + Math.floor(perStep * (0.5 + random()));
    return total;
  };
}

export function createSamples(): readonly SampleSeries[] {
  const series: SampleSeries[] = [];
  let seed = 1;
  for (const service of ['checkout', 'search']) {
    for (const pod of ['a', 'b', 'c']) {
      const from = { a: {}, b: { afterMs: 12 * 60_000 }, c: { gap: [15 * 60_000, 23 * 60_000] as const } }[pod] ?? {};
      const labels = { job: 'shop', service, pod: `${service}-${pod}` };
      for (const [status, perStep] of [
        ['200', 600],
        ['404', 20],
        ['500', pod === 'b' ? 40 : 1],
      ] as const) {
        const points = sample(seed++, from, counter(perStep, pod === 'a' ? 90 : undefined));
        series.push({ name: 'http_requests_total', labels: { ...labels, status }, points });
      }
      const slow = service === 'search' ? 2 : 1;
      for (const [index, le] of LIMITS.entries()) {
        const points = sample(100 + seed, from, counter(((index + 1) * 90) / slow));
        series.push({ name: 'http_request_duration_seconds_bucket', labels: { ...labels, le }, points });
      }
      series.push({
        name: 'build_info',
        labels: { pod: labels.pod, version: pod === 'b' ? '2.0.0' : '1.0.0' },
        points: sample(seed++, from, () => 1),
      });
      series.push({
        name: 'memory_bytes',
        labels,
        points: sample(seed++, from, (_step, random) => 5e8 + random() * 1e8),
      });
    }
    series.push({
      name: 'request_limit',
      labels: { service },
      points: sample(seed++, {}, () => (service === 'search' ? 60 : 90)),
    });
  }
  const odd = (step: number, random: () => number) =>
    [Number.NaN, -3, 0, Number.POSITIVE_INFINITY, 0.5, random()][step % 6] ?? 0;
  series.push({ name: 'odd', labels: { kind: 'mixed' }, points: sample(901, {}, odd) });
  series.push({ name: 'odd', labels: { kind: 'nan' }, points: sample(902, {}, () => Number.NaN) });
  series.push({
    name: 'temperature',
    labels: { room: 'north' },
    points: sample(903, {}, (step) => Math.sin(step / 9) * 20),
  });
  series.push({ name: 'temperature', labels: { room: 'south' }, points: sample(904, {}, (step) => 20 - step / 10) });
  series.push({
    name: 'short',
    labels: { kind: 'once' },
    points: sample(905, { afterMs: 39 * 60_000 + 45_000 }, () => 7),
  });
  return series;
}

/** Writes samples for `promtool tsdb create-blocks-from openmetrics`. */
export function renderOpenMetrics(series: readonly SampleSeries[]): string {
  const lines: string[] = [];
  for (const { name, labels, points } of series) {
    const text = Object.entries(labels).map(([key, value]) => `${key}="${value}"`);
    for (const { tMs, value } of points) {
      const number = Number.isFinite(value) ? String(value) : String(value).replace('Infinity', '+Inf');
      lines.push(`${name}{${text.join(',')}} ${number} ${tMs / 1000}`);
    }
  }
  lines.push('# EOF', '');
  return lines.join('\n');
}
