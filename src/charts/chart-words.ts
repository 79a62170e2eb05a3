import { formatLimit, formatValue, type Unit } from '../lib/index.ts';
import type { MetricSeries } from '../rollout/index.ts';
import { formatClock, unitOfSeries } from './chart-numbers.ts';

const verdicts = {
  running: '… still measuring',
  passed: '✓ passed',
  failed: '✗ failed',
  inconclusive: '? inconclusive',
  error: '! could not be measured',
} as const satisfies Record<MetricSeries['verdict'], string>;

/** The verdict in words and numbers, for the title: `✗ failed · last 91.2 %, limit ≥ 95 %`. */
export function verdictLine(series: MetricSeries): string {
  const unit = unitOfSeries(series);
  const numbers = [lastWords(series, unit), limitWords(series, unit)].filter((words) => words !== '');
  return [verdicts[series.verdict], numbers.join(', ')].filter((words) => words !== '').join(' · ');
}

/** What the picture shows, for those who do not see it: verdict, last value and limit in numbers, then the way there. */
export function altTextOf(series: MetricSeries, title: string): string {
  const unit = unitOfSeries(series);
  const verdict = verdicts[series.verdict].slice(2);
  const numbers = [lastWords(series, unit), limitWords(series, unit)].filter((words) => words !== '').join(', ');
  const sentences = [`${title}: ${verdict}`, capital(numbers), rangeWords(series, unit), stepWords(series)];
  return `${sentences.filter((words) => words !== '').join('. ')}.`;
}

function lastWords({ points }: MetricSeries, unit: Unit): string {
  const last = points.findLast(({ value }) => value !== undefined)?.value;
  return last === undefined ? 'no data' : `last ${formatValue(last, unit)}`;
}

function limitWords({ limit }: MetricSeries, unit: Unit): string {
  return limit === undefined ? '' : `limit ${formatLimit(limit, unit)}`;
}

function rangeWords({ points }: MetricSeries, unit: Unit): string {
  const values = points.flatMap(({ value }) => (value === undefined || !Number.isFinite(value) ? [] : [value]));
  const failed = points.filter(({ isFailed }) => isFailed).length;
  const empty = points.filter(({ value }) => value === undefined).length;
  const counts = [plural(points.length, 'measurement')];
  if (failed > 0) counts.push(`${failed} failed`);
  if (empty > 0) counts.push(`${empty} without data`);
  const words = counts.join(', ');
  if (values.length < 2) return words;
  return `${words}, from ${formatValue(Math.min(...values), unit)} to ${formatValue(Math.max(...values), unit)}`;
}

function stepWords({ weightSteps }: MetricSeries): string {
  if (weightSteps.length === 0) return '';
  const steps = weightSteps.slice(-6).map(({ atMs, percent }) => `${percent} % at ${formatClock(atMs, false)}`);
  return `Canary ${steps.join(', ')} UTC`;
}

function plural(count: number, word: string): string {
  return `${count} ${word}${count === 1 ? '' : 's'}`;
}

function capital(text: string): string {
  return `${text.slice(0, 1).toUpperCase()}${text.slice(1)}`;
}
