import type { Cluster } from '../cluster.ts';
import { SERVICE_NAME } from '../controllers/endpoint-slices.ts';
import { chooseFacts, type ImageList, versionOf } from '../image-list.ts';
import { createIndex } from '../object-index.ts';
import type { EndpointSlice, Pod } from '../objects.ts';
import type { Random } from '../random.ts';
import { chooseRule, chooseService } from './choose.ts';
import { createRecentRequests, type RecentRequests } from './recent-requests.ts';
import { type Answerer, createRequestCounters, type RequestCounters } from './request-counters.ts';
import { buildRoutes, hostsOfIngress, hostsOfRoute, type RoutedRequest, type RouteTable, type Rule } from './routes.ts';

/** What came of one request. */
export type Answer = {
  readonly status: number;
  readonly durationMs: number;
  readonly service: string;
  readonly pod: string;
  readonly version: string;
};

export type Traffic = {
  /** Routes one request to a pod, lets the pod's image decide how it goes, and counts it. Undefined: no rule takes this host. */
  send(request: RoutedRequest): Answer | undefined;
  /** Makes the counters of every ready pod behind a host exist at zero; answers whether there is one. */
  introduce(host: string): boolean;
  readonly counters: RequestCounters;
  readonly recent: RecentRequests;
  stop(): void;
};

export type TrafficOptions = {
  readonly cluster: Cluster;
  readonly images: () => ImageList;
  readonly random: Random;
};

const FORGET_AFTER_MS = 5 * 60_000;
const GOLDEN_RATIO = 0.6180339887498949;

export function createTraffic(options: TrafficOptions): Traffic {
  const { cluster, random } = options;
  const counters = createRequestCounters();
  const recent = createRecentRequests();
  const endpoints = trackEndpoints(cluster);
  const routes = trackRoutes(cluster);
  const points = new Map<string, number>();
  const turns = new Map<string, number>();

  // Evenly spread instead of drawn (the golden ratio fills [0, 1) without clusters): after any 500 requests the split is
  // within a point of the weights, where a draw is off by more than three points one time in six.
  function nextPoint(ruleId: string): number {
    const point = ((points.get(ruleId) ?? random()) + GOLDEN_RATIO) % 1;
    points.set(ruleId, point);
    return point;
  }

  function nextPod(service: string): Pod | undefined {
    const pods = endpoints.ready(service);
    const turn = turns.get(service) ?? 0;
    turns.set(service, turn + 1);
    return pods.length === 0 ? undefined : cluster.pods.get(pods[turn % pods.length] ?? '');
  }

  function answer(service: string): {
    readonly answerer: Answerer;
    readonly status: number;
    readonly durationMs: number;
  } {
    const pod = nextPod(service);
    if (pod === undefined)
      return { answerer: describeAnswerer(cluster, service, undefined), status: 503, durationMs: 1 };
    const facts = chooseFacts(options.images(), servingImage(pod));
    const status = random() < facts.errorRate ? 500 : 200;
    return {
      answerer: describeAnswerer(cluster, service, pod),
      status,
      durationMs: facts.latencyMs * drawTail(random),
    };
  }

  /** Copies go out beside the answer, which waits for none of them: their pods serve and count them, nobody reads what they say. */
  function mirror(rule: Rule, host: string): void {
    if (rule.target.kind !== 'http-route') return;
    for (const [index, { service, share }] of rule.target.mirrors.entries()) {
      if (nextPoint(`${rule.id}/mirror/${index}`) >= share) continue;
      const { answerer, status, durationMs } = answer(service);
      if (answerer.pod === '') continue;
      counters.add(answerer, status, durationMs / 1000);
      recent.addCopy({ host, service, isError: status >= 500 });
    }
  }

  /** A route that leads nowhere (no backends, or every weight 0): Gateway API wants 500. */
  function refuse(host: string): Answer {
    recent.add({ host, version: 'none', service: 'none', isError: true });
    return { status: 500, durationMs: 1, service: '', pod: '', version: '' };
  }

  return {
    send(request) {
      const rule = chooseRule(routes, request);
      if (rule === undefined) return undefined;
      const at = { point: nextPoint(rule.id), isServing: (name: string) => endpoints.ready(name).length > 0 };
      const service = chooseService(rule, request, at);
      mirror(rule, request.host);
      if (service === undefined) return refuse(request.host);
      const { answerer, status, durationMs } = answer(service);
      counters.add(answerer, status, durationMs / 1000);
      const version = answerer.version === '' ? 'none' : answerer.version;
      recent.add({ host: request.host, version, service, isError: status >= 500 });
      return { status, durationMs, service: answerer.service, pod: answerer.pod, version: answerer.version };
    },
    introduce(host) {
      let isServing = false;
      for (const rule of routes.get(host) ?? []) {
        const { target } = rule;
        const services =
          target.kind === 'ingress'
            ? [target.service, ...(target.alternative === undefined ? [] : [target.alternative.service])]
            : [...target.services, ...target.mirrors].map(({ service }) => service);
        for (const service of services) {
          for (const key of endpoints.ready(service)) {
            const pod = cluster.pods.get(key);
            if (pod === undefined) continue;
            counters.introduce(describeAnswerer(cluster, service, pod));
            isServing = true;
          }
        }
      }
      return isServing;
    },
    counters,
    recent,
    ...forgetGonePods(cluster, counters),
  };
}

