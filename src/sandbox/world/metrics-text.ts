import type { Cluster } from './cluster.ts';
import { chooseFacts, type ImageList } from './image-list.ts';
import { isPodReady, type Pod } from './objects.ts';
import { type AnswererCounts, BUCKET_SECONDS, type RequestCounters } from './proxy/request-counters.ts';

/** Renders everything the world measures in Prometheus' text format. */
export function renderMetrics(cluster: Cluster, counters: RequestCounters, images: ImageList): string {
  const lines: string[] = [];
  const answerers = [...counters.values()].map((counts) => ({ counts, labels: labelsOf(counts) }));
  lines.push('# HELP http_requests_total Answers given, counted at the proxy.', '# TYPE http_requests_total counter');
  for (const { counts, labels } of answerers) {
    for (const [status, count] of counts.statuses)
      lines.push(`http_requests_total{${labels},status="${status}"} ${count}`);
  }
  renderDurations(lines, answerers, { name: 'http_request_duration_seconds', unitsPerSecond: 1 });
  renderDurations(lines, answerers, { name: 'http_request_duration_milliseconds', unitsPerSecond: 1000 });
  renderPods(lines, [...cluster.pods.values()], { images, counters });
  lines.push('');
  return lines.join('\n');
}

type Labelled = { readonly counts: AnswererCounts; readonly labels: string };

function renderDurations(
  lines: string[],
  answerers: readonly Labelled[],
  metric: { readonly name: string; readonly unitsPerSecond: number },
): void {
  const { name, unitsPerSecond } = metric;
  lines.push(`# TYPE ${name} histogram`);
  for (const { counts, labels } of answerers) {
    let cumulative = 0;
    for (const [index, limit] of BUCKET_SECONDS.entries()) {
      cumulative += counts.buckets[index] ?? 0;
      lines.push(`${name}_bucket{${labels},le="${limit * unitsPerSecond}"} ${cumulative}`);
    }
    lines.push(`${name}_bucket{${labels},le="+Inf"} ${counts.count}`);
    lines.push(
      `${name}_sum{${labels}} ${counts.sumSeconds * unitsPerSecond}`,
      `${name}_count{${labels}} ${counts.count}`,
    );
  }
}

const READY_STATES = ['true', 'false', 'unknown'] as const;
/** What a pod takes when nobody asks it anything. */
export const IDLE_CORES = 0.002;
export const CPU_SECONDS_PER_REQUEST = 0.004;

function renderPods(
  lines: string[],
  pods: readonly Pod[],
  from: { readonly images: ImageList; readonly counters: RequestCounters },
): void {
  const served = requestsByPod(from.counters);
  const named = pods.map((pod) => ({
    pod,
    labels: `namespace="${escapeLabel(pod.metadata.namespace)}",pod="${escapeLabel(pod.metadata.name)}"`,
  }));
  lines.push('# TYPE kube_pod_status_ready gauge');
  for (const { pod, labels } of named) {
    const state = String(isPodReady(pod));
    for (const name of READY_STATES)
      lines.push(`kube_pod_status_ready{${labels},condition="${name}"} ${Number(name === state)}`);
  }
  lines.push('# TYPE kube_pod_container_status_restarts_total counter');
  for (const { pod, labels } of named) {
    for (const { name, restartCount } of pod.status.containerStatuses) {
      lines.push(
        `kube_pod_container_status_restarts_total{${labels},container="${escapeLabel(name)}"} ${restartCount}`,
      );
    }
  }
  const running = named.filter(({ pod }) => pod.status.phase === 'Running');
  lines.push('# TYPE container_cpu_usage_seconds_total counter');
  for (const { pod, labels } of running) {
    const aliveSeconds = Math.max(0, (Date.now() - Date.parse(pod.status.startTime ?? '')) / 1000) || 0;
    const requests = served.get(`${pod.metadata.namespace}/${pod.metadata.name}`) ?? 0;
    for (const [index, container] of pod.spec.containers.entries()) {
      const seconds = aliveSeconds * IDLE_CORES + (index === 0 ? requests * CPU_SECONDS_PER_REQUEST : 0);
      lines.push(`container_cpu_usage_seconds_total{${labels},container="${escapeLabel(container.name)}"} ${seconds}`);
    }
  }
  lines.push('# TYPE container_memory_working_set_bytes gauge');
  for (const { pod, labels } of running) {
    for (const container of pod.spec.containers) {
      const { memoryBytes } = chooseFacts(from.images, container.image);
      lines.push(
        `container_memory_working_set_bytes{${labels},container="${escapeLabel(container.name)}"} ${memoryBytes}`,
      );
    }
  }
}

/** `namespace/pod` → requests answered since it began. */
export function requestsByPod(counters: RequestCounters): ReadonlyMap<string, number> {
  const served = new Map<string, number>();
  for (const { answerer, count } of counters.values()) {
    const key = `${answerer.namespace}/${answerer.pod}`;
    served.set(key, (served.get(key) ?? 0) + count);
  }
  return served;
}

function labelsOf(counts: AnswererCounts): string {
  const { job, service, namespace, pod, version } = counts.answerer;
  const pairs = Object.entries({ job, service, namespace, pod, version });
  return pairs.map(([name, value]) => `${name}="${escapeLabel(value)}"`).join(',');
}

function escapeLabel(value: string): string {
  return value.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n');
}
