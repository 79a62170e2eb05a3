import { z } from 'zod';
import { AnalysisArgument } from '../analysis/index.ts';
import { HeaderMatch, RequestMatch } from './managed-routes.ts';
import { AntiAffinity, PodMetadata } from './pod-template.ts';

/** What a Rollout's author writes under `strategy`. */

const IntOrString = z.union([z.number(), z.string()]);

/** Which analysis templates to run, with which arguments. */
export const RolloutAnalysis = z.looseObject({
  templates: z
    .array(z.looseObject({ templateName: z.string().default(''), clusterScope: z.boolean().optional() }))
    .default([]),
  args: z
    .array(
      AnalysisArgument.extend({
        valueFrom: z
          .looseObject({
            /** Stable or Latest. */
            podTemplateHashValue: z.string().optional(),
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
