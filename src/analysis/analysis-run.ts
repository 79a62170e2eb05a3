import { z } from 'zod';
import { ObjectMeta } from '../lib/index.ts';
import { AnalysisTemplateSpec } from './analysis-template.ts';

/** Argo's AnalysisPhase; the last four are final. */
export const AnalysisPhase = z.enum(['Pending', 'Running', 'Successful', 'Failed', 'Error', 'Inconclusive']);
export type AnalysisPhase = z.infer<typeof AnalysisPhase>;

/** The same where there may be none yet: Argo creates its objects with the empty text. */
const PhaseIfAny = z.union([AnalysisPhase, z.literal('').transform(() => undefined)]).optional();

/** Whether a phase is final. */
export function isCompleted(phase: AnalysisPhase | undefined): boolean {
  return phase === 'Successful' || phase === 'Failed' || phase === 'Error' || phase === 'Inconclusive';
}

export const Measurement = z.looseObject({
  phase: AnalysisPhase,
  message: z.string().optional(),
  /** RFC 3339, second precision. */
  startedAt: z.string().optional(),
  finishedAt: z.string().optional(),
  /** The provider's value as text: `1.5`, `[0.98]`. */
  value: z.string().optional(),
  metadata: z.record(z.string(), z.string()).optional(),
  resumeAt: z.string().optional(),
});
export type Measurement = z.infer<typeof Measurement>;

export const MetricResult = z.looseObject({
  name: z.string(),
  phase: AnalysisPhase,
  message: z.string().optional(),
  measurements: z.array(Measurement).default([]),
  count: z.number().default(0),
  successful: z.number().default(0),
  failed: z.number().default(0),
  inconclusive: z.number().default(0),
  error: z.number().default(0),
  consecutiveError: z.number().default(0),
  consecutiveSuccess: z.number().default(0),
  dryRun: z.boolean().optional(),
  metadata: z.record(z.string(), z.string()).optional(),
});
export type MetricResult = z.infer<typeof MetricResult>;

/** How many *metrics* of a run ended how; `count` are all of them. */
export const RunSummary = z.looseObject({
  count: z.number().default(0),
  successful: z.number().default(0),
  failed: z.number().default(0),
  inconclusive: z.number().default(0),
  error: z.number().default(0),
});
export type RunSummary = z.infer<typeof RunSummary>;

export const AnalysisRunStatus = z.looseObject({
  phase: PhaseIfAny,
  message: z.string().optional(),
  metricResults: z.array(MetricResult).default([]),
  startedAt: z.string().optional(),
  completedAt: z.string().optional(),
  /** Dry-run metrics are counted in `dryRunSummary` alone. */
  runSummary: RunSummary.optional(),
  dryRunSummary: RunSummary.optional(),
});
export type AnalysisRunStatus = z.infer<typeof AnalysisRunStatus>;

/** How long a run stays after its end; absent: for as long as its owner. */
const TtlStrategy = z.looseObject({
  secondsAfterCompletion: z.number().optional(),
  secondsAfterSuccess: z.number().optional(),
  secondsAfterFailure: z.number().optional(),
});

export const AnalysisRunSpec = AnalysisTemplateSpec.extend({
  terminate: z.boolean().optional(),
  ttlStrategy: TtlStrategy.optional(),
});
export type AnalysisRunSpec = z.infer<typeof AnalysisRunSpec>;

/** `AnalysisRun` (argoproj.io/v1alpha1). It has no status subresource: its status is written by a merge patch on the object. */
export const AnalysisRun = z.looseObject({
  metadata: ObjectMeta,
  spec: AnalysisRunSpec,
  status: AnalysisRunStatus.default({ metricResults: [] }),
});
export type AnalysisRun = z.infer<typeof AnalysisRun>;
