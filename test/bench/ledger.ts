import { z } from 'zod';
import type { KubernetesApi, WriteNotice } from '../../src/sandbox/kubernetes-api/index.ts';

/** From the moment a step's condition was true in the cluster to the status write that goes on. */
export interface StepLag {
  readonly rollout: string;
  readonly step: number;
  readonly kind: 'setWeight' | 'pause' | 'analysis';
  readonly trueAtMs: number;
  readonly lagMs: number;
}

/** Where one rollout stands, by the API server's writes alone. */
export interface Standing {
  readonly phase: string;
  readonly isAborted: boolean;
  readonly step: number | undefined;
  readonly stableHash: string;
  readonly currentHash: string;
  /** When the step that is stored now was stored. */
  readonly stepSinceMs: number;
  readonly pausedSinceMs: number | undefined;
}

export interface WeightWrite {
  readonly rollout: string;
  readonly weight: number;
  readonly atMs: number;
}

/** A Service as it was written: which pods it selects from then on. */
export interface Switch {
  readonly service: string;
  readonly podHash: string | undefined;
  readonly atMs: number;
}

export interface Verdict {
  readonly rollout: string;
  readonly phase: string;
  readonly atMs: number;
}

/** What one client wrote: how often, by kind. */
export type WriteCounts = Readonly<Record<string, number>>;

const Status = z.looseObject({
  phase: z.string().default(''),
  abort: z.boolean().default(false),
  currentStepIndex: z.number().optional(),
  stableRS: z.string().default(''),
  currentPodHash: z.string().default(''),
  pauseConditions: z.array(z.looseObject({ startTime: z.string() })).default([]),
});
const Step = z.looseObject({
  pause: z.looseObject({ duration: z.string() }).optional(),
  analysis: z.json().optional(),
});
const Rollout = z.looseObject({
  spec: z.looseObject({ strategy: z.looseObject({ canary: z.looseObject({ steps: z.array(Step) }) }) }),
  status: Status.optional(),
});
const ReplicaSet = z.looseObject({
  metadata: z.looseObject({
    labels: z.record(z.string(), z.string()).default({}),
    ownerReferences: z.array(z.looseObject({ name: z.string() })).default([]),
  }),
  spec: z.looseObject({ replicas: z.number() }),
  status: z.looseObject({ availableReplicas: z.number().default(0) }).default({ availableReplicas: 0 }),
});
const Ingress = z.looseObject({
  metadata: z.looseObject({
    annotations: z.record(z.string(), z.string()).default({}),
    ownerReferences: z.array(z.looseObject({ name: z.string() })).default([]),
  }),
});
const AnalysisRun = z.looseObject({
  metadata: z.looseObject({ ownerReferences: z.array(z.looseObject({ name: z.string() })).default([]) }),
  status: z.looseObject({ phase: z.string().default('') }).default({ phase: '' }),
});
const Service = z.looseObject({ spec: z.looseObject({ selector: z.record(z.string(), z.string()).default({}) }) });

const hashLabel = 'rollouts-pod-template-hash';
const weightAnnotation = 'nginx.ingress.kubernetes.io/canary-weight';

export type Ledger = ReturnType<typeof keepLedger>;

