/**
 * metric-providers: takes one measurement. One contract (metric-provider.ts), one file per vendor, listed here by hand.
 * Never judges what it measured.
 */
import type { MetricProvider } from './metric-provider.ts';
import { createPrometheus } from './prometheus.ts';

export type { MetricProvider, MetricReading } from './metric-provider.ts';

/** By kind: the key under `provider` of a metric. */
export type MetricProviders = Readonly<Record<string, MetricProvider>>;

/** All providers. `prometheusAddress` serves metrics that name no address. */
export function createMetricProviders(options: { readonly prometheusAddress?: string | undefined }): MetricProviders {
  const members = [createPrometheus({ address: options.prometheusAddress })];
  return Object.fromEntries(members.map((provider) => [provider.kind, provider]));
}

/** The provider of a metric, and its settings. An unknown kind is an error that names the known ones, never a default. */
export function chooseProvider(
  providers: MetricProviders,
  settingsByKind: Readonly<Record<string, unknown>>,
): { readonly provider: MetricProvider; readonly settings: unknown } {
  for (const [kind, settings] of Object.entries(settingsByKind)) {
    if (settings === undefined || settings === null) continue;
    const provider = Object.hasOwn(providers, kind) ? providers[kind] : undefined;
    if (provider !== undefined) return { provider, settings };
    throw new Error(`unknown metric provider ${JSON.stringify(kind)}: known are ${Object.keys(providers).join(', ')}`);
  }
  throw new Error('no provider specified');
}