/** A pod's series stay for five minutes after it is gone, as long as any window may still ask for them. */
function forgetGonePods(cluster: Cluster, counters: RequestCounters): { stop(): void } {
  const goneSinceMs = new Map<string, number>();
  const timer = setInterval(() => {
    const nowMs = Date.now();
    counters.forget(({ namespace, pod }) => {
      if (pod === '') return false;
      const key = `${namespace}/${pod}`;
      if (cluster.pods.get(key) !== undefined) return false;
      const sinceMs = goneSinceMs.get(key) ?? nowMs;
      goneSinceMs.set(key, sinceMs);
      return nowMs - sinceMs > FORGET_AFTER_MS;
    });
    for (const [key, sinceMs] of goneSinceMs) if (nowMs - sinceMs > FORGET_AFTER_MS + 60_000) goneSinceMs.delete(key);
  }, 10_000);
  timer.unref();
  return { stop: () => clearInterval(timer) };
}

/** Log-normal around 1 with a median of 1 and a 95th percentile near 2, cut at 6. */
function drawTail(random: Random): number {
  const gauss = Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
  return Math.min(6, Math.exp(0.42 * gauss));
}

/** The container that answers requests: the one the pod names as its default, else the first. */
function servingImage(pod: Pod): string {
  const named = pod.metadata.annotations['kubectl.kubernetes.io/default-container'];
  return (pod.spec.containers.find((container) => container.name === named) ?? pod.spec.containers[0])?.image ?? '';
}

function describeAnswerer(cluster: Cluster, serviceKey: string, pod: Pod | undefined): Answerer {
  const [namespace = '', service = ''] = serviceKey.split('/');
  const labels = pod?.metadata.labels ?? cluster.services.get(serviceKey)?.spec.selector ?? {};
  return {
    // A scrape job is usually named after the application, whichever of its Services routed.
    job: labels['app.kubernetes.io/name'] ?? labels.app ?? service,
    service,
    namespace,
    pod: pod?.metadata.name ?? '',
    version: pod === undefined ? '' : versionOf(servingImage(pod)),
  };
}

/** Keeps, per Service, the pods that may get requests: EndpointSlices are the only source, as for any proxy. */
function trackEndpoints(cluster: Cluster): { ready(service: string): readonly string[] } {
  const slicesOf = new Map<string, Map<string, readonly string[]>>();
  cluster.endpointSlices.onChange((before, after) => {
    const slice = after ?? before;
    const name = slice?.metadata.labels[SERVICE_NAME];
    if (slice === undefined || name === undefined) return;
    const service = `${slice.metadata.namespace}/${name}`;
    const slices = slicesOf.get(service) ?? new Map<string, readonly string[]>();
    slicesOf.set(service, slices);
    if (after === undefined) slices.delete(slice.metadata.name);
    else slices.set(slice.metadata.name, readyPods(after));
  });
  return { ready: (service) => [...(slicesOf.get(service)?.values() ?? [])].flat() };
}

function readyPods(slice: EndpointSlice): readonly string[] {
  return slice.endpoints
    .filter((endpoint) => endpoint.conditions.ready !== false && endpoint.targetRef?.name !== undefined)
    .map((endpoint) => `${slice.metadata.namespace}/${endpoint.targetRef?.name ?? ''}`);
}

/** Builds a host's rules when they are first asked for, and again after an object that names the host changed. */
function trackRoutes(cluster: Cluster): RouteTable {
  const ingresses = createIndex(cluster.ingresses, hostsOfIngress);
  const httpRoutes = createIndex(cluster.httpRoutes, hostsOfRoute);
  const built = new Map<string, readonly Rule[]>();
  cluster.ingresses.onChange((...sides) =>
    forget(sides.flatMap((side) => (side === undefined ? [] : hostsOfIngress(side)))),
  );
  cluster.httpRoutes.onChange((...sides) =>
    forget(sides.flatMap((side) => (side === undefined ? [] : hostsOfRoute(side)))),
  );

  function forget(hosts: readonly string[]): void {
    for (const host of hosts) built.delete(host);
  }

  return {
    get(host) {
      const held = built.get(host);
      if (held !== undefined) return held;
      // Only hosts that somebody names are kept: anyone may ask for any.
      if (ingresses(host).size === 0 && httpRoutes(host).size === 0) return undefined;
      const rules = buildRoutes(ingresses(host).values(), httpRoutes(host).values()).get(host) ?? [];
      built.set(host, rules);
      return rules;
    },
  };
}
