import { isDeepStrictEqual } from 'node:util';
import { z } from 'zod';
import { watchObjects } from '../../src/sandbox/watch-objects.ts';
import type { TestSandbox } from './sandbox.ts';

/** What a Rollout's pods and ReplicaSets are, by image, as the API has them. */
export interface Pods {
  /** Image → `spec.replicas` of its ReplicaSet. */
  sizes(rollout: string): Promise<Sizes>;
  until(rollout: string, sizes: Sizes): Promise<void>;
  annotations(rollout: string, image: string): Promise<Readonly<Record<string, string>>>;
  /** The affinity in its ReplicaSet's template. */
  affinity(rollout: string, image: string): Promise<unknown>;
  /** Of its running pods. */
  names(rollout: string, image: string): Promise<readonly string[]>;
  /** Watches how many of its pods are ready at once, from when it has seen so many; tells the fewest. */
  watchReady(rollout: string, count: number): Promise<{ stop(): Promise<number> }>;
  /** Waits until these images' pods have these labels `role`, one for each pod. */
  untilLabels(rollout: string, roles: Readonly<Record<string, readonly string[]>>): Promise<void>;
}

export type Sizes = Readonly<Record<string, number>>;

const Meta = z.looseObject({
  name: z.string(),
  labels: z.record(z.string(), z.string()).default({}),
  annotations: z.record(z.string(), z.string()).default({}),
  deletionTimestamp: z.string().optional(),
  ownerReferences: z.array(z.looseObject({ kind: z.string(), name: z.string() })).default([]),
});
const PodSpec = z.looseObject({
  affinity: z.unknown().optional(),
  containers: z.array(z.looseObject({ image: z.string() })),
});
const Owned = z.looseObject({
  items: z.array(
    z.looseObject({
      metadata: Meta,
      spec: z.looseObject({ replicas: z.number(), template: z.looseObject({ spec: PodSpec }) }),
    }),
  ),
});
const Watched = z.looseObject({
  metadata: Meta,
  status: z.looseObject({
    conditions: z.array(z.looseObject({ type: z.string(), status: z.string() })).default([]),
  }),
});
const Running = z.looseObject({ items: z.array(z.looseObject({ metadata: Meta, spec: PodSpec })) });

export function openPods(sandbox: TestSandbox): Pods {
  async function setsOf(rollout: string) {
    const { items } = await sandbox.get(Owned, '/apis/apps/v1/namespaces/shop/replicasets');
    return items
      .filter(({ metadata }) =>
        metadata.ownerReferences.some(({ kind, name }) => kind === 'Rollout' && name === rollout),
      )
      .map(({ metadata, spec }) => ({ metadata, size: spec.replicas, pod: spec.template.spec }));
  }

  async function sizes(rollout: string): Promise<Sizes> {
    return Object.fromEntries((await setsOf(rollout)).map(({ pod, size }) => [pod.containers[0]?.image ?? '', size]));
  }

  async function setOf(rollout: string, image: string) {
    const found = (await setsOf(rollout)).find(({ pod }) => pod.containers[0]?.image === image);
    if (found === undefined) throw new Error(`${rollout} has no ReplicaSet of ${image}`);
    return found;
  }

  async function running(rollout: string, image: string) {
    const { items } = await sandbox.get(Running, `/api/v1/namespaces/shop/pods?labelSelector=app%3D${rollout}`);
    return items.filter(
      ({ metadata, spec }) => metadata.deletionTimestamp === undefined && spec.containers[0]?.image === image,
    );
  }

  async function until(what: string, wanted: unknown, read: () => Promise<unknown>): Promise<void> {
    let last: unknown;
    await sandbox
      .eventually(what, async () => {
        last = await read();
        return isDeepStrictEqual(last, wanted) ? true : undefined;
      })
      .catch((cause: unknown) => {
        throw new Error(`${what}: ${JSON.stringify(wanted)}, but has ${JSON.stringify(last)}`, { cause });
      });
  }

  return {
    sizes,
    until: (rollout, wanted) => until(`pods of ${rollout}`, wanted, () => sizes(rollout)),
    annotations: async (rollout, image) => (await setOf(rollout, image)).metadata.annotations,
    affinity: async (rollout, image) => (await setOf(rollout, image)).pod.affinity,
    names: async (rollout, image) => (await running(rollout, image)).map(({ metadata }) => metadata.name),
    async watchReady(rollout, count) {
      const ending = new AbortController();
      const ready = new Map<string, boolean>();
      let hasBegun = false;
      let fewest = Number.POSITIVE_INFINITY;
      const path = `/api/v1/namespaces/shop/pods?labelSelector=app%3D${rollout}`;
      const watching = watchObjects(
        sandbox.standIns.kubeConfig,
        path,
        (object, change) => {
          const { metadata, status } = Watched.parse(object);
          const isReady = status.conditions.some((one) => one.type === 'Ready' && one.status === 'True');
          const isThere = change !== 'DELETED' && metadata.deletionTimestamp === undefined;
          ready.set(metadata.name, isThere && isReady);
          const now = [...ready.values()].filter(Boolean).length;
          // As it begins, the watch tells of one pod after another.
          if (now >= count) hasBegun = true;
          if (hasBegun) fewest = Math.min(fewest, now);
        },
        ending.signal,
      );
      await sandbox.eventually(`${count} pods of ${rollout} are ready`, () => hasBegun || undefined);
      return {
        async stop() {
          ending.abort();
          await watching;
          return fewest;
        },
      };
    },
    untilLabels: (rollout, roles) =>
      until(`labels of ${rollout}`, roles, async () => {
        const read = Object.keys(roles).map(async (image) => {
          const found = await running(rollout, image);
          return [image, found.map(({ metadata }) => metadata.labels.role ?? '')] as const;
        });
        return Object.fromEntries(await Promise.all(read));
      }),
  };
}
