import { chooseFacts, type ImageList } from '../image-list.ts';
import { CPU_SECONDS_PER_REQUEST, IDLE_CORES, requestsByPod } from '../metrics-text.ts';
import type { Pod } from '../objects.ts';
import type { RequestCounters } from '../proxy/request-counters.ts';

/** In cores, or in bytes; undefined until two looks were taken. */
export type PodUsage = (pod: Pod, resource: string) => number | undefined;

const SAMPLE_MS = 1000;
const WINDOW = 5;

type Sample = { readonly atMs: number; readonly served: ReadonlyMap<string, number> };

/** What each pod used of late, from the requests it answered: what /metrics tells, as rates. */
export function startPodUsage(
  counters: RequestCounters,
  images: () => ImageList,
): { readonly usageOf: PodUsage; stop(): void } {
  const samples: Sample[] = [];
  const timer = setInterval(() => {
    samples.push({ atMs: performance.now(), served: requestsByPod(counters) });
    if (samples.length > WINDOW) samples.shift();
  }, SAMPLE_MS);

  function usageOf(pod: Pod, resource: string): number | undefined {
    const [container] = pod.spec.containers;
    if (resource === 'memory') return chooseFacts(images(), container?.image ?? '').memoryBytes;
    const [first, last] = [samples[0], samples.at(-1)];
    if (resource !== 'cpu' || first === undefined || last === undefined || first === last) return undefined;
    const key = `${pod.metadata.namespace}/${pod.metadata.name}`;
    const requests = (last.served.get(key) ?? 0) - (first.served.get(key) ?? 0);
    const perSecond = (requests * 1000) / (last.atMs - first.atMs);
    return IDLE_CORES + Math.max(0, perSecond) * CPU_SECONDS_PER_REQUEST;
  }
  return { usageOf, stop: () => clearInterval(timer) };
}
