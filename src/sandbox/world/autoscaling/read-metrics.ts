import type { Autoscaler, Pod } from '../objects.ts';
import type { Reading } from './desired-replicas.ts';
import type { PodUsage } from './pod-usage.ts';

/** Nothing can be said of a metric: `reason` and `message` as a HorizontalPodAutoscaler's condition tells them. */
export type Unread = { readonly reason: string; readonly message: string };

/** Reads each of an autoscaler's metrics from the ready pods. Only CPU and memory are measured here. */
export function readMetrics(
  autoscaler: Autoscaler,
  readyPods: readonly Pod[],
  usageOf: PodUsage,
): { readonly readings: readonly Reading[]; readonly unread: Unread | undefined } {
  const readings: Reading[] = [];
  let unread: Unread | undefined;
  for (const metric of autoscaler.spec.metrics) {
    const read = readMetric(metric, readyPods, usageOf);
    if ('ratio' in read) readings.push(read);
    else unread ??= read;
  }
  return { readings, unread };
}

function readMetric(
  metric: Autoscaler['spec']['metrics'][number],
  pods: readonly Pod[],
  usageOf: PodUsage,
): Reading | Unread {
  const { resource } = metric;
  if (resource === undefined) return failed(metric.type, `the sandbox measures no ${metric.type} metrics`);
  const { name, target } = resource;
  const usages = pods.map((pod) => usageOf(pod, name)).filter((usage) => usage !== undefined);
  if (usages.length === 0 || usages.length < pods.length) {
    return failed(
      'Resource',
      `failed to get ${name} utilization: unable to get metrics for resource ${name}: no metrics returned from resource metrics API`,
    );
  }
  const average = sum(usages) / usages.length;
  const shown = quantityText(name, average);
  if (target.averageUtilization === undefined) {
    const wished = quantityValue(target.averageValue ?? '');
    const status = { type: 'Resource', resource: { name, current: { averageValue: shown } } };
    return { name: `${name} resource`, ratio: average / wished, status };
  }
  let asked = 0;
  for (const pod of pods) {
    for (const container of pod.spec.containers) {
      const request = container.resources?.requests?.[name];
      if (request === undefined) {
        const why = `missing request for ${name} in container ${container.name} of Pod ${pod.metadata.name}`;
        return failed('Resource', `failed to get ${name} utilization: ${why}`);
      }
      asked += quantityValue(request);
    }
  }
  const percent = Math.floor((sum(usages) * 100) / asked);
  return {
    name: `${name} resource utilization (percentage of request)`,
    ratio: percent / target.averageUtilization,
    status: { type: 'Resource', resource: { name, current: { averageUtilization: percent, averageValue: shown } } },
  };
}

function failed(type: string, why: string): Unread {
  const message = `the HPA was unable to compute the replica count: ${why}`;
  return { reason: `FailedGet${type}Metric`, message };
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}

/** CPU in thousandths of a core, memory in bytes. */
function quantityText(name: string, value: number): string {
  return name === 'cpu' ? `${Math.round(value * 1000)}m` : String(Math.round(value));
}

const suffixes: Readonly<Record<string, number>> = {
  m: 1e-3,
  '': 1,
  k: 1e3,
  M: 1e6,
  G: 1e9,
  Ki: 1024,
  Mi: 1024 ** 2,
  Gi: 1024 ** 3,
};

/** `500m` is 0.5, `1Ki` is 1024; what does not read is not a number. */
export function quantityValue(text: string): number {
  const [, digits = '', suffix = ''] = /^([0-9.]+)([a-zA-Z]*)$/.exec(text) ?? [];
  return digits === '' ? Number.NaN : Number(digits) * (suffixes[suffix] ?? Number.NaN);
}
