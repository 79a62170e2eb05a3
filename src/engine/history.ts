import { type Metric, resolveMetrics, secretReferences } from '../analysis/index.ts';
import type { MetricProviders } from '../metric-providers/index.ts';
import type { Delivery, MetricSeries } from '../rollout/index.ts';
import { addHistory } from './add-history.ts';
import type { Look } from './look.ts';

/** Adds to a delivery's series what its metric was between and before the measurements. */
export type WithHistory = (delivery: Delivery, look: Look, signal: AbortSignal) => Promise<Delivery>;

/** Where a decision was made or is to be made: a picture of two measurements tells less than the minute around them. */
const statesWithHistory: readonly Delivery['state'][] = [
  'gate',
  'inconclusive',
  'frozen',
  'rolledBack',
  'notVerified',
  'live',
];
const windowMs = 60_000;
const mostPoints = 12;
const timeoutMs = 3000;
const rememberedSeries = 500;

/**
 * Asks the metric's provider for the minute before the verdict, once per verdict. A provider that cannot, or does not answer, leaves
 * the measurements as they are: a card never waits for a chart.
 */
export function createHistory(providers: MetricProviders): WithHistory {
  const remembered = new Map<string, MetricSeries>();

  return async (delivery, look, signal) => {
    const { series, state } = delivery;
    const last = series?.points.at(-1);
    if (series === undefined || last === undefined || !statesWithHistory.includes(state)) return delivery;
    const key = `${delivery.uid}/${delivery.revision}/${series.metric}/${last.atMs}/${series.points.length}`;
    const known = remembered.get(key);
    if (known !== undefined) return { ...delivery, series: { ...known, weightSteps: series.weightSteps } };
    const metric = metricOf(look, series.metric);
    if (metric === undefined) return delivery;
    // What the same query said of an earlier revision is no part of this one's picture.
    const sinceMs = Math.max(last.atMs - windowMs, delivery.startedAtMs ?? 0);
    const richer = { ...series, points: await readPoints(metric, { series, sinceMs }, providers, signal) };
    remembered.set(key, richer);
    const [oldest] = remembered.keys();
    if (remembered.size > rememberedSeries && oldest !== undefined) remembered.delete(oldest);
    return { ...delivery, series: richer };
  };
}

async function readPoints(
  metric: Metric,
  { series, sinceMs }: { readonly series: MetricSeries; readonly sinceMs: number },
  providers: MetricProviders,
  signal: AbortSignal,
): Promise<MetricSeries['points']> {
  try {
    const { provider, settings } = providers.choose(metric.provider);
    if (provider.measureRange === undefined) return series.points;
    const toMs = series.points.at(-1)?.atMs ?? 0;
    const firstMs = series.points[0]?.atMs ?? toMs;
    const range = { fromMs: Math.min(firstMs, sinceMs), toMs, maxPoints: mostPoints };
    const within = AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]);
    const history = await provider.measureRange(settings, range, within);
    return addHistory(series, history, (toMs - range.fromMs) / mostPoints);
  } catch {
    return series.points;
  }
}

/** The metric as it is measured: arguments in place. Undefined where its query holds a secret. */
function metricOf({ world, revision }: Look, name: string): Metric | undefined {
  const ofRevision = world.analysisRuns.filter(
    (run) => run.metadata.annotations['rollout.argoproj.io/revision'] === String(revision),
  );
  for (const run of ofRevision.reverse()) {
    if (secretReferences(run).length > 0) continue;
    const resolved = resolveMetrics(run.spec);
    const metric = resolved.isResolved ? resolved.value.find((one) => one.name === name) : undefined;
    if (metric !== undefined) return metric;
  }
  return undefined;
}
