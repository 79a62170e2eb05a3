import type { ImageFacts } from './image-list.ts';

/** What one container of a simulated pod is doing. */
export type ContainerPhase =
  | { readonly kind: 'waiting'; readonly reason: string; readonly message?: string }
  | { readonly kind: 'running'; readonly sinceMs: number; readonly isReady: boolean }
  | { readonly kind: 'ended'; readonly sinceMs: number; readonly endedMs: number; readonly exitCode: number };

export type ContainerRun = {
  readonly name: string;
  readonly image: string;
  readonly phase: ContainerPhase;
  readonly restarts: number;
  /** How the previous run ended, once there was one. */
  readonly last?: Extract<ContainerPhase, { kind: 'ended' }> | undefined;
  /** When something happens to it next; infinity when nothing will. */
  readonly dueMs: number;
};

/** What the pod demands of its containers' lives. */
export type Life = {
  readonly restartPolicy: string;
  /** A container that has work to finish ends this long after it started; a server never does. */
  readonly completesAfterMs: number | undefined;
  readonly exitCode: number;
};

type Circumstances = { readonly facts: ImageFacts; readonly life: Life; readonly nowMs: number };

const CREATE_MS = 300;
const PULL_RETRY_MS = 1500;
// Kubernetes waits 10 s, doubling to 5 min; a sandbox's people wait less.
const FIRST_BACK_OFF_MS = 1000;
const LONGEST_BACK_OFF_MS = 20_000;

export function createContainer(
  container: { readonly name: string; readonly image: string },
  nowMs: number,
  facts: ImageFacts,
): ContainerRun {
  const { name, image } = container;
  const phase = { kind: 'waiting', reason: 'ContainerCreating' } as const;
  return { name, image, phase, restarts: 0, dueMs: nowMs + createMs(facts) };
}

/** Says what becomes of a container whose time has come. */
export function advanceContainer(container: ContainerRun, now: Circumstances): ContainerRun {
  const { phase } = container;
  switch (phase.kind) {
    case 'waiting':
      return leaveWaiting(container, phase.reason, now);
    case 'running':
      return leaveRunning(container, phase, now);
    case 'ended':
      return { ...container, dueMs: Number.POSITIVE_INFINITY };
  }
}

function leaveWaiting(container: ContainerRun, reason: string, now: Circumstances): ContainerRun {
  const { facts, nowMs } = now;
  if (facts.pull !== 'ok' && reason !== 'CrashLoopBackOff') {
    const isFailing = reason === 'ErrImagePull';
    const phase = isFailing
      ? { kind: 'waiting' as const, reason: 'ImagePullBackOff', message: `Back-off pulling image "${container.image}"` }
      : {
          kind: 'waiting' as const,
          reason: 'ErrImagePull',
          message: pullError(container.image, facts.pull),
        };
    return { ...container, phase, dueMs: nowMs + PULL_RETRY_MS };
  }
  const restarts = container.restarts + (reason === 'CrashLoopBackOff' ? 1 : 0);
  // A quick start is told in one write: creating, then ready.
  const isQuick = facts.startMs - createMs(facts) <= 0 && facts.probe === 'ok';
  return runFrom({ ...container, restarts }, { kind: 'running', sinceMs: nowMs, isReady: isQuick }, now);
}

/** As containerd words it, and the kubelet hands it on. */
function pullError(image: string, pull: 'missing' | 'denied'): string {
  const problem =
    pull === 'missing'
      ? `${image}: not found`
      : 'pull access denied, repository does not exist or may require authorization: ' +
        'authorization failed: no basic auth credentials';
  return `failed to pull and unpack image "${image}": failed to resolve reference "${image}": ${problem}`;
}

function leaveRunning(
  container: ContainerRun,
  phase: Extract<ContainerPhase, { kind: 'running' }>,
  now: Circumstances,
): ContainerRun {
  const { facts, life, nowMs } = now;
  const ranMs = nowMs - phase.sinceMs;
  const hasCompleted = life.completesAfterMs !== undefined && ranMs >= life.completesAfterMs;
  const hasCrashed = facts.crashAfterMs !== undefined && ranMs >= facts.crashAfterMs;
  if (!hasCompleted && !hasCrashed) return runFrom(container, { ...phase, isReady: facts.probe === 'ok' }, now);

  const exitCode = hasCrashed ? 1 : life.exitCode;
  const end = { kind: 'ended', sinceMs: phase.sinceMs, endedMs: nowMs, exitCode } as const;
  const isFinal = life.restartPolicy === 'Never' || (life.restartPolicy === 'OnFailure' && exitCode === 0);
  if (isFinal) return { ...container, phase: end, dueMs: Number.POSITIVE_INFINITY };
  const backOffMs = Math.min(LONGEST_BACK_OFF_MS, FIRST_BACK_OFF_MS * 2 ** container.restarts);
  const message = `back-off ${backOffMs}ms restarting failed container=${container.name}`;
  const waiting = { kind: 'waiting', reason: 'CrashLoopBackOff', message } as const;
  return { ...container, phase: waiting, last: end, dueMs: nowMs + backOffMs };
}

/** Sets a running container's next date: ready, done or crashed, whichever comes first. */
export function runFrom(
  container: ContainerRun,
  phase: Extract<ContainerPhase, { kind: 'running' }>,
  now: Circumstances,
): ContainerRun {
  const { facts, life } = now;
  const dates = [facts.crashAfterMs, life.completesAfterMs].filter((ms) => ms !== undefined);
  if (!phase.isReady && facts.probe === 'ok') dates.push(facts.startMs - createMs(facts));
  const dueMs = phase.sinceMs + Math.min(Number.POSITIVE_INFINITY, ...dates);
  return { ...container, phase, dueMs };
}

function createMs(facts: ImageFacts): number {
  return facts.startMs <= 1000 ? facts.startMs : CREATE_MS;
}
