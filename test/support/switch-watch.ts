import { z } from 'zod';
import { watchObjects } from '../../src/sandbox/watch-objects.ts';
import type { TestSandbox } from './sandbox.ts';

const Version = z.string().transform(Number);
const ServiceSeen = z.looseObject({
  metadata: z.looseObject({ name: z.string(), resourceVersion: Version }),
  spec: z.looseObject({ selector: z.record(z.string(), z.string()).default({}) }),
});
const ReplicaSetSeen = z.looseObject({
  metadata: z.looseObject({ name: z.string(), resourceVersion: Version }),
  status: z.looseObject({ availableReplicas: z.number().default(0) }).prefault({}),
});

/** Where a Service led from one version of the cluster on. */
export interface Lead {
  readonly version: number;
  /** Undefined: to every pod of its selector, whatever the revision. */
  readonly podHash: string | undefined;
  /** Pods of that hash that were available when it began. */
  readonly available: number;
}

/** Sees from outside where Services lead and how many pods are available there, in the order in which the cluster wrote it. */
export interface SwitchWatch {
  /** Every lead of a shop's Service (`<shop>-<role>`), each once in a row. */
  leadsOf(shop: string, role: 'active' | 'preview'): readonly Lead[];
  /** The least number of available pods that the active Service ever had behind a hash; undefined while it had none. */
  leastAvailable(shop: string): number | undefined;
  stop(): Promise<void>;
}

export function watchSwitches({ standIns }: TestSandbox, namespace = 'shop'): SwitchWatch {
  const selectors = new Map<string, Pick<Lead, 'version' | 'podHash'>[]>();
  const counts = new Map<string, { readonly version: number; readonly available: number }[]>();
  const ending = new AbortController();
  const watch = (path: string, onObject: Parameters<typeof watchObjects>[2]) =>
    watchObjects(standIns.kubeConfig, path, onObject, ending.signal);
  const watches = [
    watch(`/api/v1/namespaces/${namespace}/services`, (object, change) => {
      if (change === 'DELETED') return;
      const { metadata, spec } = ServiceSeen.parse(object);
      const podHash = spec.selector['rollouts-pod-template-hash'];
      selectors.set(metadata.name, [
        ...known(selectors, metadata.name),
        { version: metadata.resourceVersion, podHash },
      ]);
    }),
    watch(`/apis/apps/v1/namespaces/${namespace}/replicasets`, (object, change) => {
      const { metadata, status } = ReplicaSetSeen.parse(object);
      const available = change === 'DELETED' ? 0 : status.availableReplicas;
      counts.set(metadata.name, [...known(counts, metadata.name), { version: metadata.resourceVersion, available }]);
    }),
  ];

  function leadsOf(shop: string, role: 'active' | 'preview'): readonly Lead[] {
    const seen = known(selectors, `${shop}-${role}`);
    const changes = seen.filter(({ podHash }, index) => index === 0 || seen[index - 1]?.podHash !== podHash);
    return changes.map((change) => {
      const earlier = known(counts, `${shop}-${change.podHash}`).filter(({ version }) => version <= change.version);
      return { ...change, available: earlier.at(-1)?.available ?? 0 };
    });
  }

  return {
    leadsOf,
    leastAvailable(shop) {
      const leads = leadsOf(shop, 'active');
      const least = leads.flatMap(({ version: from, podHash, available }, index) => {
        if (podHash === undefined) return [];
        const to = leads[index + 1]?.version ?? Number.POSITIVE_INFINITY;
        const during = known(counts, `${shop}-${podHash}`).filter(({ version }) => version > from && version < to);
        return [available, ...during.map((count) => count.available)];
      });
      return least.length === 0 ? undefined : Math.min(...least);
    },
    async stop() {
      ending.abort();
      await Promise.all(watches);
    },
  };
}

/** In the order of their versions: a watch that began again tells some of them twice. */
function known<T extends { readonly version: number }>(
  seen: ReadonlyMap<string, readonly T[]>,
  name: string,
): readonly T[] {
  return (seen.get(name) ?? []).toSorted((a, b) => a.version - b.version);
}
