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
      const { namespace, pod, container, lines, ofPrevious } = of;
      const path = `${pathOf(resources.pods, namespace, pod)}/log`;
      const query = {
        container,
        tailLines: String(lines),
        limitBytes: String(LOG_LIMIT_BYTES),
        ...(ofPrevious ? { previous: 'true' } : {}),
      };
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
  readonly ofPrevious: boolean;
}

const Job = z.looseObject({
  metadata: ObjectMeta,
  spec: z
    .looseObject({
      activeDeadlineSeconds: z.number().optional(),
      template: z
        .looseObject({ spec: z.looseObject({ restartPolicy: z.string().optional() }).prefault({}) })
        .prefault({}),
    })
    .prefault({}),
  status: z
    .looseObject({
      ready: z.number().default(0),
      startTime: z.string().optional(),
      conditions: z.array(ObjectCondition).nullish(),
    })
    .default({ ready: 0 }),
});

function viewOf(object: KubernetesObject) {
  const { metadata, spec, status } = Job.parse(object);
  const { namespace, name, uid, labels, annotations } = metadata;
  const startedMs = Date.parse(status.startTime ?? '');
  const { activeDeadlineSeconds } = spec;
  const hasDeadline = activeDeadlineSeconds !== undefined && !Number.isNaN(startedMs);
  return {
    namespace,
    name,
    uid,
    labels,
    annotations,
    readyPods: status.ready,
    restartsInPlace: spec.template.spec.restartPolicy === 'OnFailure',
    deadlineMs: hasDeadline ? startedMs + activeDeadlineSeconds * 1000 : undefined,
    conditions: status.conditions ?? [],
  };
}
