import { z } from 'zod';
import { AnalysisArgument, AnalysisPhase } from '../analysis/index.ts';
import { ObjectMeta } from '../lib/index.ts';
import { PodTemplate } from './pod-template.ts';
import { Condition } from './rollout-status.ts';

/** Pods of one kind that an Experiment runs beside the others. */
export const ExperimentTemplate = z.looseObject({
  name: z.string(),
  replicas: z.number().optional(),
  minReadySeconds: z.number().optional(),
  selector: z
    .looseObject({
      matchLabels: z.record(z.string(), z.string()).optional(),
      matchExpressions: z.array(z.unknown()).optional(),
    })
    .optional(),
  template: PodTemplate.default({}),
  /** Set, even to `{}`: a Service leads to these pods. */
  service: z.looseObject({ name: z.string().optional() }).optional(),
});
export type ExperimentTemplate = z.infer<typeof ExperimentTemplate>;

export const ExperimentAnalysis = z.looseObject({
  name: z.string(),
  templateName: z.string(),
  clusterScope: z.boolean().optional(),
  args: z.array(AnalysisArgument).default([]),
  requiredForCompletion: z.boolean().optional(),
});
export type ExperimentAnalysis = z.infer<typeof ExperimentAnalysis>;

const Metadata = z.looseObject({
  labels: z.record(z.string(), z.string()).optional(),
  annotations: z.record(z.string(), z.string()).optional(),
});

export const ExperimentSpec = z.looseObject({
  templates: z.array(ExperimentTemplate).default([]),
  /** A Go duration with a unit, counted from when all templates are available. */
  duration: z.string().optional(),
  progressDeadlineSeconds: z.number().optional(),
  terminate: z.boolean().optional(),
  analyses: z.array(ExperimentAnalysis).default([]),
  scaleDownDelaySeconds: z.number().optional(),
  dryRun: z.array(z.looseObject({ metricName: z.string() })).optional(),
  measurementRetention: z.array(z.looseObject({ metricName: z.string(), limit: z.number() })).optional(),
  analysisRunMetadata: Metadata.optional(),
});
export type ExperimentSpec = z.infer<typeof ExperimentSpec>;

/** Argo's TemplateStatusCode; the last three are final. */
export const TemplatePhase = z.enum(['Progressing', 'Running', 'Successful', 'Failed', 'Error']);
export type TemplatePhase = z.infer<typeof TemplatePhase>;

export const TemplateStatus = z.looseObject({
  name: z.string(),
  status: TemplatePhase.optional(),
  message: z.string().optional(),
  replicas: z.number().default(0),
  updatedReplicas: z.number().default(0),
  readyReplicas: z.number().default(0),
  availableReplicas: z.number().default(0),
  /** When a count changed last: the progress deadline counts from here. */
  lastTransitionTime: z.string().optional(),
  serviceName: z.string().optional(),
  podTemplateHash: z.string().optional(),
});
export type TemplateStatus = z.infer<typeof TemplateStatus>;

export const ExperimentRunStatus = z.looseObject({
  name: z.string(),
  /** The AnalysisRun's name; '' while there is none. */
  analysisRun: z.string().default(''),
  phase: z.union([AnalysisPhase, z.literal('')]).default(''),
  message: z.string().optional(),
});
export type ExperimentRunStatus = z.infer<typeof ExperimentRunStatus>;

export const ExperimentStatus = z.looseObject({
  phase: AnalysisPhase.optional(),
  message: z.string().optional(),
  /** When all templates were available for the first time: the duration and the analyses begin here. */
  availableAt: z.string().optional(),
  templateStatuses: z.array(TemplateStatus).optional(),
  analysisRuns: z.array(ExperimentRunStatus).optional(),
  conditions: z.array(Condition).optional(),
});
export type ExperimentStatus = z.infer<typeof ExperimentStatus>;

/** `Experiment` (argoproj.io/v1alpha1). It has no status subresource: its status is written by a merge patch on the object. */
export const Experiment = z.looseObject({
  metadata: ObjectMeta,
  spec: ExperimentSpec.default({ templates: [], analyses: [] }),
  /** A retry writes `null`. */
  status: ExperimentStatus.nullish().transform((status) => status ?? {}),
});
export type Experiment = z.infer<typeof Experiment>;
