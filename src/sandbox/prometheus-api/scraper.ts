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
  const up = () => store.seriesFor({ __name__: 'up', ...targetLabels });
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
    const before = known;
    known = new Map();
    const isUp = text !== undefined && takeSamples(text, atMs, before);
    for (const [series, held] of before) if (!known.has(series)) held.end(atMs);
    up().append(atMs, isUp ? 1 : 0);
    store.expire(atMs);
  }

  /** A target's answer counts as a whole: one unreadable line and nothing of it is taken. */
  function takeSamples(text: string, atMs: number, before: ReadonlyMap<string, WritableSeries>): boolean {
    try {
      const samples = [...parseExposition(text)];
      for (const { series, value, tMs } of samples) {
        const held = before.get(series) ?? store.seriesFor({ ...targetLabels, ...parseSeries(series) });
        held.append(tMs ?? atMs, value);
        // A target that dates its samples itself gets no end marks (Prometheus' default too).
        if (tMs === undefined) known.set(series, held);
      }
      return true;
    } catch {
      return false;
    }
  }

  return {
    stop() {
      clearInterval(timer);
      stopped.abort();
    },
  };
}
