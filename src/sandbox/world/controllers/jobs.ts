import { ConflictError, ForbiddenError, NotFoundError } from '../../../lib/index.ts';
import type { Cluster } from '../cluster.ts';
import { createEventWriter } from '../event-writer.ts';
import { createOwnerIndex } from '../object-index.ts';
import { type Job, keyOf, type Pod } from '../objects.ts';
import { createNameSuffix } from '../random.ts';
import { createWorkQueue } from '../work-queue.ts';
import { endOf, judgeJob, type Verdict } from './job-status.ts';

const MANAGER = 'kube-controller-manager';
const TOLD = { type: 'Normal', component: 'job-controller' } as const;
const REFUSED_RETRY_MS = 2000;

/**
 * Runs each Job's pods until enough of them succeeded, too many failed or its time is over, and removes it when its time to live is.
 * As Kubernetes' own, but for indexed completions, pod failure policies and the finalizer on pods: a failed pod that somebody deletes
 * stays counted because counts never fall.
 */
export function startJobController(cluster: Cluster, onProblem: (message: string) => void): { stop(): void } {
  const { client, jobs, pods } = cluster;
  const podsByOwner = createOwnerIndex(pods);
  const queue = createWorkQueue({ look, concurrency: 4, gatherMs: 20, onProblem });
  const events = createEventWriter(client);

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
    if (job === undefined || job.metadata.deletionTimestamp !== undefined) return;
    const ended = endOf(job);
    if (ended !== undefined) return expire(key, job, ended);
    const nowMs = Date.now();
    const verdict = judgeJob(job, [...podsByOwner(job.metadata.uid).values()], nowMs);
    for (const pod of verdict.doomed) await deletePod(job, pod);
    const begun = await createPods(job, verdict.missing);
    await writeStatus(job, verdict, begun);
    tell(job, verdict);
    if (verdict.lookAgainMs !== undefined) queue.add(key, verdict.lookAgainMs);
    if (begun < verdict.missing) queue.add(key, REFUSED_RETRY_MS);
  }

  async function createPods(job: Job, count: number): Promise<number> {
    let begun = 0;
    try {
      for (; begun < count; begun++) await createPod(job);
    } catch (error) {
      // A quota says no.
      if (!(error instanceof ForbiddenError)) throw error;
      events.tell(job, {
        ...TOLD,
        type: 'Warning',
        reason: 'FailedCreate',
        message: `Error creating: ${error.message}`,
      });
    }
    return begun;
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
    events.tell(job, { ...TOLD, reason: 'SuccessfulCreate', message: `Created pod: ${body.metadata.name}` });
  }

  async function deletePod(job: Job, pod: Pod): Promise<void> {
    const { namespace, name, uid } = pod.metadata;
    try {
      const answer = await client.remove(`/api/v1/namespaces/${namespace}/pods/${name}`, { preconditions: { uid } });
      if ((answer as { kind?: string }).kind === 'Pod') pods.absorb(answer);
      events.tell(job, { ...TOLD, reason: 'SuccessfulDelete', message: `Deleted pod: ${name}` });
    } catch (error) {
      if (!(error instanceof NotFoundError) && !(error instanceof ConflictError)) throw error;
    }
  }

  async function writeStatus(job: Job, { status }: Verdict, begun: number): Promise<void> {
    const written = { ...status, active: status.active + begun };
    const isNews = Object.entries(written).some(([field, value]) => !isSame(job.status[field], value));
    if (!isNews) return;
    const { namespace, name } = job.metadata;
    const path = `/apis/batch/v1/namespaces/${namespace}/jobs/${name}/status`;
    try {
      jobs.absorb(await client.mergePatch(path, { status: written }, MANAGER));
    } catch (error) {
      if (!(error instanceof NotFoundError)) throw error;
    }
  }

  function tell(job: Job, { ending }: Verdict): void {
    if (ending === undefined) return;
    if (ending.type === 'Complete') events.tell(job, { ...TOLD, reason: 'Completed', message: 'Job completed' });
    else events.tell(job, { ...TOLD, type: 'Warning', reason: ending.reason, message: ending.message });
  }

  /** Removes what was over for as long as `ttlSecondsAfterFinished` says; its pods go first. */
  async function expire(key: string, job: Job, endedMs: number): Promise<void> {
    const { ttlSecondsAfterFinished } = job.spec;
    if (ttlSecondsAfterFinished === undefined) return;
    const remainingMs = endedMs + ttlSecondsAfterFinished * 1000 - Date.now();
    if (remainingMs > 0) {
      // The longest that a timer of Node's can wait is 24 days.
      queue.add(key, Math.min(remainingMs, 86_400_000));
      return;
    }
    const { namespace, name, uid } = job.metadata;
    try {
      const body = { propagationPolicy: 'Foreground', preconditions: { uid } };
      await client.remove(`/apis/batch/v1/namespaces/${namespace}/jobs/${name}`, body);
    } catch (error) {
      if (!(error instanceof NotFoundError) && !(error instanceof ConflictError)) throw error;
    }
  }

  return { stop: () => queue.stop() };
}

function isSame(held: unknown, value: unknown): boolean {
  return JSON.stringify(held ?? 0) === JSON.stringify(value ?? 0);
}
