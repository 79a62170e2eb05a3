import { z } from 'zod';

export const Condition = z.looseObject({
  type: z.string(),
  status: z.string(),
  reason: z.string().optional(),
  message: z.string().optional(),
  lastUpdateTime: z.string().optional(),
  lastTransitionTime: z.string().optional(),
});
export type Condition = z.infer<typeof Condition>;

const AnalysisRunReference = z.looseObject({
  name: z.string(),
  status: z.string().optional(),
  message: z.string().optional(),
});
/** One thing that a step's plugin was asked; Argo's fields. */
const StepPluginStatus = z.looseObject({
  index: z.number(),
  name: z.string(),
  operation: z.string(),
  phase: z.string().optional(),
  message: z.string().optional(),
  startedAt: z.string().optional(),
  updatedAt: z.string().optional(),
  finishedAt: z.string().optional(),
  /** Until it is asked again: `30s`. */
  backoff: z.string().optional(),
  executions: z.number().optional(),
  /** What the plugin wants to be told again. */
  status: z.unknown().optional(),
});
export type StepPluginStatus = z.infer<typeof StepPluginStatus>;

const WeightDestination = z.looseObject({
  weight: z.number(),
  serviceName: z.string().optional(),
  podTemplateHash: z.string().optional(),
});

/** Of a plain Deployment that is shown as a rollout: how far Kubernetes has come with it. No Rollout has one. */
const RollingStatus = z.looseObject({
  /** How long it is watched after that. */
  soakMs: z.number().optional(),
  /** All of its pods are of the present revision, since then. */
  rolledOutAt: z.string().optional(),
  /** Then it is found good, if nothing says otherwise. */
  soakEndsAt: z.string().optional(),
  /** It should go back and cannot: why. */
  stuck: z.string().optional(),
});

export const RolloutStatus = z.looseObject({
  phase: z.string().optional(),
  message: z.string().optional(),
  conditions: z.array(Condition).optional(),
  observedGeneration: z.string().optional(),
  workloadObservedGeneration: z.string().optional(),
  currentPodHash: z.string().optional(),
  stableRS: z.string().optional(),
  currentStepHash: z.string().optional(),
  currentStepIndex: z.number().optional(),
  pauseConditions: z.array(z.looseObject({ reason: z.string(), startTime: z.string() })).optional(),
  controllerPause: z.boolean().optional(),
  abort: z.boolean().optional(),
  abortedAt: z.string().optional(),
  promoteFull: z.boolean().optional(),
  restartedAt: z.string().optional(),
  replicas: z.number().optional(),
  updatedReplicas: z.number().optional(),
  readyReplicas: z.number().optional(),
  availableReplicas: z.number().optional(),
  HPAReplicas: z.number().optional(),
  selector: z.string().optional(),
  collisionCount: z.number().optional(),
  rolling: RollingStatus.optional(),
  canary: z
    .looseObject({
      currentStepAnalysisRunStatus: AnalysisRunReference.optional(),
      currentBackgroundAnalysisRunStatus: AnalysisRunReference.optional(),
      stablePingPong: z.string().optional(),
      stepPluginStatuses: z.array(StepPluginStatus).readonly().optional(),
      currentExperiment: z.string().optional(),
      weights: z
        .looseObject({
          canary: WeightDestination,
          stable: WeightDestination,
          additional: z.array(WeightDestination).optional(),
          verified: z.boolean().optional(),
        })
        .optional(),
    })
    .optional(),
  blueGreen: z
    .looseObject({
      previewSelector: z.string().optional(),
      activeSelector: z.string().optional(),
      scaleUpPreviewCheckPoint: z.boolean().optional(),
      prePromotionAnalysisRunStatus: AnalysisRunReference.optional(),
      postPromotionAnalysisRunStatus: AnalysisRunReference.optional(),
    })
    .optional(),
});
export type RolloutStatus = z.infer<typeof RolloutStatus>;

/** How the status names an analysis run. */
export type RunReference = z.infer<typeof AnalysisRunReference>;

/** Every run that the status names: their word counts, and they are kept. */
export function runReferencesOf({ canary, blueGreen }: RolloutStatus): readonly RunReference[] {
  return [
    canary?.currentStepAnalysisRunStatus,
    canary?.currentBackgroundAnalysisRunStatus,
    blueGreen?.prePromotionAnalysisRunStatus,
    blueGreen?.postPromotionAnalysisRunStatus,
  ].flatMap((reference) => (reference === undefined || reference.name === '' ? [] : [reference]));
}
