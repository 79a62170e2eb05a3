import { readEventStream } from './event-stream.ts';
import type { PageOptions, StatusLine, WriteLine } from './options.ts';
import { type PodLine, watchPods } from './pods.ts';

/** One reading of the proxy's counters: requests and errors per second, by host and version. */
export interface Sample {
  readonly atMs: number;
  readonly hosts: Readonly<Record<string, Readonly<Record<string, Rates>>>>;
}
export interface Rates {
  readonly perSecond: number;
  readonly errorsPerSecond: number;
  readonly total: number;
}

/** Everything beside Slack that the page shows, one item each as it comes. */
export type FeedItem =
  | { readonly kind: 'sample'; readonly sample: Sample }
  | { readonly kind: 'samples'; readonly samples: readonly Sample[] }
  | { readonly kind: 'pods'; readonly pods: readonly PodLine[] }
  | { readonly kind: 'write'; readonly write: WriteLine }
  | { readonly kind: 'status'; readonly status: StatusLine }
  | { readonly kind: 'reachable'; readonly what: 'proxy' | 'kubernetes'; readonly isThere: boolean };

const keptSamples = 240;
const keptWrites = 60;
/** Short enough to follow a changed weight within two seconds, long enough not to flicker at 40 requests a second. */
const windowSeconds = 2;

/** Listens to the world once, whoever looks, and remembers enough to draw a fresh page at once. */
export function createFeeds(options: PageOptions) {
  const stopping = new AbortController();
  const { signal } = stopping;
  const listeners = new Set<(item: FeedItem) => void>();
  const samples: Sample[] = [];
  const writes: WriteLine[] = [];
  const status = new Map<string, StatusLine>();
  const reachable = new Map<'proxy' | 'kubernetes', boolean>();
  let pods: readonly PodLine[] = [];

  function tell(item: FeedItem): void {
    for (const listener of listeners) listener(item);
  }

  function setReachable(what: 'proxy' | 'kubernetes', isThere: boolean): void {
    if (reachable.get(what) === isThere) return;
    reachable.set(what, isThere);
    tell({ kind: 'reachable', what, isThere });
  }

  if (options.worldUrl !== undefined) {
    void readEventStream(`${options.worldUrl}/counters/stream?seconds=${windowSeconds}`, {
      signal,
      onState: (isThere) => setReachable('proxy', isThere),
      onData(data) {
        const sample = readSample(JSON.parse(data));
        samples.push(sample);
        if (samples.length > keptSamples) samples.shift();
        tell({ kind: 'sample', sample });
      },
    });
  }
  if (options.kubernetesUrl !== undefined) {
    const address = { url: options.kubernetesUrl, token: options.kubernetesToken, ca: options.kubernetesCa };
    void watchPods(address, {
      signal,
      onState: (isThere) => setReachable('kubernetes', isThere),
      onPods(all) {
        pods = all.filter((pod) => options.namespaces?.includes(pod.namespace) ?? !pod.namespace.startsWith('kube-'));
        tell({ kind: 'pods', pods });
      },
    });
  }
  const stopWrites = options.writes?.((write) => {
    writes.push(write);
    if (writes.length > keptWrites) writes.shift();
    tell({ kind: 'write', write });
  });
  const stopStatus = options.status?.((line) => {
    status.set(line.name, line);
    tell({ kind: 'status', status: line });
  });

  return {
    /** Calls the listener with what is known, then with everything that comes. */
    listen(listener: (item: FeedItem) => void): () => void {
      for (const [what, isThere] of reachable) listener({ kind: 'reachable', what, isThere });
      listener({ kind: 'samples', samples });
      listener({ kind: 'pods', pods });
      for (const write of writes) listener({ kind: 'write', write });
      for (const line of status.values()) listener({ kind: 'status', status: line });
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    stop(): void {
      stopping.abort();
      stopWrites?.();
      stopStatus?.();
    },
  };
}

interface CountersAnswer {
  readonly atMs: number;
  readonly windowSeconds: number;
  readonly hosts: Readonly<
    Record<
      string,
      {
        readonly versions: Readonly<
          Record<string, { readonly requestsPerSecond: number; readonly errors: number; readonly total: number }>
        >;
      }
    >
  >;
}

function readSample(answer: CountersAnswer): Sample {
  const hosts: Record<string, Record<string, Rates>> = {};
  for (const [host, counters] of Object.entries(answer.hosts)) {
    const versions: Record<string, Rates> = {};
    for (const [version, tally] of Object.entries(counters.versions)) {
      versions[version] = {
        perSecond: tally.requestsPerSecond,
        errorsPerSecond: tally.errors / answer.windowSeconds,
        total: tally.total,
      };
    }
    hosts[host] = versions;
  }
  return { atMs: answer.atMs, hosts };
}
