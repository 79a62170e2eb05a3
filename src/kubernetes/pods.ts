import { z } from 'zod';
import { ConflictError, NotFoundError, NotNowError, ObjectMeta } from '../lib/index.ts';
import { type ContainerView, type OwnedPod, type PodView, podHashLabel } from '../rollout/index.ts';
import type { KubernetesObject, ObjectName, Resource } from './cluster.ts';
import type { ConnectedCluster } from './create-cluster.ts';
import { controllerUidOf, ObjectCondition, parseList } from './objects.ts';
import { pathOf, resources } from './resources.ts';

/** Pods, which no cache holds. Reads for answers to people are one page each, so that a thousand pods cost what fifty do. */
export interface Pods {
  /** Pods of these hashes: at most fifty of each, without their warnings. */
  read(namespace: string, podHashes: readonly string[], signal: AbortSignal): Promise<readonly PodView[]>;
  /** All pods of these ReplicaSets, as far as a decision looks at them. */
  readOwned(
    namespace: string,
    replicaSets: readonly { readonly uid: string; readonly podHash: string }[],
    signal: AbortSignal,
  ): Promise<readonly OwnedPod[]>;
  /** Deletes this very pod if its disruption budget allows it; false: not now. Gone already is success. */
  evict(pod: ObjectName & { readonly uid: string }, signal: AbortSignal): Promise<boolean>;
  /** Sets labels and annotations of this very pod (null removes). Gone already is success. */
  patchMetadata(
    pod: ObjectName & { readonly uid: string },
    change: Readonly<Record<'labels' | 'annotations', Readonly<Record<string, string | null>>>>,
    signal: AbortSignal,
  ): Promise<void>;
  /** The newest warnings about one pod first. */
  warnings(namespace: string, podUid: string, signal: AbortSignal): Promise<PodView['warnings']>;
  /** How many endpoints of a Service are ready; undefined: it has no EndpointSlice at all. */
  readyEndpoints(namespace: string, service: string, signal: AbortSignal): Promise<number | undefined>;
}

const mostPods = 50;
const mostEvents = 50;
const mostSlices = 20;

export function createPods({ api, list }: Pick<ConnectedCluster, 'api' | 'list'>): Pods {
  async function readPage(
    resource: Resource,
    namespace: string,
    query: Readonly<Record<string, string>>,
    signal: AbortSignal,
  ): Promise<readonly KubernetesObject[]> {
    const answer = await api.request({ method: 'GET', path: pathOf(resource, namespace), query, signal });
    return parseList(answer, resource).items;
  }

  return {
    async read(namespace, podHashes, signal) {
      const pages = podHashes.map((hash) => {
        const query = { labelSelector: `${podHashLabel}=${hash}`, limit: String(mostPods) };
        return readPage(resources.pods, namespace, query, signal);
      });
      return (await Promise.all(pages)).flat().map(viewOf);
    },
    async readOwned(namespace, replicaSets, signal) {
      if (replicaSets.length === 0) return [];
      const labelSelector = `${podHashLabel} in (${replicaSets.map(({ podHash }) => podHash).join(',')})`;
      const objects = await list(resources.pods, { namespace, labelSelector }, signal);
      // Another Rollout of the same template has pods of the same hash.
      const owners = new Set(replicaSets.map(({ uid }) => uid));
      return objects
        .filter((object) => owners.has(controllerUidOf(object) ?? ''))
        .map((object) => {
          const { name, uid, podHash, createdAtMs, isReady, isGoing } = viewOf(object);
          const { labels, annotations } = ObjectMeta.parse(object.metadata);
          return { name, uid, podHash, createdAtMs, isReady, isGoing, labels, annotations };
        });
    },
    async evict({ namespace, name, uid }, signal) {
      try {
        await api.request({
          method: 'POST',
          path: `${pathOf(resources.pods, namespace, name)}/eviction`,
          body: {
            apiVersion: 'policy/v1',
            kind: 'Eviction',
            metadata: { name, namespace },
            deleteOptions: { preconditions: { uid } },
          },
          signal,
          isOneTry: true,
        });
        return true;
      } catch (error) {
        if (error instanceof NotNowError) return false;
        // A conflict about the uid: the name belongs to another pod by now, so ours is gone.
        if (error instanceof NotFoundError || error instanceof ConflictError) return true;
        throw error;
      }
    },
    async patchMetadata({ namespace, name, uid }, { labels, annotations }, signal) {
      // A merge patch with a uid that is not the object's is a 409: that is the precondition.
      const body = { metadata: { uid, labels, annotations } };
      try {
        await api.request({
          method: 'PATCH',
          path: pathOf(resources.pods, namespace, name),
          contentType: 'application/merge-patch+json',
          body,
          signal,
        });
      } catch (error) {
        if (error instanceof NotFoundError || error instanceof ConflictError) return;
        throw error;
      }
    },
    async warnings(namespace, podUid, signal) {
      const query = { fieldSelector: `regarding.uid=${podUid},type=Warning`, limit: String(mostEvents) };
      const events = (await readPage(resources.events, namespace, query, signal)).map((one) => Event.parse(one));
      const newestFirst = events.sort((a, b) => seenAt(b) - seenAt(a));
      return newestFirst.map(({ reason, note }) => ({ reason, message: note }));
    },
    async readyEndpoints(namespace, service, signal) {
      const query = { labelSelector: `kubernetes.io/service-name=${service}`, limit: String(mostSlices) };
      const slices = await readPage(resources.endpointSlices, namespace, query, signal);
      if (slices.length === 0) return undefined;
      const endpoints = slices.flatMap((slice) => EndpointSlice.parse(slice).endpoints ?? []);
      // Unset means unknown, and is to be read as ready.
      return endpoints.filter(({ conditions }) => conditions.ready !== false).length;
    },
  };
}

