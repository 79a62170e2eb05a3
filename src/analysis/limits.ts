import type { Metric } from './analysis-template.ts';

/** The limits of a metric as numbers, with Argo's defaults. */
export interface MetricLimits {
  /** Measurements that end the metric; undefined: measured without end. */
  readonly count: number | undefined;
  /** −1: failures do not count. */
  readonly failureLimit: number;
  readonly inconclusiveLimit: number;
  readonly consecutiveErrorLimit: number;
  /** 0: off. */
  readonly consecutiveSuccessLimit: number;
}

/** Reads a metric's limits; its arguments are already in place. */
export function readLimits(metric: Metric): MetricLimits {
  const count = toInt(metric.count) ?? 0;
  const countWithoutOne = metric.interval === undefined || metric.interval === '' ? 1 : undefined;
  return {
    count: count === 0 ? countWithoutOne : count,
    failureLimit: toInt(metric.failureLimit) ?? 0,
    inconclusiveLimit: toInt(metric.inconclusiveLimit) ?? 0,
    consecutiveErrorLimit: toInt(metric.consecutiveErrorLimit) ?? 4,
    consecutiveSuccessLimit: toInt(metric.consecutiveSuccessLimit) ?? 0,
  };
}

/** Kubernetes' IntOrString: a string that is not an integer counts as 0, as Argo reads it. */
export function toInt(value: number | string | undefined): number | undefined {
  if (value === undefined) return undefined;
  if (typeof value === 'number') return Math.trunc(value);
  return /^[+-]?[0-9]{1,15}$/.test(value) ? Number(value) : 0;
}
