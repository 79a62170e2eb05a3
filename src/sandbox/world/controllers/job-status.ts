import { soonestAfter } from '../../../lib/index.ts';
import { type Condition, isPodReady, type Job, type Pod } from '../objects.ts';
import { timestamp } from '../pod-status.ts';

export type Ending = {
  readonly type: 'Complete' | 'Failed';
  readonly reason: string;
  readonly message: string;
};

/** What becomes of a Job by what its pods came to. */
export type Verdict = {
  /** A merge patch of its status. */
  readonly status: {
    readonly active: number;
    readonly ready: number;
    readonly succeeded: number;
    readonly failed: number;
    readonly terminating: number;
    readonly [field: string]: unknown;
  };
  /** Said when the last of its pods is gone. */
  readonly ending: Ending | undefined;
  /** Pods to create. */
  readonly missing: number;
  /** Pods that nobody waits for any more. */
  readonly doomed: readonly Pod[];
  readonly lookAgainMs: number | undefined;
};

// Kubernetes waits 10 s, doubling; a sandbox's people wait less.
const FIRST_BACK_OFF_MS = 500;
const LONGEST_BACK_OFF_MS = 10_000;

/** When a Job was over, Unix ms; undefined while it is not. */
export function endOf({ status }: Job): number | undefined {
  const end = status.conditions.find(
    (condition) => (condition.type === 'Complete' || condition.type === 'Failed') && condition.status === 'True',
  );
  return end === undefined ? undefined : Date.parse(end.lastTransitionTime ?? '') || 0;
}

export function judgeJob(job: Job, owned: readonly Pod[], nowMs: number): Verdict {
  const { spec, status } = job;
  const counted = countPods(job, owned);
  const startTime = status.startTime ?? (spec.suspend ? undefined : timestamp(nowMs));
  const deadlineMs =
    startTime === undefined || spec.activeDeadlineSeconds === undefined
      ? undefined
      : Date.parse(startTime) + spec.activeDeadlineSeconds * 1000;
  const verdict = decideEnd(job, counted, deadlineMs !== undefined && deadlineMs <= nowMs);
  const { active } = counted;
  const isHeld = verdict !== undefined || spec.suspend;
  const backOffMs = isHeld ? 0 : backOffOf(owned, nowMs);
  const wanted = isHeld ? 0 : wantedPods(job, counted);
  const missing = backOffMs > 0 ? 0 : Math.max(0, wanted - active.length - counted.terminating.length);
  const doomed = active.slice(wanted);
  const terminating = counted.terminating.length + doomed.length;
  const isOver = verdict !== undefined && terminating === 0;
  const waits = [backOffMs, deadlineMs === undefined ? undefined : deadlineMs - nowMs];
  return {
    status: {
      ...(startTime === undefined ? {} : { startTime }),
      active: active.length - doomed.length,
      ready: doomed.length > 0 ? 0 : active.filter(isPodReady).length,
      succeeded: counted.succeeded,
      failed: counted.failed + (spec.suspend ? 0 : doomed.length),
      terminating,
      uncountedTerminatedPods: {},
      ...endFields(job, verdict, isOver, nowMs),
    },
    ending: isOver ? verdict : undefined,
    missing,
    doomed,
    lookAgainMs: isHeld ? undefined : soonestAfter(0, waits),
  };
}

type Counted = {
  readonly active: readonly Pod[];
  readonly terminating: readonly Pod[];
  readonly succeeded: number;
  readonly failed: number;
  /** Restarts in place, of pods that are still at work. */
  readonly restarts: number;
};

