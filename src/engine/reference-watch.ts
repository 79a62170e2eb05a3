import type { ObjectName, Reflector, WorkloadVersion } from '../kubernetes/index.ts';
import { type Rollout, type WorkloadKind, workloadKindOf } from '../rollout/index.ts';

export interface ReferenceWatchTools {
  readonly rollouts: Pick<Reflector<Rollout>, 'list' | 'onChange'>;
  /** A cache of one kind, not started yet: versions only. */
  readonly watchWorkloads: (kind: WorkloadKind) => Reflector<WorkloadVersion>;
  readonly nudge: (rollout: ObjectName) => void;
  readonly timing?: Partial<typeof usualTiming>;
}

const usualTiming = {
  /** A watch that was silent for so long tells nothing: then its Rollouts are looked at. */
  silenceMs: 60_000,
  lookEveryMs: 10_000,
};

/**
 * Nudges a Rollout when the object changes that its `workloadRef` names. One watch for each kind that is named at all, of metadata alone:
 * a look at each of them every few seconds would use up what the API server lets us ask, for a hundred of them.
 */
export function createReferenceWatch(tools: ReferenceWatchTools) {
  const { rollouts, watchWorkloads, nudge } = tools;
  const { silenceMs, lookEveryMs } = { ...usualTiming, ...tools.timing };
  const watches = new Map<WorkloadKind, Reflector<WorkloadVersion>>();
  let unsubscribe: (() => void) | undefined;
  let timer: ReturnType<typeof setInterval> | undefined;

  function nudgeThose(kind: WorkloadKind, named?: ObjectName): void {
    for (const { metadata, spec } of rollouts.list(named?.namespace)) {
      if (workloadKindOf(spec) !== kind) continue;
      if (named === undefined || spec.workloadRef?.name === named.name) nudge(metadata);
    }
  }

  function watch(rollout: Rollout | undefined): void {
    const kind = rollout === undefined ? undefined : workloadKindOf(rollout.spec);
    if (kind === undefined || watches.has(kind)) return;
    const reflector = watchWorkloads(kind);
    watches.set(kind, reflector);
    reflector.onChange(({ name, before, after }) => {
      // Its status changes with each of its pods.
      if (before?.uid !== after?.uid || before?.version !== after?.version) nudgeThose(kind, name);
    });
    // Fails only when it is stopped.
    reflector.start().catch(() => undefined);
  }

  return {
    start(): void {
      unsubscribe = rollouts.onChange(({ after }) => watch(after));
      for (const rollout of rollouts.list()) watch(rollout);
      timer = setInterval(() => {
        for (const [kind, reflector] of watches) if (reflector.ageMs() > silenceMs) nudgeThose(kind);
      }, lookEveryMs);
      timer.unref();
    },
    async stop(): Promise<void> {
      unsubscribe?.();
      clearInterval(timer);
      const stopped = [...watches.values()];
      watches.clear();
      await Promise.all(stopped.map((reflector) => reflector.stop()));
    },
  };
}
