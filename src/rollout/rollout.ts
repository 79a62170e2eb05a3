import { z } from 'zod';
import { AnalysisArgument } from '../analysis/index.ts';
import { ObjectMeta } from '../lib/index.ts';
import { HeaderMatch, RequestMatch } from './managed-routes.ts';

const IntOrString = z.union([z.number(), z.string()]);

/** A pod template as the Rollout's author wrote it (CRD storage: not defaulted by the API server). */
export const PodTemplate = z.looseObject({
  metadata: z
    .looseObject({
      labels: z.record(z.string(), z.string()).optional(),
      annotations: z.record(z.string(), z.string()).optional(),
    })
    .optional(),
  spec: z
    .looseObject({ containers: z.array(z.looseObject({ name: z.string(), image: z.string().optional() })).default([]) })
    .optional(),
});
export type PodTemplate = z.infer<typeof PodTemplate>;

/** Labels and annotations that pods carry for the role of their revision. */
export const PodMetadata = z.looseObject({
  labels: z.record(z.string(), z.string()).optional(),
  annotations: z.record(z.string(), z.string()).optional(),
});
export type PodMetadata = z.infer<typeof PodMetadata>;

export const AntiAffinity = z.looseObject({
  requiredDuringSchedulingIgnoredDuringExecution: z.looseObject({}).optional(),
  preferredDuringSchedulingIgnoredDuringExecution: z.looseObject({ weight: z.number() }).optional(),
});
export type AntiAffinity = z.infer<typeof AntiAffinity>;

/** Which analysis templates to run, with which arguments. */
export const RolloutAnalysis = z.looseObject({
  templates: z.array(z.looseObject({ templateName: z.string(), clusterScope: z.boolean().optional() })).default([]),
  args: z
    .array(
      AnalysisArgument.extend({
        valueFrom: z
          .looseObject({
            podTemplateHashValue: z.enum(['Stable', 'Latest']).optional(),
            fieldRef: z.object({ fieldPath: z.string() }).optional(),
          })
          .optional(),
      }),
    )
    .default([]),
  dryRun: z.array(z.looseObject({ metricName: z.string() })).optional(),
  measurementRetention: z.array(z.looseObject({ metricName: z.string(), limit: z.number() })).optional(),
  analysisRunMetadata: z
    .looseObject({
      labels: z.record(z.string(), z.string()).optional(),
      annotations: z.record(z.string(), z.string()).optional(),
    })
    .optional(),
});
export type RolloutAnalysis = z.infer<typeof RolloutAnalysis>;

/** Pods that an experiment step runs beside the others: those of stable or of the canary, with what is changed of them. */
const ExperimentStepTemplate = z.looseObject({
  name: z.string().default(''),
  /** `canary` or `stable`. */
  specRef: z.string().default(''),
  replicas: z.number().optional(),
  metadata: PodMetadata.optional(),
  selector: z
    .looseObject({
      matchLabels: z.record(z.string(), z.string()).optional(),
      matchExpressions: z.array(z.unknown()).optional(),
    })
    .optional(),
  /** The share of requests that goes to them while the Experiment is running. */
  weight: z.number().optional(),
  service: z.looseObject({ name: z.string().optional() }).optional(),
});

/** An Experiment that is made when the rollout comes to this step, and waited for. */
export const ExperimentStep = z.looseObject({
  duration: z.string().optional(),
  templates: z.array(ExperimentStepTemplate).default([]),
  analyses: z
    .array(
      z.looseObject({
        name: z.string(),
        templateName: z.string(),
        clusterScope: z.boolean().optional(),
        args: RolloutAnalysis.shape.args,
        requiredForCompletion: z.boolean().optional(),
      }),
    )
    .default([]),
  dryRun: RolloutAnalysis.shape.dryRun,
  analysisRunMetadata: RolloutAnalysis.shape.analysisRunMetadata,
  scaleDownDelaySeconds: z.number().optional(),
});
export type ExperimentStep = z.infer<typeof ExperimentStep>;

