import { z } from 'zod';
import { type AnalysisRunSpec, type MeasurementOutcome, type Metric, secretReferences } from '../analysis/index.ts';
import type { Cluster, Resource } from '../kubernetes/index.ts';
import type { MetricProviders } from '../metric-providers/index.ts';

export interface MeasurementTools {
  readonly cluster: Pick<Cluster, 'get' | 'nowMs'>;
  readonly resources: { readonly secrets: Resource };
  readonly providers: MetricProviders;
}

/** Providers keep their own timeouts; none may hold a turn for longer than this. */
const LONGEST_MEASUREMENT_MS = 120_000;

/** Never throws: whatever goes wrong in measuring is what the measurement says. */
export async function takeMeasurement(
  tools: Pick<MeasurementTools, 'cluster' | 'providers'>,
  { metric, hidden }: { readonly metric: Metric; readonly hidden: readonly string[] },
  signal: AbortSignal,
): Promise<MeasurementOutcome> {
  const startedAtMs = tools.cluster.nowMs();
  let metricMetadata: Readonly<Record<string, string>> | undefined;
  try {
    const { provider, settings } = tools.providers.choose(metric.provider);
    metricMetadata = provider.describe?.(settings);
    const limit = AbortSignal.any([signal, AbortSignal.timeout(LONGEST_MEASUREMENT_MS)]);
    const reading = await provider.measure(settings, startedAtMs, limit);
    const finishedAtMs = tools.cluster.nowMs();
    return { kind: 'read', metric, startedAtMs, finishedAtMs, secrets: hidden, metricMetadata, ...reading };
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    const finishedAtMs = tools.cluster.nowMs();
    return { kind: 'failed', metric, startedAtMs, finishedAtMs, secrets: hidden, metricMetadata, message };
  }
}

const Secret = z.looseObject({ data: z.record(z.string(), z.string()).default({}) });

type Secrets =
  | { readonly areRead: true; readonly values: ReadonlyMap<string, string> }
  /** In Argo's words. */
  | { readonly areRead: false; readonly reason: string };

/** The values of the run's secret arguments, read now: a rotated Secret counts from the next measurement on. */
export async function readSecrets(
  tools: Pick<MeasurementTools, 'cluster' | 'resources'>,
  run: { readonly namespace: string; readonly spec: AnalysisRunSpec },
  signal: AbortSignal,
): Promise<Secrets> {
  const { namespace } = run;
  const values = new Map<string, string>();
  for (const { argument, secretName, key } of secretReferences(run)) {
    const object = await tools.cluster.get(tools.resources.secrets, { namespace, name: secretName }, signal);
    if (object === undefined) return { areRead: false, reason: `secrets "${secretName}" not found` };
    const { data } = Secret.parse(object);
    const encoded = Object.hasOwn(data, key) ? data[key] : undefined;
    if (encoded === undefined) {
      return { areRead: false, reason: `key '${key}' does not exist in secret '${secretName}'` };
    }
    values.set(argument, Buffer.from(encoded, 'base64').toString());
  }
  return { areRead: true, values };
}
