/**
 * metric-providers: takes one measurement. One contract (metric-provider.ts), one file per vendor, listed here by hand.
 * Never judges what it measured, unless the source does so itself (a Job).
 */

import type { Webhooks } from '../webhooks/index.ts';
import { createJobProvider } from './job/job.ts';
import type { JobTools } from './job/jobs.ts';
import type { LastingMetricProvider, MetricProvider } from './metric-provider.ts';
import { createPrometheus } from './prometheus.ts';
import { createWebhookProvider } from './webhook.ts';

export type { JobTools } from './job/jobs.ts';
export type {
  BegunMeasurement,
  LastingMetricProvider,
  LastingReading,
  MeasurementPlace,
  MetricProvider,
  MetricReading,
} from './metric-provider.ts';

type SettingsByKind = Readonly<Record<string, unknown>>;

/** All sources of metrics, chosen by the key under `provider` of a metric. */
export interface MetricProviders {
  readonly kinds: readonly string[];
  /**
   * The provider of a metric, and its settings. Throws where the metric names none, an unknown one (never a default), or one that
   * takes its time.
   * @param settingsByKind `provider` of the metric: exactly one key.
   */
  choose(settingsByKind: SettingsByKind): { readonly provider: MetricProvider; readonly settings: unknown };
  /** The same for those that take their time; undefined where the metric names none of them. */
  chooseLasting(
    settingsByKind: SettingsByKind,
  ): { readonly provider: LastingMetricProvider; readonly settings: unknown } | undefined;
}

export interface MetricProviderOptions {
  /** Of metrics that name no address. */
  readonly prometheusAddress?: string | undefined;
  /** Where Jobs run; undefined: nowhere, as on a laptop. */
  readonly jobs?: JobTools | undefined;
  /** Calls what metrics with the plugin `stepwise/webhook` name; undefined: nobody does, as on a laptop. */
  readonly webhooks?: Webhooks | undefined;
}

export function createMetricProviders({ prometheusAddress, jobs, webhooks }: MetricProviderOptions): MetricProviders {
  const members = [createPrometheus({ address: prometheusAddress })];
  const lasting = [
    ...(jobs === undefined ? [] : [createJobProvider(jobs)]),
    ...(webhooks === undefined ? [] : [createWebhookProvider(webhooks)]),
  ];
  const kinds = [...members.map(({ kind }) => kind), 'job', 'plugin'];
  return {
    kinds,
    choose(settingsByKind) {
      const { kind, settings } = namedIn(settingsByKind);
      const provider = members.find((member) => member.kind === kind);
      if (provider !== undefined) return { provider, settings };
      if (kinds.includes(kind))
        throw new Error(`metric provider ${JSON.stringify(kind)} measures in analysis runs only`);
      throw new Error(`unknown metric provider ${JSON.stringify(kind)}: known are ${kinds.join(', ')}`);
    },
    chooseLasting(settingsByKind) {
      const named = findNamed(settingsByKind);
      const provider = lasting.find(({ kind }) => kind === named?.kind);
      return provider === undefined ? undefined : { provider, settings: named?.settings };
    },
  };
}

interface Named {
  readonly kind: string;
  readonly settings: unknown;
}

function namedIn(settingsByKind: SettingsByKind): Named {
  const named = findNamed(settingsByKind);
  if (named === undefined) throw new Error('no provider specified');
  return named;
}

function findNamed(settingsByKind: SettingsByKind): Named | undefined {
  const named = Object.entries(settingsByKind).find(([, settings]) => settings !== undefined && settings !== null);
  return named === undefined ? undefined : { kind: named[0], settings: named[1] };
}
