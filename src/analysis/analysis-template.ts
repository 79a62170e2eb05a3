import { z } from 'zod';
import { ObjectMeta } from '../lib/index.ts';

/** An argument of a template or a run; `value` and `valueFrom` as Argo's `Argument`. */
export const AnalysisArgument = z.looseObject({
  name: z.string(),
  value: z.string().optional(),
  valueFrom: z
    .looseObject({
      secretKeyRef: z.object({ name: z.string(), key: z.string() }).optional(),
      /** Of the Rollout; resolved when a run is made, so that no run has one. */
      fieldRef: z.object({ fieldPath: z.string() }).optional(),
    })
    .optional(),
});
export type AnalysisArgument = z.infer<typeof AnalysisArgument>;

const IntOrString = z.union([z.number(), z.string()]);

/** One metric of a template. Durations are Go durations with a unit ("10s"); counts may hold `{{args.x}}`. */
export const Metric = z.looseObject({
  name: z.string(),
  interval: z.string().optional(),
  initialDelay: z.string().optional(),
  count: IntOrString.optional(),
  successCondition: z.string().optional(),
  failureCondition: z.string().optional(),
  failureLimit: IntOrString.optional(),
  inconclusiveLimit: IntOrString.optional(),
  consecutiveErrorLimit: IntOrString.optional(),
  consecutiveSuccessLimit: IntOrString.optional(),
  /** Exactly one key: the provider's name, and its settings. */
  provider: z.record(z.string(), z.unknown()).default({}),
});
export type Metric = z.infer<typeof Metric>;

export const AnalysisTemplateSpec = z.looseObject({
  metrics: z.array(Metric).default([]),
  args: z.array(AnalysisArgument).default([]),
  dryRun: z.array(z.looseObject({ metricName: z.string() })).default([]),
  measurementRetention: z.array(z.looseObject({ metricName: z.string(), limit: z.number() })).default([]),
  templates: z
    .array(z.looseObject({ templateName: z.string().default(''), clusterScope: z.boolean().optional() }))
    .default([]),
});
export type AnalysisTemplateSpec = z.infer<typeof AnalysisTemplateSpec>;

/** `AnalysisTemplate` or `ClusterAnalysisTemplate` (argoproj.io/v1alpha1). */
export const AnalysisTemplate = z.looseObject({ kind: z.string(), metadata: ObjectMeta, spec: AnalysisTemplateSpec });
export type AnalysisTemplate = z.infer<typeof AnalysisTemplate>;
