/**
 * metric-providers: takes one measurement. One contract (metric-provider.ts), one file per vendor, listed here by hand.
 * Never judges what it measured.
 */
import type { MetricProvider } from './metric-provider.ts';
import { createPrometheus } from './prometheus.ts';

export type { MetricProvider, MetricReading } from './metric-provider.ts';

/** All sources of metrics, chosen by the key under `provider` of a metric. */
export interface MetricProviders {
  readonly kinds: readonly string[];
  /**
   * The provider of a metric, and its settings. Throws where the metric names none, or an unknown one: never a default.
   * @param settingsByKind `provider` of the metric: exactly one key.
   */
  choose(settingsByKind: Readonly<Record<string, unknown>>): {
    readonly provider: MetricProvider;
    readonly settings: unknown;
  };
}

/** @param options.prometheusAddress of metrics that name no address. */
export function createMetricProviders(options: { readonly prometheusAddress?: string | undefined }): MetricProviders {
  const members = [createPrometheus({ address: options.prometheusAddress })];
  const kinds = members.map((provider) => provider.kind);
  return {
    kinds,
    choose(settingsByKind) {
      const named = Object.entries(settingsByKind).find(([, settings]) => settings !== undefined && settings !== null);
      if (named === undefined) throw new Error('no provider specified');
      const [kind, settings] = named;
      const provider = members.find((member) => member.kind === kind);
      if (provider !== undefined) return { provider, settings };
      throw new Error(`unknown metric provider ${JSON.stringify(kind)}: known are ${kinds.join(', ')}`);
    },
  };
}
