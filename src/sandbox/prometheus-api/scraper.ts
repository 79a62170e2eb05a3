import { parseExposition, parseSeries } from './exposition.ts';
import type { SampleStore, WritableSeries } from './sample-store.ts';

/** A /metrics address. Its labels fill in what the exposed samples leave out (`honor_labels: true`, as for any proxy's exporter). */
export type Target = { readonly url: string; readonly labels?: Readonly<Record<string, string>> };

/** Scrapes one target at a steady interval, as Prometheus does: `up`, and an end mark for every series that vanished. */
export function startScraper(options: {
  readonly target: Target;
  readonly store: SampleStore;
  readonly intervalMs: number;
  /** While it answers true no scrape is made. */
  readonly isPaused: () => boolean;
}): { stop(): void } {
  const { store, intervalMs } = options;
  const url = new URL(options.target.url);
  const targetLabels: Readonly<Record<string, string>> = {
    job: 'sandbox',
    instance: url.host,
    ...options.target.labels,
  };
  const stopped = new AbortController();
  /** The series of the last scrape by their exposed text: parsing labels once per series keeps a scrape cheap. */
  let known = new Map<string, WritableSeries>();
  let isScraping = false;

  const timer = setInterval(() => void scrapeUnlessBusy(), intervalMs);
  void scrapeUnlessBusy();

  async function scrapeUnlessBusy(): Promise<void> {
    if (isScraping || options.isPaused()) return;
    isScraping = true;
    try {
      await scrape(Date.now());
    } finally {
      isScraping = false;
    }
  }

  async function scrape(atMs: number): Promise<void> {
    let text: string | undefined;
    try {
      const signal = AbortSignal.any([
        stopped.signal,
        AbortSignal.timeout(Math.min(10_000, Math.max(intervalMs, 500))),
      ]);
      const response = await fetch(url, { signal, headers: { accept: 'text/plain' } });
      if (response.ok) text = await response.text();
    } catch {
      // Unreachable or too slow: both are told by up = 0, as Prometheus does.
    }
    if (stopped.signal.aborted) return;
    const durationSeconds = (Date.now() - atMs) / 1000;
    const before = known;
    known = new Map();
    const sampleCount = text === undefined ? undefined : takeSamples(text, atMs, before);
    for (const [series, held] of before) if (!known.has(series)) held.end(atMs);
    const addedCount = [...known.keys()].filter((series) => !before.has(series)).length;
    report('up', atMs, sampleCount === undefined ? 0 : 1);
    report('scrape_duration_seconds', atMs, durationSeconds);
    report('scrape_samples_scraped', atMs, sampleCount ?? 0);
    report('scrape_samples_post_metric_relabeling', atMs, sampleCount ?? 0);
    report('scrape_series_added', atMs, addedCount);
    store.expire(atMs);
  }

  /** Prometheus writes five series about each scrape itself. */
  function report(name: string, atMs: number, value: number): void {
    store.seriesFor({ __name__: name, ...targetLabels }).append(atMs, value);
  }

  /** A target's answer counts as a whole: with one unreadable line nothing of it is taken. Answers how many samples it held. */
  function takeSamples(text: string, atMs: number, before: ReadonlyMap<string, WritableSeries>): number | undefined {
    try {
      const samples = [...parseExposition(text)];
      for (const { series, value, tMs } of samples) {
        const held = before.get(series) ?? store.seriesFor({ ...targetLabels, ...parseSeries(series) });
        held.append(tMs ?? atMs, value);
        // A target that dates its samples itself gets no end marks (Prometheus' default too).
        if (tMs === undefined) known.set(series, held);
      }
      return samples.length;
    } catch {
      return undefined;
    }
  }

  return {
    stop() {
      clearInterval(timer);
      stopped.abort();
    },
  };
}
