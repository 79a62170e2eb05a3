import type { Json } from '../lib/index.ts';

/** What one measurement brought home. */
export interface MetricReading {
  /** What conditions see as `result`: JSON, where Prometheus' NaN and Inf are real numbers. */
  readonly result: Json;
  /** The same as text, stored in the measurement: `1.5`, `[0.98,0.99]`. */
  readonly value: string;
  /** Stored in the measurement, such as a provider's warnings. */
  readonly metadata?: Readonly<Record<string, string>>;
}

/**
 * One source of metrics. A throw is a measurement Error with the message of the error: what was asked, of whom, what came back.
 * Never returns a guess: no data is the provider's own empty answer (Prometheus: an empty list).
 */
export interface MetricProvider {
  /** The key under `provider` of a metric. */
  readonly kind: string;
  /** @param settings the value under that key, arguments already resolved; parsed here. @param nowMs the API server's clock. */
  measure(settings: unknown, nowMs: number, signal: AbortSignal): Promise<MetricReading>;
  /** What is stored once for a metric, as Argo's GetMetadata: `ResolvedPrometheusQuery`. Never throws. */
  describe?(settings: unknown): Readonly<Record<string, string>>;
  /** The same query over time, for charts. Where a provider cannot, it is absent. Points in order, at most `maxPoints`. */
  measureRange?(
    settings: unknown,
    range: { readonly fromMs: number; readonly toMs: number; readonly maxPoints: number },
    signal: AbortSignal,
  ): Promise<readonly { readonly atMs: number; readonly value: number }[]>;
}