const Ended = z.looseObject({
  reason: z.string().default('Error'),
  exitCode: z.number().default(0),
  message: z.string().default(''),
});
const State = z.looseObject({
  waiting: z.looseObject({ reason: z.string().default(''), message: z.string().default('') }).optional(),
  terminated: Ended.optional(),
  running: z.looseObject({}).optional(),
});
const ContainerStatus = z.looseObject({
  name: z.string(),
  image: z.string().default(''),
  ready: z.boolean().default(false),
  restartCount: z.number().default(0),
  state: State.default({}),
  lastState: State.default({}),
});
const Pod = z.looseObject({
  metadata: ObjectMeta,
  spec: z
    .looseObject({
      containers: z.array(z.looseObject({ name: z.string(), image: z.string().default('') })).default([]),
    })
    .default({ containers: [] }),
  status: z
    .looseObject({
      conditions: z.array(ObjectCondition).default([]),
      initContainerStatuses: z.array(ContainerStatus).default([]),
      containerStatuses: z.array(ContainerStatus).default([]),
    })
    .default({ conditions: [], initContainerStatuses: [], containerStatuses: [] }),
});

/** A pod as people look at it, without its warnings. */
export function viewOf(object: KubernetesObject): PodView {
  const { metadata, spec, status } = Pod.parse(object);
  const isTrue = (type: string) => status.conditions.some((one) => one.type === type && one.status === 'True');
  const scheduled = status.conditions.find(({ type }) => type === 'PodScheduled');
  // What the spec asks for, not what the runtime made of it: a status may name a digest that nobody wrote.
  const imageOf = (name: string, image: string) => spec.containers.find((one) => one.name === name)?.image || image;
  return {
    name: metadata.name,
    uid: metadata.uid,
    podHash: metadata.labels[podHashLabel] ?? '',
    createdAtMs: Date.parse(metadata.creationTimestamp ?? '') || 0,
    isReady: isTrue('Ready'),
    isGoing: metadata.deletionTimestamp !== undefined,
    unschedulable: scheduled?.status === 'False' ? scheduled.message : undefined,
    containers: [...status.initContainerStatuses, ...status.containerStatuses].map(
      ({ name, image, ready, restartCount, state, lastState }): ContainerView => ({
        name,
        image: imageOf(name, image),
        isReady: ready,
        restarts: restartCount,
        isRunning: state.running !== undefined,
        waiting: state.waiting,
        ended: state.terminated ?? lastState.terminated,
      }),
    ),
    warnings: [],
  };
}

const Event = z.looseObject({
  metadata: ObjectMeta,
  reason: z.string().default(''),
  note: z.string().default(''),
  eventTime: z.string().nullish(),
  deprecatedLastTimestamp: z.string().nullish(),
});

function seenAt({ eventTime, deprecatedLastTimestamp, metadata }: z.infer<typeof Event>): number {
  return Date.parse(deprecatedLastTimestamp ?? eventTime ?? metadata.creationTimestamp ?? '') || 0;
}

const EndpointSlice = z.looseObject({
  endpoints: z
    .array(z.looseObject({ conditions: z.looseObject({ ready: z.boolean().optional() }).default({}) }))
    .nullish(),
});
