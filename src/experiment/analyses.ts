import {
  type AnalysisArgument,
  type AnalysisRun,
  type ComposedAnalysisRun,
  collectTemplates,
  composeAnalysisRunSpec,
  fieldReferences,
  isCompleted,
} from '../analysis/index.ts';
import {
  type Experiment,
  type ExperimentAnalysis,
  type ExperimentRunStatus,
  instanceIdLabel,
  type NewAnalysisRun,
  readFieldPath,
  withoutUndefined,
} from '../rollout/index.ts';
import { resolvePlaceholders } from './placeholders.ts';
import { isEnding } from './templates.ts';
import type { ExperimentWorld } from './world.ts';

/**
 * Where one analysis stands; undefined: there is nothing to say of it yet. The status names a run before it is created: after a crash
 * nobody has to guess which one counts.
 */
export function assessAnalysis(
  world: ExperimentWorld,
  analysis: ExperimentAnalysis,
  isAvailable: boolean,
): ExperimentRunStatus | undefined {
  const { experiment } = world;
  const stored = experiment.status.analysisRuns?.find(({ name }) => name === analysis.name);
  if (stored !== undefined && stored.phase !== '' && isCompleted(stored.phase)) return stored;
  if (stored === undefined || stored.analysisRun === '') return begin(world, analysis, isAvailable);
  const run = findRun(world, stored.analysisRun);
  // Named, and not begun when somebody ended it: it never will be, and nobody waits for it.
  if (run === undefined && isEnding(experiment)) return undefined;
  // Unlike Argo, which no longer listens to a run that was asked to end: its last word counts.
  const { phase = 'Pending', message } = run?.status ?? {};
  return withoutUndefined({ ...stored, phase, message: message || undefined });
}

function begin(
  world: ExperimentWorld,
  analysis: ExperimentAnalysis,
  isAvailable: boolean,
): ExperimentRunStatus | undefined {
  const { name } = analysis;
  if (!isAvailable) {
    const collected = collectTemplates([analysis], world.templates);
    if (collected.isComplete) return undefined;
    const kind = analysis.clusterScope === true ? 'ClusterAnalysisTemplate' : 'AnalysisTemplate';
    const { clusterScope, templateName } = collected.missing;
    const missing = `${clusterScope === true ? 'clusteranalysistemplate' : 'analysistemplate'}.argoproj.io "${templateName}" not found`;
    const message = `${kind} verification failed for analysis '${name}': ${missing}`;
    return { name, analysisRun: '', phase: 'Error', message };
  }
  if (isEnding(world.experiment)) return undefined;
  const composed = composeRun(world, analysis);
  if (!composed.isComposed) {
    const message = `Failed to create AnalysisRun for analysis '${name}': ${composed.reason}`;
    return { name, analysisRun: '', phase: 'Error', message };
  }
  return { name, analysisRun: freeRunName(world, analysis), phase: 'Pending' };
}

function composeRun(world: ExperimentWorld, analysis: ExperimentAnalysis): ComposedAnalysisRun {
  const { experiment } = world;
  const collected = collectTemplates([analysis], world.templates);
  if (!collected.isComplete) return { isComposed: false, reason: collected.reason };
  const args: AnalysisArgument[] = fieldReferences(collected.templates).map(({ name, fieldPath }) => ({
    name,
    value: readFieldPath(experiment, fieldPath) ?? '',
  }));
  for (const argument of analysis.args) {
    const resolved = resolveArgument(world, argument);
    if (!resolved.isResolved) return { isComposed: false, reason: resolved.reason };
    args.push(resolved.argument);
  }
  return composeAnalysisRunSpec({
    templates: collected.templates,
    args,
    dryRun: experiment.spec.dryRun,
    measurementRetention: experiment.spec.measurementRetention,
  });
}

/** Unlike Argo, which drops what comes from somewhere else: a field is read from the Experiment, a secret goes on to the run. */
function resolveArgument(
  world: ExperimentWorld,
  { name, value, valueFrom }: AnalysisArgument,
):
  | { readonly isResolved: true; readonly argument: AnalysisArgument }
  | { readonly isResolved: false; readonly reason: string } {
  if (value !== undefined) {
    const resolved = resolvePlaceholders(world, value);
    return resolved.isResolved ? { isResolved: true, argument: { name, value: resolved.value } } : resolved;
  }
  const path = valueFrom?.fieldRef?.fieldPath;
  if (path !== undefined) {
    return { isResolved: true, argument: { name, value: readFieldPath(world.experiment, path) ?? '' } };
  }
  return { isResolved: true, argument: { name, ...(valueFrom === undefined ? {} : { valueFrom }) } };
}

/** The first free name: `<experiment>-<analysis>`, then `.1`, `.2` … : after a retry the former runs are still there. */
function freeRunName(world: ExperimentWorld, { name }: ExperimentAnalysis): string {
  const taken = new Set([...world.takenRunNames, ...world.analysisRuns.map((run) => run.metadata.name)]);
  const base = `${world.experiment.metadata.name}-${name}`;
  let free = base;
  for (let count = 1; taken.has(free); count++) free = `${base}.${count}`;
  return free;
}

export function findRun(world: ExperimentWorld, name: string): AnalysisRun | undefined {
  return world.analysisRuns.find((run) => run.metadata.name === name);
}

/** The run of an analysis whose name the status has just got, or had when we were killed. */
export function newRun(world: ExperimentWorld, analysis: ExperimentAnalysis, name: string): NewAnalysisRun | undefined {
  const composed = composeRun(world, analysis);
  return composed.isComposed ? { name, ...marksOfRuns(world.experiment), spec: composed.spec } : undefined;
}

function marksOfRuns({ metadata, spec }: Experiment) {
  const instanceId = metadata.labels[instanceIdLabel];
  const { labels, annotations } = spec.analysisRunMetadata ?? {};
  return {
    labels: { ...(instanceId === undefined ? {} : { [instanceIdLabel]: instanceId }), ...labels },
    annotations: { ...annotations },
  };
}
