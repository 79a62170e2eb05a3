import type { ContainerPhase, ContainerRun } from './container-life.ts';
import type { Condition, Pod } from './objects.ts';

/** Describes a pod's status the way a kubelet writes it. `podIP` stays what it was once it is set. */
export function describePodStatus(
  pod: Pod,
  runs: readonly ContainerRun[],
  facts: { readonly podIp: string; readonly nowMs: number },
) {
  const now = timestamp(facts.nowMs);
  const areReady = runs.every((run) => run.phase.kind === 'running' && run.phase.isReady);
  const hasStarted = runs.some((run) => run.phase.kind !== 'waiting' || run.restarts > 0);
  const areDone = runs.length > 0 && runs.every((run) => run.phase.kind === 'ended');
  const succeeded = areDone && runs.every((run) => run.phase.kind === 'ended' && run.phase.exitCode === 0);
  const unready = runs.filter((run) => run.phase.kind !== 'running' || !run.phase.isReady).map((run) => run.name);
  const notReady = areDone
    ? { reason: succeeded ? 'PodCompleted' : 'PodFailed' }
    : { reason: 'ContainersNotReady', message: `containers with unready status: [${unready.join(' ')}]` };

  function condition(type: string, isTrue: boolean): Condition {
    const held = pod.status.conditions.find((other) => other.type === type);
    const status = isTrue ? 'True' : 'False';
    const lastTransitionTime = held?.status === status ? (held.lastTransitionTime ?? now) : now;
    return { type, status, lastProbeTime: null, lastTransitionTime, ...(isTrue ? {} : notReady) };
  }

  return {
    phase: choosePhase({ areDone, succeeded, hasStarted }),
    conditions: [
      condition('Initialized', true),
      condition('Ready', areReady),
      condition('ContainersReady', areReady),
      condition('PodScheduled', true),
    ],
    hostIP: '10.0.0.1',
    podIP: facts.podIp,
    podIPs: [{ ip: facts.podIp }],
    startTime: pod.status.startTime ?? now,
    containerStatuses: runs.map((run) => ({
      name: run.name,
      image: run.image,
      imageID: run.phase.kind === 'waiting' && run.restarts === 0 ? '' : run.image,
      ready: run.phase.kind === 'running' && run.phase.isReady,
      started: run.phase.kind === 'running',
      restartCount: run.restarts,
      state: describePhase(run.phase),
      lastState: run.last === undefined ? {} : describePhase(run.last),
    })),
  };
}

function choosePhase(facts: {
  readonly areDone: boolean;
  readonly succeeded: boolean;
  readonly hasStarted: boolean;
}): string {
  if (facts.areDone) return facts.succeeded ? 'Succeeded' : 'Failed';
  return facts.hasStarted ? 'Running' : 'Pending';
}

function describePhase(phase: ContainerPhase): object {
  if (phase.kind === 'waiting') {
    return { waiting: { reason: phase.reason, ...(phase.message === undefined ? {} : { message: phase.message }) } };
  }
  if (phase.kind === 'running') return { running: { startedAt: timestamp(phase.sinceMs) } };
  return {
    terminated: {
      exitCode: phase.exitCode,
      reason: phase.exitCode === 0 ? 'Completed' : 'Error',
      startedAt: timestamp(phase.sinceMs),
      finishedAt: timestamp(phase.endedMs),
    },
  };
}

/** RFC 3339 with seconds, as Kubernetes writes times. */
export function timestamp(ms: number): string {
  return `${new Date(ms).toISOString().slice(0, 19)}Z`;
}
