import {
  type AnalysisArgument,
  AnalysisRunSpec,
  collectTemplates,
  composeAnalysisRunSpec,
  fieldReferences,
  hashToCome,
  Metric,
  type MetricLimit,
  matchesRule,
  readLimit,
  readLimits,
  readSight,
  resolveMetrics,
  type Sight,
  type SightScope,
  substituteArguments,
  validateRunSpec,
} from '../../analysis/index.ts';
import { readFieldPath } from '../field-path.ts';
import type { RolloutAnalysis } from '../strategy-spec.ts';
import type { World } from '../world.ts';
import { type ExpectedTime, longestOf, noTime, timeOfMetric } from './expected-time.ts';

/** One analysis of a plan, with its templates and arguments put together as its run will have them. */
export interface PlannedAnalysis {
  readonly templates: readonly string[];
  readonly metrics: readonly PlannedMetric[];
  readonly time: ExpectedTime;
  /** In Argo's words, why there can be no run of it: a template that is missing, an argument without a value. */
  readonly problem: string | undefined;
}

export interface PlannedMetric {
  readonly name: string;
  /** `prometheus` */
  readonly provider: string;
  readonly limit: MetricLimit | undefined;
  readonly condition: string | undefined;
  /** Measurements; 0: without end. */
  readonly count: number;
  readonly interval: string | undefined;
  /** On trial: its verdict counts for nothing. */
  readonly isDryRun: boolean;
  readonly sight: Sight;
  readonly time: ExpectedTime;
  /** Its arguments that get a value only with an update: `canary-hash`. Empty: it can be measured now. */
  readonly waitsFor: readonly string[];
  /** What takes its measurements: a run of this metric alone, with the arguments that it uses. */
  readonly run: AnalysisRunSpec;
}

/** Puts an analysis together as its run will be, but for what only an update knows. */
export function planAnalysis(world: World, analysis: RolloutAnalysis, scope: SightScope): PlannedAnalysis {
  const templates = analysis.templates.map(({ templateName }) => templateName);
  const none = { templates, metrics: [], time: noTime };
  const collected = collectTemplates(analysis.templates, world.templates);
  if (!collected.isComplete) return { ...none, problem: collected.reason };
  const composed = composeAnalysisRunSpec({
    templates: collected.templates,
    args: [
      ...fieldReferences(collected.templates).map(({ name, fieldPath }) => ({
        name,
        value: readFieldPath(world.rollout, fieldPath) ?? '',
      })),
      ...analysis.args.map((argument) => valueOfArgument(world, argument, scope)),
    ],
    dryRun: analysis.dryRun,
    measurementRetention: analysis.measurementRetention,
  });
  if (!composed.isComposed) return { ...none, problem: composed.reason };
  const { spec } = composed;
  const metrics: PlannedMetric[] = [];
  for (const metric of spec.metrics) {
    const planned = planMetric(metric, spec.args, scope);
    if (typeof planned === 'string') return { ...none, problem: planned };
    metrics.push({ ...planned, isDryRun: spec.dryRun.some(({ metricName }) => matchesRule(metricName, metric.name)) });
  }
  const problem = metrics.length === 0 ? 'no metrics specified' : findMistake(spec, metrics);
  const deciding = metrics.filter(({ isDryRun }) => !isDryRun);
  return {
    templates,
    metrics,
    time: longestOf((deciding.length > 0 ? deciding : metrics).map(({ time }) => time)),
    problem,
  };
}

/** With which its run would end before anything is measured; what gets its values only with an update is not judged. */
function findMistake(spec: AnalysisRunSpec, metrics: readonly PlannedMetric[]): string | undefined {
  if (metrics.some(({ waitsFor }) => waitsFor.length > 0)) return undefined;
  const resolved = resolveMetrics(spec);
  const mistake = resolved.isResolved ? validateRunSpec(spec, resolved.value) : undefined;
  return mistake === undefined ? undefined : `Analysis spec invalid: ${mistake}`;
}

function valueOfArgument(
  world: World,
  { name, value, valueFrom }: RolloutAnalysis['args'][number],
  scope: SightScope,
): AnalysisArgument {
  if (valueFrom?.podTemplateHashValue !== undefined) {
    const hash = valueFrom.podTemplateHashValue === 'Stable' ? scope.stableHash : scope.canaryHash;
    return { name, value: hash || hashToCome };
  }
  if (valueFrom?.fieldRef !== undefined) {
    return { name, value: readFieldPath(world.rollout, valueFrom.fieldRef.fieldPath) ?? '' };
  }
  return { name, ...(value === undefined ? {} : { value }) };
}

/** A text: in Argo's words, why its arguments cannot be put in place. */
function planMetric(
  metric: Metric,
  args: readonly AnalysisArgument[],
  scope: SightScope,
): Omit<PlannedMetric, 'isDryRun'> | string {
  const used = args.filter(({ name }) => names(metric, name));
  const known = args.map(({ name, value, valueFrom }) => ({
    name,
    value: valueFrom?.secretKeyRef === undefined ? (value ?? '') : `secret-${name}`,
  }));
  const substituted = substituteArguments(metric, known);
  if (!substituted.isResolved) return substituted.reason;
  const resolved = Metric.parse(substituted.value);
  return {
    name: resolved.name,
    provider: Object.keys(resolved.provider)[0] ?? 'none',
    limit: readLimit(resolved),
    condition: resolved.successCondition || resolved.failureCondition || undefined,
    count: readLimits(resolved).count ?? 0,
    interval: resolved.interval,
    sight: readSight(resolved, scope),
    time: timeOfMetric(resolved),
    waitsFor: used.filter(({ value }) => value === hashToCome).map(({ name }) => name),
    run: AnalysisRunSpec.parse({ metrics: [metric], args: used }),
  };
}

function names(metric: Metric, argument: string): boolean {
  return [...JSON.stringify(metric).matchAll(/\{\{([^}]*)\}\}/g)].some(([, tag]) => tag?.trim() === `args.${argument}`);
}
