import { sightWords } from '../analysis/index.ts';
import { formatDuration, formatLimit, formatValue, unitOf } from '../lib/index.ts';
import type { CheckAnswer, CheckedMetric } from './check.ts';

/** What a check says, as plain text: chat and terminal set it in their own way. */
export interface CheckWords {
  readonly title: string;
  readonly lines: readonly { readonly mark: Mark; readonly text: string }[];
  readonly foot: string;
}

/** passes · fails · cannot be judged · no data · not measured */
export type Mark = '✓' | '✗' | '?' | '○' | '·';

export function checkWords(answer: CheckAnswer): CheckWords {
  const { namespace, name, metrics, problems, update } = answer;
  const lines = [
    ...problems.map(({ templates, problem }) => ({
      mark: '✗' as const,
      text: `${templates.join(', ')}: no run can be made of it: ${problem}`,
    })),
    ...metrics.map((metric) => lineOf(metric, update)),
  ];
  return { title: `${namespace}/${name}, measured now`, lines, foot: footOf(answer) };
}

function footOf({ metrics, problems, update, tookMs }: CheckAnswer): string {
  if (metrics.length + problems.length === 0) return 'It has no analysis: nothing is measured in its rollouts.';
  const times = metrics.flatMap(({ reading }) => ('queryMs' in reading ? [reading.queryMs] : []));
  const slowest = times.length === 0 ? '' : `, slowest query ${ms(Math.max(...times))}`;
  const where = {
    underWay: 'An update is under way',
    aborted: 'The last update was aborted',
    none: 'No update is under way: there is no canary now',
  }[update];
  return `${where}. Took ${ms(tookMs)}${slowest}; nothing was stored.`;
}

function lineOf(metric: CheckedMetric, update: CheckAnswer['update']): CheckWords['lines'][number] {
  const { mark, text } = readingWords(metric, update);
  const parts = [
    `${metric.name} ${text}`,
    ...(metric.isDryRun ? ['on trial'] : []),
    ...(metric.provider === 'prometheus' ? [] : [metric.provider]),
    sightWords(metric.sight, metric.atPercents[0]),
    ...('queryMs' in metric.reading ? [ms(metric.reading.queryMs)] : []),
  ];
  return { mark, text: parts.join(' · ') };
}

function readingWords(
  metric: CheckedMetric,
  update: CheckAnswer['update'],
): { readonly mark: Mark; readonly text: string } {
  const { reading } = metric;
  switch (reading.kind) {
    case 'measured': {
      const value = `${valueWords(metric, reading)}${limitWords(metric)}`;
      const message = reading.message === undefined ? '' : `: ${reading.message}`;
      if (reading.verdict === 'passes') return { mark: '✓', text: value };
      if (reading.verdict === 'fails') return { mark: '✗', text: `${value} fails${message}` };
      const word = reading.verdict === 'error' ? 'cannot be judged' : 'is inconclusive';
      return { mark: '?', text: `${value} ${word}${message}` };
    }
    case 'noData':
      return { mark: '○', text: `no data now${limitWords(metric)}${noDataReason(metric, reading.text, update)}` };
    case 'failed':
      return { mark: '○', text: `not answered: ${reading.message}` };
    case 'waitsForUpdate':
      return { mark: '·', text: `not measured: ${reading.args.join(', ')} gets its value with an update` };
    case 'notAsked':
      return { mark: '○', text: `not measured: ${reading.reason}` };
  }
}

function noDataReason({ sight }: CheckedMetric, text: string, update: CheckAnswer['update']): string {
  if (sight.kind === 'canary' && update !== 'underWay') return ': no canary is running';
  return text.includes('NaN') ? ': NaN, nothing was divided by nothing' : ': the query found no series';
}

function valueWords(
  { name, limit }: CheckedMetric,
  { value, text }: Extract<CheckedMetric['reading'], { kind: 'measured' }>,
): string {
  // Several series: the first one alone would hide the others.
  if (value === undefined || text.includes(',')) return text.length > 60 ? `${text.slice(0, 59)}…` : text;
  return formatValue(value, unitOf(name, limit, [value]));
}

function limitWords({ name, limit, condition, reading }: CheckedMetric): string {
  const value = reading.kind === 'measured' ? reading.value : undefined;
  if (limit !== undefined) return ` (${formatLimit(limit, unitOf(name, limit, [value]))})`;
  return condition === undefined ? ' (no condition: never a pass)' : ` (${condition})`;
}

function ms(durationMs: number): string {
  return durationMs < 1000 ? `${Math.max(1, Math.round(durationMs))} ms` : formatSeconds(durationMs);
}

function formatSeconds(durationMs: number): string {
  return durationMs < 10_000 ? `${(durationMs / 1000).toFixed(1)} s` : formatDuration(durationMs);
}
