import { text } from 'node:stream/consumers';
import { z } from 'zod';
import { type JsonObject, NotFoundError, ObjectMeta } from '../lib/index.ts';
import type { KubernetesObject, ObjectName } from './cluster.ts';
import type { ConnectedCluster } from './create-cluster.ts';
import { controllerUidOf, ObjectCondition } from './objects.ts';
import { viewOf as podViewOf } from './pods.ts';
import { pathOf, resources } from './resources.ts';

const LOG_TIMEOUT_MS = 5000;
/** The last lines may be long ones. */
const LOG_LIMIT_BYTES = 64 * 1024;
/** Set on a Job's pod template by whoever made it for an AnalysisRun. */
const runUidLabel = 'analysisrun.argoproj.io/uid';

/** Jobs of AnalysisRuns, their pods and what these wrote. No cache holds them: there are few, and they are looked at seldom. */
export type Jobs = ReturnType<typeof createJobs>;

export function createJobs(cluster: Pick<ConnectedCluster, 'api' | 'get' | 'list' | 'create' | 'delete'>) {
  return {
    async create(manifest: JsonObject, signal: AbortSignal) {
      return viewOf(await cluster.create(resources.jobs, manifest, { signal }));
    },
    async read(name: ObjectName, signal: AbortSignal) {
      const found = await cluster.get(resources.jobs, name, signal);
      return found === undefined ? undefined : viewOf(found);
    },
    async remove({ namespace, name, uid }: ObjectName & { readonly uid: string }, signal: AbortSignal) {
      await cluster.delete(resources.jobs, { namespace, name }, uid, { signal });
    },
    async pods({ namespace, uid, labels }: ReturnType<typeof viewOf>, signal: AbortSignal) {
      const labelSelector = `${runUidLabel}=${labels[runUidLabel] ?? ''}`;
      const objects = await cluster.list(resources.pods, { namespace, labelSelector }, signal);
      return objects.filter((object) => controllerUidOf(object) === uid).map(podViewOf);
    },
    async lastLines(of: LogQuestion, signal: AbortSignal) {
      const { namespace, pod, container, lines } = of;
      const path = `${pathOf(resources.pods, namespace, pod)}/log`;
      const query = { container, tailLines: String(lines), limitBytes: String(LOG_LIMIT_BYTES) };
      const within = AbortSignal.any([signal, AbortSignal.timeout(LOG_TIMEOUT_MS)]);
      try {
        return await text(await cluster.api.open({ path, query, signal: within }));
      } catch (error) {
        if (error instanceof NotFoundError) return '';
        throw error;
      }
    },
  };
}

interface LogQuestion {
  readonly namespace: string;
  readonly pod: string;
  readonly container: string;
  readonly lines: number;
}

const Job = z.looseObject({
  metadata: ObjectMeta,
  status: z
    .looseObject({
      ready: z.number().default(0),
      conditions: z.array(ObjectCondition).nullish(),
    })
    .default({ ready: 0 }),
});

function viewOf(object: KubernetesObject) {
  const { metadata, status } = Job.parse(object);
  const { namespace, name, uid, labels, annotations } = metadata;
  return { namespace, name, uid, labels, annotations, readyPods: status.ready, conditions: status.conditions ?? [] };
}
