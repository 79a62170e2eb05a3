import { parseDuration, type SightScope } from '../../analysis/index.ts';
import type { ExperimentStep } from '../strategy-spec.ts';
import type { World } from '../world.ts';
import { type ExpectedTime, longestOf } from './expected-time.ts';
import { type PlannedAnalysis, planAnalysis } from './planned-analysis.ts';

/** An experiment step of a plan. */
export interface PlannedExperiment {
  /** Its pods, template by template; `weight`: the share of requests that they get meanwhile. */
  readonly pods: readonly { readonly count: number; readonly of: string; readonly weight: number }[];
  /** Undefined: its analyses or a person end it. */
  readonly durationMs: number | undefined;
  readonly analyses: readonly PlannedAnalysis[];
  /** From when its pods are there. */
  readonly time: ExpectedTime;
}

export function planExperiment(world: World, step: ExperimentStep, scope: SightScope): PlannedExperiment {
  const parsed = step.duration ? parseDuration(step.duration) : undefined;
  const durationMs = parsed?.isValid === true ? parsed.ms : undefined;
  const planned = step.analyses.map(({ templateName, clusterScope, args, requiredForCompletion = false }) => ({
    requiredForCompletion,
    analysis: planAnalysis(world, { templates: [{ templateName, clusterScope }], args, dryRun: step.dryRun }, scope),
  }));
  const required = longestOf(planned.filter((one) => one.requiredForCompletion).map(({ analysis }) => analysis.time));
  const isRequired = planned.some((one) => one.requiredForCompletion);
  return {
    pods: step.templates.map(({ replicas = 1, specRef, weight = 0 }) => ({ count: replicas, of: specRef, weight })),
    durationMs,
    analyses: planned.map(({ analysis }) => analysis),
    time: timeOf(durationMs, isRequired ? required : undefined),
  };
}

/** What is required may end it before its duration is over, and holds it up after. */
function timeOf(durationMs: number | undefined, required: ExpectedTime | undefined): ExpectedTime {
  if (required !== undefined) return required;
  return durationMs === undefined ? { leastMs: 0, mostMs: undefined } : { leastMs: durationMs, mostMs: durationMs };
}
