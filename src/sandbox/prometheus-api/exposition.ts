/** One line of a target's answer: the series as it was written, and its sample. */
export type ExposedSample = { readonly series: string; readonly value: number; readonly tMs: number | undefined };

/** Splits Prometheus' text format into samples; comments are skipped, a line that does not read throws. */
export function* parseExposition(text: string): Generator<ExposedSample> {
  for (const line of text.split('\n')) {
    if (line === '' || line.startsWith('#') || line.trim() === '') continue;
    const brace = line.lastIndexOf('}');
    const end = brace === -1 ? line.indexOf(' ') : brace + 1;
    const [value, timestamp] = line.slice(end).trim().split(/\s+/);
    if (end <= 0 || value === undefined || value === '')
      throw new Error(`cannot read the line ${JSON.stringify(line)}`);
    const parsed = parseSampleValue(value);
    if (parsed === undefined) throw new Error(`cannot read the value of ${JSON.stringify(line)}`);
    yield { series: line.slice(0, end), value: parsed, tMs: timestamp === undefined ? undefined : Number(timestamp) };
  }
}

function parseSampleValue(text: string): number | undefined {
  if (text === '+Inf' || text === 'Inf') return Number.POSITIVE_INFINITY;
  if (text === '-Inf') return Number.NEGATIVE_INFINITY;
  if (text === 'NaN') return Number.NaN;
  const value = Number(text);
  return Number.isNaN(value) ? undefined : value;
}

/** Reads `name{a="b"}` into labels, the name as `__name__`; empty labels are absent. */
export function parseSeries(series: string): Record<string, string> {
  const brace = series.indexOf('{');
  const name = (brace === -1 ? series : series.slice(0, brace)).trim();
  const labels: Record<string, string> = { __name__: name };
  if (brace === -1) return labels;
  const body = series.slice(brace + 1, series.lastIndexOf('}'));
  for (const [, label = '', value = ''] of body.matchAll(/([a-zA-Z_][a-zA-Z0-9_]*)\s*=\s*"((?:[^"\\]|\\.)*)"/g)) {
    const text = value.replace(/\\(.)/g, (_whole, escaped: string) => (escaped === 'n' ? '\n' : escaped));
    if (text !== '') labels[label] = text;
  }
  return labels;
}
