import { AlreadyExistsError, ForbiddenError, InvalidError, NotFoundError, NotNowError } from '../../lib/index.ts';
import type { BegunMeasurement, LastingMetricProvider, LastingReading, MeasurementPlace } from '../metric-provider.ts';
import type { JobTools, JobView } from './jobs.ts';
import { jobManifest, jobName, metricNameAnnotation, runUidLabel } from './manifest.ts';
import { explainFailure, findUnpullable, noteTrouble } from './reasons.ts';

/** Where a measurement says which Job is its own; Argo's keys. */
const nameKey = 'job-name';
const namespaceKey = 'job-namespace';

const AGAIN_MS = 2000;

/**
 * Metric provider `job`: one Job per measurement; that it completes or fails is the verdict.
 *
 * A Job may be a migration: it is never begun a second time because somebody could not tell whether the first one was. What cannot be
 * told is asked again under the same name (unlike Argo, where it is an error, and the next try another Job beside the first).
 */
export function createJobProvider(jobs: JobTools): LastingMetricProvider {
  async function find(begun: BegunMeasurement, signal: AbortSignal): Promise<JobView | undefined> {
    const name = begun.metadata?.[nameKey] ?? jobName(begun);
    const namespace = begun.metadata?.[namespaceKey] ?? begun.run.namespace;
    const job = await jobs.read({ namespace, name }, signal);
    return job !== undefined && isOf(job, begun) ? job : undefined;
  }

  async function readingOf(
    job: JobView,
    { startedAtMs, message }: Pick<BegunMeasurement, 'startedAtMs' | 'message'>,
    nowMs: number,
    signal: AbortSignal,
  ): Promise<LastingReading> {
    const metadata = { [nameKey]: job.name, [namespaceKey]: job.namespace };
    if (isTrue(job, 'Complete')) return { kind: 'judged', phase: 'Successful', metadata };
    if (isTrue(job, 'Failed')) {
      const why = await explainFailure(job, jobs, { noted: message }, signal);
      return { kind: 'judged', phase: 'Failed', message: why, metadata };
    }
    // Its pods may be gone, with all that they said, before it is said to have failed.
    const isEnding = isTrue(job, 'FailureTarget') || isNear(job.deadlineMs, nowMs);
    const mayLosePods = job.restartsInPlace || isEnding;
    const pods = job.readyPods > 0 && !mayLosePods ? [] : await jobs.pods(job, signal);
    const unpullable = job.readyPods > 0 ? undefined : findUnpullable(job, pods);
    if (unpullable !== undefined) {
      // Unlike Argo, which leaves it: an image that is there tomorrow would run a Job that nobody waits for.
      await jobs.remove(job, signal);
      return { kind: 'judged', phase: 'Inconclusive', message: unpullable, metadata };
    }
    const trouble = mayLosePods ? await noteTrouble(job, jobs, { pods, noted: message, isEnding }, signal) : message;
    return {
      kind: 'underWay',
      resumeAtMs: resumeAt(job, startedAtMs, nowMs),
      metadata,
      ...(trouble === undefined ? {} : { message: trouble }),
    };
  }

  return {
    kind: 'job',
    async start(settings, place, nowMs, signal) {
      const manifest = jobManifest(settings, place);
      const job = await orNotNow(async () => {
        try {
          return await jobs.create(manifest, signal);
        } catch (error) {
          if (!(error instanceof AlreadyExistsError)) throw error;
          const there = await jobs.read({ namespace: place.run.namespace, name: jobName(place) }, signal);
          if (there === undefined) throw new NotNowError(`Job ${jobName(place)} came and went`, AGAIN_MS);
          return there;
        }
      });
      if (!isOf(job, place)) throw new Error(`Job ${job.name} is there already, and is not of this metric`);
      // Begun: a look that is refused must not count as an error, or the next try would begin another one beside it.
      return alwaysNotNow(() => readingOf(job, { startedAtMs: nowMs }, nowMs, signal));
    },
    async poll(begun, nowMs, signal) {
      return alwaysNotNow(async () => {
        const job = await find(begun, signal);
        // Its end was not seen, so nobody knows how it went.
        if (job === undefined) throw new GoneError(`Job ${begun.metadata?.[nameKey] ?? jobName(begun)} is gone`);
        return readingOf(job, begun, nowMs, signal);
      });
    },
    async discard(begun, signal) {
      const job = await find(begun, signal);
      if (job !== undefined) await jobs.remove(job, signal);
    },
  };
}

/** Of this run; a name may be taken by what somebody else made. */
function isOf(job: JobView, { run, metricName }: MeasurementPlace): boolean {
  return job.labels[runUidLabel] === run.uid && job.annotations[metricNameAnnotation] === metricName;
}

function isTrue(job: JobView, type: string): boolean {
  return job.conditions.some((condition) => condition.type === type && condition.status === 'True');
}

/** Kubernetes waits for 10 s or more before it begins a container again that has failed twice: its log is there meanwhile. */
const RESTARTING_LOOK_MS = 5000;
const DEADLINE_LOOK_MS = 3000;
/** So long a pod usually has to end, after which it is gone. */
const GRACE_MS = 30_000;

/**
 * As Argo: the longer it runs, the less often it is looked at, √(2·seconds); not more than once a second. Unlike Argo, not much later
 * than a pod that will not stay has failed, and before its deadline.
 */
function resumeAt({ restartsInPlace, deadlineMs }: JobView, startedAtMs: number, nowMs: number): number {
  const asArgo = Math.sqrt(2 * Math.max(0, (nowMs - startedAtMs) / 1000)) * 1000;
  const pauses = [asArgo];
  if (restartsInPlace) pauses.push(RESTARTING_LOOK_MS);
  if (isNear(deadlineMs, nowMs)) pauses.push(1000);
  else if (deadlineMs !== undefined && deadlineMs > nowMs) pauses.push(deadlineMs - DEADLINE_LOOK_MS - nowMs);
  // Stored in whole seconds: rounded down there, it would be due too soon.
  return Math.ceil((nowMs + Math.max(1000, Math.min(...pauses))) / 1000) * 1000;
}

function isNear(deadlineMs: number | undefined, nowMs: number): boolean {
  return deadlineMs !== undefined && nowMs >= deadlineMs - DEADLINE_LOOK_MS && nowMs < deadlineMs + GRACE_MS;
}

class GoneError extends Error {
  override readonly name = 'GoneError';
}

/** A refusal is a measurement in error: nothing was begun. Anything else leaves open whether it was. */
async function orNotNow<T>(act: () => Promise<T>): Promise<T> {
  try {
    return await act();
  } catch (error) {
    const isRefused =
      error instanceof InvalidError || error instanceof ForbiddenError || error instanceof NotFoundError;
    if (isRefused || error instanceof NotNowError) throw error;
    throw notNow(error);
  }
}

/** A Job that runs goes on running, whatever keeps us from looking at it. */
async function alwaysNotNow<T>(act: () => Promise<T>): Promise<T> {
  try {
    return await act();
  } catch (error) {
    if (error instanceof GoneError || error instanceof NotNowError) throw error;
    throw notNow(error);
  }
}

function notNow(cause: unknown): NotNowError {
  const message = cause instanceof Error ? cause.message : String(cause);
  return new NotNowError(message, AGAIN_MS, { cause });
}
