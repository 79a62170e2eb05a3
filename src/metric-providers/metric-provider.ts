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
 * One source of metrics that answers at once. A throw is a measurement Error with the message of the error: what was asked, of whom, what came back.
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

/** What a measurement that takes time belongs to: enough to call it by the same name again after a kill. */
export interface MeasurementPlace {
  readonly run: { readonly namespace: string; readonly name: string; readonly uid: string };
  readonly metricName: string;
  /** Of this metric's measurements, from 1; errors count. */
  readonly number: number;
}

/** What was begun. `metadata`: what its reading said, as stored in the measurement; undefined: nobody stored it. */
export interface BegunMeasurement extends MeasurementPlace {
  readonly startedAtMs: number;
  readonly metadata: Readonly<Record<string, string>> | undefined;
  /** What its last reading said, as stored: secrets are masked. */
  readonly message?: string | undefined;
  /** Of the metric, arguments already resolved. */
  readonly settings: unknown;
}

/** How far a measurement is that takes time. Stored in it are `metadata`, what to look at next time, and `message`, for people. */
export type LastingReading =
  | {
      readonly kind: 'underWay';
      readonly resumeAtMs: number;
      readonly metadata: Readonly<Record<string, string>>;
      readonly message?: string;
    }
  /** The provider judges for itself: the metric's conditions do not count. */
  | {
      readonly kind: 'judged';
      readonly phase: 'Successful' | 'Failed' | 'Inconclusive';
      readonly message?: string;
      readonly value?: string;
      readonly metadata: Readonly<Record<string, string>>;
    };

/**
 * One source of metrics that takes its time, such as a Job. A throw is a measurement Error, except a NotNowError: then nothing is known,
 * and the same measurement is asked for again. Every call may be repeated after a kill: a measurement is begun once.
 */
export interface LastingMetricProvider {
  /** The key under `provider` of a metric. */
  readonly kind: string;
  /** What it begins runs elsewhere: only its settings lead there, and what is over has left nothing here. */
  readonly isElsewhere?: true;
  /** Begins a measurement, or finds the one that was begun in this place. @param settings as in MetricProvider. */
  start(settings: unknown, place: MeasurementPlace, nowMs: number, signal: AbortSignal): Promise<LastingReading>;
  /** Looks at what was begun. */
  poll(begun: BegunMeasurement, nowMs: number, signal: AbortSignal): Promise<LastingReading>;
  /** Ends it if it runs, and removes what is left of it. Gone already is success. */
  discard(begun: BegunMeasurement, signal: AbortSignal): Promise<void>;
}