/** One canary step: exactly one of its known keys is set (validate.ts says so in words). */
export const CanaryStep = z.looseObject({
  setWeight: z.number().optional(),
  pause: z.looseObject({ duration: IntOrString.optional() }).optional(),
  setCanaryScale: z
    .looseObject({
      weight: z.number().optional(),
      replicas: z.number().optional(),
      matchTrafficWeight: z.boolean().optional(),
    })
    .optional(),
  analysis: RolloutAnalysis.optional(),
  experiment: ExperimentStep.optional(),
  setHeaderRoute: z.looseObject({ name: z.string().default(''), match: z.array(HeaderMatch).optional() }).optional(),
  setMirrorRoute: z
    .looseObject({
      name: z.string().default(''),
      percentage: z.number().optional(),
      match: z.array(RequestMatch).optional(),
    })
    .optional(),
  plugin: z.looseObject({ name: z.string().default(''), config: z.unknown().optional() }).optional(),
});
export type CanaryStep = z.infer<typeof CanaryStep>;

const NginxRouting = z.looseObject({
  stableIngress: z.string().optional(),
  stableIngresses: z.array(z.string()).optional(),
  annotationPrefix: z.string().optional(),
  additionalIngressAnnotations: z.record(z.string(), z.string()).optional(),
  canaryIngressAnnotations: z.record(z.string(), z.string()).optional(),
});
/** What Argo's Gateway API plugin reads under `plugins["argoproj-labs/gatewayAPI"]`. */
export const GatewayApiRouting = z.looseObject({
  httpRoute: z.string().optional(),
  httpRoutes: z.array(z.looseObject({ name: z.string() })).optional(),
  namespace: z.string().optional(),
});
export type GatewayApiRouting = z.infer<typeof GatewayApiRouting>;

export const TrafficRouting = z.looseObject({
  nginx: NginxRouting.optional(),
  plugins: z.record(z.string(), z.unknown()).optional(),
  maxTrafficWeight: z.number().optional(),
  managedRoutes: z.array(z.looseObject({ name: z.string() })).optional(),
});
export type TrafficRouting = z.infer<typeof TrafficRouting>;

export const CanaryStrategy = z.looseObject({
  canaryService: z.string().optional(),
  stableService: z.string().optional(),
  pingPong: z.looseObject({ pingService: z.string().default(''), pongService: z.string().default('') }).optional(),
  steps: z.array(CanaryStep).optional(),
  trafficRouting: TrafficRouting.optional(),
  maxSurge: IntOrString.optional(),
  maxUnavailable: IntOrString.optional(),
  analysis: RolloutAnalysis.extend({ startingStep: z.number().optional() }).optional(),
  scaleDownDelaySeconds: z.number().optional(),
  scaleDownDelayRevisionLimit: z.number().optional(),
  abortScaleDownDelaySeconds: z.number().optional(),
  dynamicStableScale: z.boolean().optional(),
  minPodsPerReplicaSet: z.number().optional(),
  canaryMetadata: PodMetadata.optional(),
  stableMetadata: PodMetadata.optional(),
  replicaProgressThreshold: z.looseObject({ type: z.string(), value: z.number() }).optional(),
  antiAffinity: AntiAffinity.optional(),
});
export type CanaryStrategy = z.infer<typeof CanaryStrategy>;

export const BlueGreenStrategy = z.looseObject({
  activeService: z.string().optional(),
  previewService: z.string().optional(),
  previewReplicaCount: z.number().optional(),
  autoPromotionEnabled: z.boolean().optional(),
  autoPromotionSeconds: z.number().optional(),
  /** Of a restart only. */
  maxUnavailable: IntOrString.optional(),
  scaleDownDelaySeconds: z.number().optional(),
  scaleDownDelayRevisionLimit: z.number().optional(),
  abortScaleDownDelaySeconds: z.number().optional(),
  prePromotionAnalysis: RolloutAnalysis.optional(),
  postPromotionAnalysis: RolloutAnalysis.optional(),
  antiAffinity: AntiAffinity.optional(),
  previewMetadata: PodMetadata.optional(),
  activeMetadata: PodMetadata.optional(),
});
export type BlueGreenStrategy = z.infer<typeof BlueGreenStrategy>;

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
      kind: z.string(),
      name: z.string(),
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
