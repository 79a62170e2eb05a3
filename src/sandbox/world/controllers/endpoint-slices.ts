import { isDeepStrictEqual } from 'node:util';
import type { Cluster } from '../cluster.ts';
import { createIndex } from '../object-index.ts';
import { type EndpointSlice, isPodReady, isSelected, keyOf, type Pod, type Service } from '../objects.ts';
import { createNameSuffix } from '../random.ts';
import { createWorkQueue } from '../work-queue.ts';

const MANAGER = 'kube-controller-manager';
const MANAGED_BY = 'endpointslice.kubernetes.io/managed-by';
const CONTROLLER = 'endpointslice-controller.k8s.io';
export const SERVICE_NAME = 'kubernetes.io/service-name';

/** Keeps one EndpointSlice per Service that has a selector: the pods behind it, and which of them may get requests. */
export function startEndpointSliceController(cluster: Cluster, onProblem: (message: string) => void): { stop(): void } {
  const { client, pods, services, endpointSlices } = cluster;
  const podsByLabel = createIndex(pods, ({ metadata }) => labelKeys(metadata.namespace, metadata.labels));
  const servicesBySelector = createIndex(services, ({ metadata, spec }) =>
    labelKeys(metadata.namespace, spec.selector).slice(0, 1),
  );
  const slicesByService = createIndex(endpointSlices, ({ metadata }) => [
    `${metadata.namespace}/${metadata.labels[SERVICE_NAME]}`,
  ]);
  const queue = createWorkQueue({ look, concurrency: 8, gatherMs: 20, onProblem });

  services.onChange((before, after) => {
    const service = after ?? before;
    if (service !== undefined) queue.add(keyOf(service));
  });
  endpointSlices.onChange((before, after) => {
    const slice = after ?? before;
    const serviceName = slice?.metadata.labels[SERVICE_NAME];
    if (slice !== undefined && serviceName !== undefined) queue.add(`${slice.metadata.namespace}/${serviceName}`);
  });
  pods.onChange((before, after) => {
    for (const pod of [before, after]) {
      if (pod !== undefined) for (const service of servicesOf(pod)) queue.add(keyOf(service));
    }
  });

  function* servicesOf(pod: Pod) {
    for (const key of labelKeys(pod.metadata.namespace, pod.metadata.labels)) {
      for (const service of servicesBySelector(key).values()) if (isBehind(service, pod)) yield service;
    }
  }

  function membersOf(service: Service): readonly Pod[] {
    const candidates = labelKeys(service.metadata.namespace, service.spec.selector).map(podsByLabel);
    const [fewest] = candidates.toSorted((a, b) => a.size - b.size);
    return [...(fewest?.values() ?? [])].filter((pod) => isBehind(service, pod));
  }

  async function look(key: string): Promise<void> {
    const service = services.get(key);
    // A deleted Service's slices go with it by owner reference; one without selector is somebody else's to fill.
    if (service === undefined || Object.keys(service.spec.selector).length === 0) return;
    const { namespace } = service.metadata;
    const wanted = describeSlice(service, membersOf(service));
    const path = `/apis/discovery.k8s.io/v1/namespaces/${namespace}/endpointslices`;
    const held = findSlice(service, slicesByService(key).values());
    if (held === undefined) {
      const name = `${service.metadata.name.slice(0, 57)}-${createNameSuffix()}`;
      endpointSlices.absorb(await client.create(path, { ...wanted, metadata: { ...wanted.metadata, name } }, MANAGER));
    } else if (!isSameSlice(held, wanted)) {
      const body = { endpoints: wanted.endpoints, ports: wanted.ports };
      endpointSlices.absorb(await client.mergePatch(`${path}/${held.metadata.name}`, body, MANAGER));
    }
  }

  return { stop: () => queue.stop() };
}

function labelKeys(namespace: string, labels: Readonly<Record<string, string>>): readonly string[] {
  return Object.entries(labels).map(([name, value]) => `${namespace}/${name}=${value}`);
}

function isBehind(service: Service, pod: Pod): boolean {
  const { selector } = service.spec;
  if (Object.keys(selector).length === 0) return false;
  return isSelected({ matchLabels: selector, matchExpressions: [] }, pod.metadata.labels);
}

/** Describes the slice a Service should have: running pods with an address, ready ones first to be believed. */
function describeSlice(service: Service, members: readonly Pod[]) {
  const endpoints = members
    .filter(
      (pod) => pod.status.podIP !== undefined && pod.status.phase !== 'Failed' && pod.status.phase !== 'Succeeded',
    )
    .toSorted((a, b) => (a.metadata.name < b.metadata.name ? -1 : 1))
    .map((pod) => {
      const terminating = pod.metadata.deletionTimestamp !== undefined;
      const serving = isPodReady(pod);
      const ready = service.spec.publishNotReadyAddresses || (serving && !terminating);
      return {
        addresses: [pod.status.podIP],
        conditions: { ready, serving, terminating },
        targetRef: { kind: 'Pod', name: pod.metadata.name, namespace: pod.metadata.namespace, uid: pod.metadata.uid },
        ...(pod.spec.nodeName === undefined ? {} : { nodeName: pod.spec.nodeName }),
      };
    });
  const { name, namespace, uid } = service.metadata;
  return {
    apiVersion: 'discovery.k8s.io/v1',
    kind: 'EndpointSlice',
    metadata: {
      generateName: `${name}-`,
      namespace,
      labels: { [SERVICE_NAME]: name, [MANAGED_BY]: CONTROLLER },
      ownerReferences: [{ apiVersion: 'v1', kind: 'Service', name, uid, controller: true, blockOwnerDeletion: true }],
    },
    addressType: 'IPv4',
    endpoints,
    ports: service.spec.ports.map((port) => ({
      name: port.name ?? '',
      port: resolvePort(port.targetPort ?? port.port, members),
      protocol: port.protocol,
    })),
  };
}

function resolvePort(target: number | string, members: readonly Pod[]): number | null {
  if (typeof target === 'number') return target;
  for (const pod of members) {
    for (const container of pod.spec.containers) {
      const named = container.ports.find((port) => port.name === target);
      if (named !== undefined) return named.containerPort;
    }
  }
  return null;
}

function findSlice(service: Service, slices: Iterable<EndpointSlice>): EndpointSlice | undefined {
  for (const slice of slices) {
    const { labels, deletionTimestamp } = slice.metadata;
    if (deletionTimestamp !== undefined || labels[MANAGED_BY] !== CONTROLLER) continue;
    // A Service made anew under the same name gets a slice of its own.
    const isOwned = slice.metadata.ownerReferences.some((owner) => owner.uid === service.metadata.uid);
    if (labels[SERVICE_NAME] === service.metadata.name && isOwned) return slice;
  }
  return undefined;
}

function isSameSlice(held: EndpointSlice, wanted: ReturnType<typeof describeSlice>): boolean {
  return isDeepStrictEqual(held.endpoints, wanted.endpoints) && isDeepStrictEqual(held.ports ?? [], wanted.ports);
}
