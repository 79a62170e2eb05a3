import { type AnalysisRun, formatTimestamp, type MetricResult, readLimit } from '../analysis/index.ts';
import type { NewEntry } from './records.ts';

/** A finished run, as `verdict:<phase>`: for each metric its first, worst and last value. The series stays in the AnalysisRun. */
export function verdictEntry(run: AnalysisRun, nowMs: number): NewEntry {
  const { phase = 'Error', completedAt } = run.status;
  return {
    at: completedAt ?? formatTimestamp(nowMs),
    event: `verdict:${phase}`,
    text: run.status.message ?? '',
    facts: { run: run.metadata.name, ...Object.fromEntries(run.status.metricResults.map((one) => factOf(run, one))) },
  };
}

/** The metrics that made a run end as it did. */
export function guiltyFacts(run: AnalysisRun): Record<string, string> {
  const guilty = run.status.metricResults.filter(({ phase, dryRun }) => phase === run.status.phase && dryRun !== true);
  return Object.fromEntries(guilty.map((one) => factOf(run, one)));
}

/** `success-rate` → `Failed: first 0.99, worst 0.9, last 0.91; limit >= 0.95; 3 of 5 failed` */
export function factOf(run: AnalysisRun, result: MetricResult): [string, string] {
  const metric = run.spec.metrics.find(({ name }) => name === result.name);
  const limit = metric === undefined ? undefined : readLimit(metric);
  const values = result.measurements.flatMap(({ value }) => (value === undefined || value === '' ? [] : [value]));
  const words: string[] = [];
  if (values.length > 0) words.push(`first ${values[0]}, worst ${worstOf(values, limit)}, last ${values.at(-1)}`);
  if (limit !== undefined) words.push(`limit ${limit.comparison} ${limit.value}`);
  words.push(countsOf(result));
  if (result.message !== undefined && result.message !== '') words.push(result.message);
  return [result.name, `${result.phase}: ${words.join('; ')}`];
}

function countsOf({ successful, failed, inconclusive, error }: MetricResult): string {
  const counts = { passed: successful, failed, inconclusive, errors: error };
  return Object.entries(counts)
    .filter(([, count]) => count > 0)
    .map(([word, count]) => `${count} ${word}`)
    .join(', ');
}

/** The value farthest on the bad side; without a limit nothing is known to be worse, and the last stands. */
function worstOf(values: readonly string[], limit: ReturnType<typeof readLimit>): string | undefined {
  if (limit === undefined) return values.at(-1);
  const isLowWorse = limit.comparison.startsWith('>');
  let worst: { readonly text: string; readonly value: number } | undefined;
  for (const text of values) {
    const value = Number.parseFloat(text.replace(/^\[/, ''));
    if (Number.isNaN(value)) continue;
    if (worst === undefined || (isLowWorse ? value < worst.value : value > worst.value)) worst = { text, value };
  }
  return worst?.text ?? values.at(-1);
}
