/**
 * metric-providers: takes one measurement. One contract (metric-provider.ts), one file per vendor, listed here by hand.
 * Never judges what it measured.
 */
export type { MetricProvider, MetricReading } from './metric-provider.ts';
