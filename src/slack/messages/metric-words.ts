import { sightLabel } from '../../analysis/index.ts';
import { formatLimit, formatValue, unitOf } from '../../lib/index.ts';
import type { MetricLine } from '../../rollout/index.ts';
import { type Mrkdwn, quote } from './mrkdwn.ts';

const marks = {
  passing: '✓',
  passed: '✓',
  failing: '✗',
  failed: '✗',
  noData: '○',
  inconclusive: '?',
  watch: '!',
  waiting: '·',
} as const;

const words = {
  passing: 'passing',
  passed: 'passed',
  failing: 'failing',
  failed: 'failed',
  noData: 'no data',
  inconclusive: 'inconclusive',
  watch: 'watch',
  waiting: 'not measured yet',
} as const;

/** So that name, value and limit stay on one line of a phone. */
const maxNameLength = 26;
const markedNameLength = 16;

/** Lines of a card: the metric nearest its limit first, at most `max`, then `+2 fine`. */
export function metricLines(metrics: readonly MetricLine[], max: number, saysRest = true): readonly Mrkdwn[] {
  const sorted = nearestFirst(metrics);
  const shown = sorted.slice(0, max).map((metric) => markedLine(metric));
  const rest = sorted.slice(max);
  if (rest.length === 0 || !saysRest) return shown;
  const areFine = rest.every((metric) => metric.verdict === 'passing' || metric.verdict === 'passed');
  return [...shown, `+${rest.length} ${areFine ? 'fine' : 'more, see Why'}`];
}

/** What it can see is said only where that takes away from the evidence; a long name makes room for it. */
function markedLine(metric: MetricLine): Mrkdwn {
  const { sight } = metric;
  if (sight?.kind !== 'blind' && sight?.kind !== 'allTraffic') return metricLine(metric);
  return `${metricLine(metric, markedNameLength)} · ${sightLabel(sight)}`;
}

/** `✓ success-rate 99.6 % (≥ 95 %) · 2/3`, `✗ success-rate 91.2 % (≥ 95 %) failed 2 of 2` */
export function metricLine(metric: MetricLine, nameLength = maxNameLength): Mrkdwn {
  const name = quote(metric.name, nameLength);
  const unit = unitOf(metric.name, metric.limit, [metric.value]);
  const limit = metric.limit === undefined ? '' : ` (${quoteLimit(formatLimit(metric.limit, unit))})`;
  const hasValue = metric.value !== undefined && metric.verdict !== 'noData' && metric.verdict !== 'waiting';
  const word = metric.verdict === 'waiting' && metric.isUnderWay === true ? 'running' : words[metric.verdict];
  const value = hasValue && metric.value !== undefined ? formatValue(metric.value, unit) : word;
  // The mark alone must not carry the verdict: where the value does not say it, a word does.
  const isPlain = metric.verdict === 'passing' || metric.verdict === 'passed' || !hasValue;
  const verdict = isPlain ? '' : ` ${words[metric.verdict]}`;
  return `${marks[metric.verdict]} ${name} ${value}${limit}${verdict}${countOf(metric)}`;
}

/** How far it is; once it has failed, what decided: how many of those taken. */
function countOf({ verdict, taken, planned, failed }: MetricLine): Mrkdwn {
  // Kept together: on a phone the line breaks before it.
  if (verdict === 'failed') return taken > 0 ? `\u00a0${failed}\u00a0of\u00a0${taken}` : '';
  return planned > 0 ? ` · ${taken}/${planned}` : '';
}

/**
 * What a metric did that ended a rollout: `✗ success-rate 91.2 % (≥ 95 %) failed 2 of 2`. One that could not be judged has not failed:
 * then its provider's or condition's own words say what to mend.
 */
export function guiltyLines(guilty: MetricLine, maxReason = 160): readonly Mrkdwn[] {
  if (guilty.verdict === 'noData') {
    const why = guilty.message === undefined ? [] : [`_${quote(guilty.message, maxReason)}_`];
    return [`✗ ${quote(guilty.name, maxNameLength)} could not be judged`, ...why];
  }
  return [metricLine({ ...guilty, verdict: 'failed' })];
}

function quoteLimit(text: string): Mrkdwn {
  return text.replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}

/** Failing before silent before what only watches before close to the limit before fine. */
export function nearestFirst(metrics: readonly MetricLine[]): readonly MetricLine[] {
  return metrics
    .map((metric, index) => ({ metric, index, rank: rankOf(metric), margin: marginOf(metric) }))
    .sort((a, b) => a.rank - b.rank || a.margin - b.margin || a.index - b.index)
    .map(({ metric }) => metric);
}

function rankOf(metric: MetricLine): number {
  switch (metric.verdict) {
    case 'failed':
      return 0;
    case 'failing':
      return 1;
    case 'inconclusive':
      return 2;
    case 'noData':
      return 3;
    case 'watch':
      return 4;
    default:
      return 5;
  }
}

/** How far inside its limit, as a share of the limit; without a number: far. */
function marginOf(metric: MetricLine): number {
  const { limit, value } = metric;
  if (limit === undefined || value === undefined || !Number.isFinite(value)) return Number.MAX_VALUE;
  const room = limit.comparison.startsWith('>') ? value - limit.value : limit.value - value;
  return room / (Math.abs(limit.value) || 1);
}