/** Listens to the API server and keeps the times, by its own clock, of everything that the numbers are made of. */
export function keepLedger(kubernetes: KubernetesApi) {
  const standings = new Map<string, Standing>();
  const satisfiedSinceMs = new Map<string, number>();
  const verdictAtMs = new Map<string, number>();
  const weightOf = new Map<string, number>();
  const switches: Switch[] = [];
  const lags: StepLag[] = [];
  const verdicts: Verdict[] = [];
  const weights: WeightWrite[] = [];
  let counts: Record<string, number> = {};
  let refused = 0;

  const listen: Readonly<Record<string, (write: WriteNotice) => void>> = {
    rollouts({ object, name, atMs }) {
      const { spec, status } = Rollout.parse(object);
      if (status === undefined) return;
      const before = standings.get(name);
      const hasMoved = before?.step !== status.currentStepIndex || before?.currentHash !== status.currentPodHash;
      const startTime = status.pauseConditions[0]?.startTime;
      standings.set(name, {
        phase: status.phase,
        isAborted: status.abort,
        step: status.currentStepIndex,
        stableHash: status.stableRS,
        currentHash: status.currentPodHash,
        stepSinceMs: hasMoved ? atMs : (before?.stepSinceMs ?? atMs),
        pausedSinceMs: startTime === undefined ? undefined : Date.parse(startTime),
      });
      const hasAdvanced =
        before?.step !== undefined &&
        status.currentStepIndex === before.step + 1 &&
        before.currentHash === status.currentPodHash;
      const step = hasAdvanced ? spec.strategy.canary.steps[before.step] : undefined;
      if (!hasAdvanced || step === undefined) return;
      const { kind, trueAtMs } = conditionOf(step, name, before);
      lags.push({ rollout: name, step: before.step, kind, trueAtMs, lagMs: atMs - trueAtMs });
    },
    replicasets({ object, atMs }) {
      const { metadata, spec, status } = ReplicaSet.parse(object);
      const key = `${metadata.ownerReferences[0]?.name}/${metadata.labels[hashLabel]}`;
      const isSatisfied = status.availableReplicas >= spec.replicas;
      if (!isSatisfied) satisfiedSinceMs.delete(key);
      else if (!satisfiedSinceMs.has(key)) satisfiedSinceMs.set(key, atMs);
    },
    ingresses({ object, atMs }) {
      const { metadata } = Ingress.parse(object);
      const rollout = metadata.ownerReferences[0]?.name;
      if (rollout === undefined) return;
      const weight = Number(metadata.annotations[weightAnnotation] ?? 0);
      if (weightOf.get(rollout) === weight) return;
      weightOf.set(rollout, weight);
      weights.push({ rollout, weight, atMs });
    },
    analysisruns({ object, atMs, name }) {
      const { metadata, status } = AnalysisRun.parse(object);
      const rollout = metadata.ownerReferences[0]?.name ?? '';
      if (!['Successful', 'Failed', 'Error', 'Inconclusive'].includes(status.phase) || verdictAtMs.has(name)) return;
      verdictAtMs.set(name, atMs);
      verdictAtMs.set(rollout, atMs);
      verdicts.push({ rollout, phase: status.phase, atMs });
    },
    services({ object, name, atMs }) {
      switches.push({ service: name, podHash: Service.parse(object).spec.selector[hashLabel], atMs });
    },
  };

  function conditionOf(
    step: z.infer<typeof Step>,
    rollout: string,
    before: Standing,
  ): { readonly kind: StepLag['kind']; readonly trueAtMs: number } {
    if (step.pause !== undefined) {
      const startedMs = before.pausedSinceMs ?? before.stepSinceMs;
      return { kind: 'pause', trueAtMs: startedMs + Number.parseFloat(step.pause.duration) * 1000 };
    }
    if (step.analysis !== undefined) {
      return { kind: 'analysis', trueAtMs: Math.max(before.stepSinceMs, verdictAtMs.get(rollout) ?? 0) };
    }
    const available = satisfiedSinceMs.get(`${rollout}/${before.currentHash}`) ?? 0;
    return { kind: 'setWeight', trueAtMs: Math.max(before.stepSinceMs, available) };
  }

  const stop = kubernetes.onWrite((write) => {
    if (write.user.includes('stepwise')) {
      counts[write.resource] = (counts[write.resource] ?? 0) + 1;
      if (write.status >= 400) refused += 1;
    }
    if (write.status < 300 && write.object !== undefined) listen[write.resource]?.(write);
  });

  return {
    standings,
    lags,
    verdicts,
    weights,
    switches,
    weightOf: (rollout: string) => weightOf.get(rollout),
    /** Writes of the service since the last call, by kind; and how many of them were refused (a lost race, an event told before). */
    takeWrites(): { readonly counts: WriteCounts; readonly refused: number } {
      const taken = { counts, refused };
      counts = {};
      refused = 0;
      return taken;
    },
    stop,
  };
}