function countPods({ status, spec }: Job, owned: readonly Pod[]): Counted {
  const phaseOf = (pod: Pod) => pod.status.phase;
  const unfinished = owned.filter((pod) => phaseOf(pod) !== 'Succeeded' && phaseOf(pod) !== 'Failed');
  const active = unfinished.filter(({ metadata }) => metadata.deletionTimestamp === undefined);
  const terminating = unfinished.filter(({ metadata }) => metadata.deletionTimestamp !== undefined);
  const failed = owned.filter((pod) => phaseOf(pod) === 'Failed').length + (spec.suspend ? 0 : terminating.length);
  const restartsOf = (pod: Pod) =>
    pod.status.containerStatuses.reduce((sum, { restartCount }) => sum + restartCount, 0);
  return {
    active,
    terminating,
    succeeded: Math.max(owned.filter((pod) => phaseOf(pod) === 'Succeeded').length, numberOf(status.succeeded)),
    failed: Math.max(failed, numberOf(status.failed)),
    restarts: active.reduce((sum, pod) => sum + restartsOf(pod), 0),
  };
}

function decideEnd({ spec, status }: Job, counted: Counted, isLate: boolean): Ending | undefined {
  // Said before its last pod was gone: it stands.
  const said = status.conditions.find(({ type }) => type === 'FailureTarget' || type === 'SuccessCriteriaMet');
  if (said !== undefined) {
    const type = said.type === 'FailureTarget' ? 'Failed' : 'Complete';
    return { type, reason: said.reason ?? '', message: said.message ?? '' };
  }
  const restarts = spec.template.spec.restartPolicy === 'OnFailure' ? counted.restarts : 0;
  if (counted.failed > spec.backoffLimit || (restarts > 0 && restarts >= spec.backoffLimit)) {
    const message = 'Job has reached the specified backoff limit';
    return { type: 'Failed', reason: 'BackoffLimitExceeded', message };
  }
  if (isLate) {
    const message = 'Job was active longer than specified deadline';
    return { type: 'Failed', reason: 'DeadlineExceeded', message };
  }
  const { completions } = spec;
  const isComplete =
    completions === undefined ? counted.succeeded > 0 && counted.active.length === 0 : counted.succeeded >= completions;
  if (!isComplete) return undefined;
  const message = 'Reached expected number of succeeded pods';
  return { type: 'Complete', reason: 'CompletionsReached', message };
}

/** Without `completions` the first success says that there is no more work to begin. */
function wantedPods({ spec }: Job, { active, succeeded }: Counted): number {
  if (spec.completions === undefined) return succeeded > 0 ? active.length : spec.parallelism;
  return Math.min(spec.parallelism, spec.completions - succeeded);
}

/** How long to wait before another pod takes the place of one that failed; not more than 0: no longer. */
function backOffOf(owned: readonly Pod[], nowMs: number): number {
  const failures = owned.filter(({ status }) => status.phase === 'Failed').map(endedMs);
  if (failures.length === 0) return 0;
  const waitMs = Math.min(LONGEST_BACK_OFF_MS, FIRST_BACK_OFF_MS * 2 ** (failures.length - 1));
  return Math.max(...failures) + waitMs - nowMs;
}

function endedMs({ status }: Pod): number {
  const ends = status.containerStatuses.map(({ state }) => Date.parse(state?.terminated?.finishedAt ?? '') || 0);
  return Math.max(0, ...ends);
}

function endFields({ status }: Job, ending: Ending | undefined, isOver: boolean, nowMs: number) {
  if (ending === undefined) return {};
  const now = timestamp(nowMs);
  const { type, reason, message } = ending;
  const of = (conditionType: string): Condition =>
    status.conditions.find((held) => held.type === conditionType) ?? {
      type: conditionType,
      status: 'True',
      reason,
      message,
      lastProbeTime: now,
      lastTransitionTime: now,
    };
  const first = of(type === 'Complete' ? 'SuccessCriteriaMet' : 'FailureTarget');
  const conditions = isOver ? [first, of(type)] : [first];
  return { conditions, ...(isOver && type === 'Complete' ? { completionTime: now } : {}) };
}

function numberOf(value: unknown): number {
  return typeof value === 'number' ? value : 0;
}
