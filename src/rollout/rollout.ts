import { z } from 'zod';
import { ObjectMeta } from '../lib/index.ts';
import { PodTemplate } from './pod-template.ts';
import { RolloutStatus } from './rollout-status.ts';
import { BlueGreenStrategy, CanaryStrategy } from './strategy-spec.ts';

export const RolloutSpec = z.looseObject({
  replicas: z.number().optional(),
  selector: z
    .looseObject({
      matchLabels: z.record(z.string(), z.string()).optional(),
      matchExpressions: z.array(z.unknown()).optional(),
    })
    .optional(),
  template: PodTemplate.optional(),
  workloadRef: z
    .looseObject({
      apiVersion: z.string().optional(),
      // The definition asks for neither: what is missing is an InvalidSpec, not an object that nobody can read.
      kind: z.string().default(''),
      name: z.string().default(''),
      scaleDown: z.string().optional(),
    })
    .optional(),
  minReadySeconds: z.number().optional(),
  strategy: z.looseObject({ canary: CanaryStrategy.optional(), blueGreen: BlueGreenStrategy.optional() }).optional(),
  revisionHistoryLimit: z.number().optional(),
  paused: z.boolean().optional(),
  progressDeadlineSeconds: z.number().optional(),
  progressDeadlineAbort: z.boolean().optional(),
  restartAt: z.string().optional(),
  rollbackWindow: z.looseObject({ revisions: z.number().optional() }).optional(),
  analysis: z
    .looseObject({
      successfulRunHistoryLimit: z.number().optional(),
      unsuccessfulRunHistoryLimit: z.number().optional(),
    })
    .optional(),
});
export type RolloutSpec = z.infer<typeof RolloutSpec>;

/** `Rollout` (argoproj.io/v1alpha1), lenient: what does not fit Argo's rules is said by validate.ts, not thrown here. */
export const Rollout = z.looseObject({
  metadata: ObjectMeta,
  spec: RolloutSpec.default({}),
  status: RolloutStatus.default({}),
});
export type Rollout = z.infer<typeof Rollout> & {
  /** Whose template this is: set by `withWorkload` alone. No field of the object, never written. */
  readonly workload?: WorkloadView;
};

/** The object that a Rollout takes its template from, read live. */
export interface WorkloadView {
  readonly kind: string;
  readonly name: string;
  readonly uid: string;
  readonly generation: number;
  readonly metadata: ObjectMeta;
  /** Of a Deployment: how many pods it is asked to run. */
  readonly replicas?: number;
  readonly template: PodTemplate;
  readonly selector?: RolloutSpec['selector'];
}
