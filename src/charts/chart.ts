import type { MetricSeries } from '../rollout/index.ts';

/** A picture of one metric: PNG, with words that say the same (last value, limit, verdict). */
export interface Chart {
  readonly png: Uint8Array;
  readonly widthPx: number;
  readonly heightPx: number;
  readonly altText: string;
}

/** Draws off the main thread. `stop` ends the worker. */
export interface Charts {
  /** @param title e.g. `checkout 3.0.0 · success-rate`. Throws when the font is missing: a chart without words is worse than none. */
  draw(series: MetricSeries, title: string): Promise<Chart>;
  stop(): Promise<void>;
}
