import { NotFoundError } from '../../../lib/index.ts';
import type { Cluster } from '../cluster.ts';
import { createOwnerIndex } from '../object-index.ts';
import { type Job, keyOf } from '../objects.ts';
import { timestamp } from '../pod-status.ts';
import { createNameSuffix } from '../random.ts';
import { createWorkQueue } from '../work-queue.ts';

const MANAGER = 'kube-controller-manager';
/** How long a job's pod works when its template names no time of its own. */
const ORDINARY_WORK_MS = 1000;
const COMPLETES_AFTER = 'sandbox/completes-after-ms';

/** Runs one pod per Job until one succeeds or `backoffLimit` more than that have failed. */
export function startJobController(cluster: Cluster, onProblem: (message: string) => void): { stop(): void } {
  const { client, jobs, pods } = cluster;
  const podsByOwner = createOwnerIndex(pods);
  const queue = createWorkQueue({ look, concurrency: 4, gatherMs: 20, onProblem });

  jobs.onChange((before, after) => {
    const changed = after ?? before;
    if (changed !== undefined) queue.add(keyOf(changed));
  });
  pods.onChange((before, after) => {
    const pod = after ?? before;
    const owner = pod?.metadata.ownerReferences.find((reference) => reference.kind === 'Job');
    if (pod !== undefined && owner !== undefined) queue.add(`${pod.metadata.namespace}/${owner.name}`);
  });

  async function look(key: string): Promise<void> {
    const job = jobs.get(key);
    if (job === undefined || job.metadata.deletionTimestamp !== undefined || isFinished(job)) return;
    const owned = [...podsByOwner(job.metadata.uid).values()];
    const succeeded = owned.filter((pod) => pod.status.phase === 'Succeeded').length;
    const failed = owned.filter((pod) => pod.status.phase === 'Failed').length;
    const active = owned.length - succeeded - failed;
    const isOver = succeeded > 0 || failed > job.spec.backoffLimit;
    if (!isOver && active === 0 && !job.spec.suspend) await createPod(job);
    await writeStatus(job, { active: !isOver && active === 0 && !job.spec.suspend ? 1 : active, succeeded, failed });
  }

  async function createPod(job: Job): Promise<void> {
    const { name, namespace, uid } = job.metadata;
    const { metadata, spec } = job.spec.template;
    const generateName = `${name}-`;
    const body = {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: {
        ...metadata,
        annotations: { [COMPLETES_AFTER]: String(ORDINARY_WORK_MS), ...metadata.annotations },
        name: `${generateName.slice(0, 58)}${createNameSuffix()}`,
        generateName,
        namespace,
        ownerReferences: [
          { apiVersion: 'batch/v1', kind: 'Job', name, uid, controller: true, blockOwnerDeletion: true },
        ],
      },
      spec: { nodeName: 'sandbox', ...spec },
    };
    pods.absorb(await client.create(`/api/v1/namespaces/${namespace}/pods`, body, MANAGER));
  }

  async function writeStatus(
    job: Job,
    counts: { readonly active: number; readonly succeeded: number; readonly failed: number },
  ): Promise<void> {
    const now = timestamp(Date.now());
    const status: Record<string, unknown> = {
      ready: 0,
      terminating: 0,
      ...counts,
      ...(job.spec.suspend ? {} : { startTime: job.status.startTime ?? now }),
    };
    if (counts.succeeded > 0) {
      status.completionTime = now;
      status.conditions = [finished('SuccessCriteriaMet', now), finished('Complete', now)];
    } else if (counts.failed > job.spec.backoffLimit) {
      const why = { reason: 'BackoffLimitExceeded', message: 'Job has reached the specified backoff limit' };
      status.conditions = [finished('FailureTarget', now, why), finished('Failed', now, why)];
    }
    const isNews = Object.entries(counts).some(([field, value]) => (job.status[field] ?? 0) !== value);
    if (!isNews && job.status.ready !== undefined) return;
    try {
      const path = `/apis/batch/v1/namespaces/${job.metadata.namespace}/jobs/${job.metadata.name}/status`;
      jobs.absorb(await client.mergePatch(path, { status }, MANAGER));
    } catch (error) {
      if (!(error instanceof NotFoundError)) throw error;
    }
  }

  return { stop: () => queue.stop() };
}

function isFinished(job: Job): boolean {
  return job.status.conditions.some(
    ({ type, status }) => (type === 'Complete' || type === 'Failed') && status === 'True',
  );
}

function finished(type: string, now: string, why: object = {}) {
  return { type, status: 'True', lastProbeTime: now, lastTransitionTime: now, ...why };
}
