import { startAutoscaler } from './autoscaling/autoscaler.ts';
import { startPodUsage } from './autoscaling/pod-usage.ts';
import { createCluster } from './cluster.ts';
import { startDeploymentController } from './controllers/deployments.ts';
import { startDisruptionController } from './controllers/disruption-budgets.ts';
import { startEndpointSliceController } from './controllers/endpoint-slices.ts';
import { startJobController } from './controllers/jobs.ts';
import { startReplicaSetController } from './controllers/replica-sets.ts';
import { type ImageList, parseImageList } from './image-list.ts';
import { type Kubelet, startKubelet } from './kubelet.ts';
import { startListener } from './listener.ts';
import { renderMetrics } from './metrics-text.ts';
import { type Load, parseLoad, startLoad } from './proxy/load.ts';
import type { WorldCounters } from './proxy/recent-requests.ts';
import { createTraffic } from './proxy/traffic.ts';
import { createRandom } from './random.ts';

export type WorldOptions = {
  readonly kubernetesUrl: string;
  readonly token?: string;
  /** For an API server with a certificate of its own making. */
  readonly skipTlsVerify?: boolean;
  /** Of /metrics, /counters and the proxy; 0 takes a free one. */
  readonly port: number;
  /** Holds the ConfigMaps `image-list` and `load`. */
  readonly imageListNamespace?: string;
  /** For hosts in `load` that name no rate of their own. */
  readonly requestsPerSecond?: number;
  /** Hosts that get requests besides those in `load`: host → requests per second. */
  readonly load?: Readonly<Record<string, number>>;
  readonly seed?: number;
  /** Hears what went wrong and will be tried again. */
  readonly onProblem?: (message: string) => void;
};

export type World = {
  readonly url: string;
  stop(): Promise<void>;
  counters(windowSeconds?: number): WorldCounters;
};

/** Starts everything of a cluster that surrounds its API: controllers, kubelet, proxy, load and their measurements. */
export async function createWorld(options: WorldOptions): Promise<World> {
  const onProblem = options.onProblem ?? (() => undefined);
  const namespace = options.imageListNamespace ?? 'default';
  const cluster = createCluster({
    url: options.kubernetesUrl,
    token: options.token,
    skipTlsVerify: options.skipTlsVerify,
    configNamespace: namespace,
    onProblem,
  });
  let images: ImageList = new Map();
  let kubelet: Kubelet | undefined;
  let load: Load = new Map(Object.entries(options.load ?? {}));
  cluster.configMaps.onChange((before, after) => {
    const name = (after ?? before)?.metadata.name;
    if (name === 'image-list') images = parseImageList(after?.data ?? {}, onProblem);
    if (name === 'load') {
      const configured = parseLoad(after?.data ?? {}, options.requestsPerSecond ?? 40, onProblem);
      load = new Map([...Object.entries(options.load ?? {}), ...configured]);
    }
  });
  const traffic = createTraffic({ cluster, images: () => images, random: createRandom(options.seed ?? 1) });
  const listener = await startListener({
    port: options.port,
    traffic,
    renderMetrics: () => renderMetrics(cluster, traffic.counters, images),
    readCounters: (windowSeconds) => traffic.recent.read(windowSeconds),
    readLog: (of) => kubelet?.readLog(of) ?? { isFound: false, code: 503, reason: 'the kubelet is starting' },
  }).catch((error: unknown) => {
    traffic.stop();
    cluster.stop();
    throw error;
  });
  const parts: { stop(): void }[] = [];
  let isStopped = false;
  // Danger: a controller that acts before it has seen every pod would create pods that exist already.
  const seen = Promise.all([
    cluster.pods.synced,
    cluster.replicaSets.synced,
    cluster.deployments.synced,
    cluster.jobs.synced,
    cluster.services.synced,
    cluster.endpointSlices.synced,
    cluster.configMaps.synced,
  ]);
  void seen.then(() => {
    if (isStopped) return;
    const usage = startPodUsage(traffic.counters, () => images);
    const port = Number(new URL(listener.url).port);
    kubelet = startKubelet({ cluster, images: () => images, onProblem, port });
    parts.push(
      kubelet,
      startDeploymentController(cluster, onProblem),
      startReplicaSetController(cluster, onProblem),
      startJobController(cluster, onProblem),
      startDisruptionController(cluster, onProblem),
      startEndpointSliceController(cluster, onProblem),
      startLoad(traffic, () => load),
      usage,
      startAutoscaler(cluster, usage.usageOf, onProblem),
    );
  });
  return {
    url: listener.url,
    async stop() {
      isStopped = true;
      for (const part of parts) part.stop();
      traffic.stop();
      cluster.stop();
      await listener.stop();
    },
    counters: (windowSeconds = 5) => traffic.recent.read(windowSeconds),
  };
}
