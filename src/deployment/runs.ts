import { type AnalysisRun, isCompleted, parseTimestamp, readLimits, resolveMetrics } from '../analysis/index.ts';
import { composeRun, hasMeasured, revisionAnnotation } from '../rollout/index.ts';
import { asRollout, runLabels } from './as-rollout.ts';
import type { DeploymentEffect } from './decide.ts';
import type { DeploymentWorld, RevisionView } from './deployment.ts';
import type { Guard } from './guard.ts';
import type { Memory } from './memory.ts';

/** Finished runs of one Deployment that are kept for those who look back. */
const mostKept = 10;

/** The run that the memory names, where it is there and speaks of this revision. */
export function runInForce({ analysisRuns }: DeploymentWorld, memory: Memory): AnalysisRun | undefined {
  return analysisRuns.find(({ metadata }) => metadata.name === memory.run);
}

/** What comes next of the analysis: another name to remember, a named run to create, or nothing. */
export interface NextRun {
  readonly memory?: Memory;
  readonly isToCreate?: boolean;
}

/** It begins with the first pod that can have requests. One that ended well before the last pod came is taken once more, in the soak. */
export function nextRun(world: DeploymentWorld, memory: Memory, present: RevisionView, guard: Guard): NextRun {
  if (guard.analysis === undefined) return memory.problem === undefined ? {} : { memory: withoutProblem(memory) };
  const composed = compose(world, memory, guard.analysis);
  const problem = composed.isComposed ? undefined : composed.reason;
  const run = runInForce(world, memory);
  if (run === undefined && problem !== memory.problem)
    return { memory: problem === undefined ? withoutProblem(memory) : { ...memory, problem } };
  if (run === undefined) {
    if (problem !== undefined) return {};
    if (memory.run !== undefined) return { isToCreate: true };
    return present.availableReplicas > 0 ? { memory: { ...memory, run: freeName(world, memory) } } : {};
  }
  const isOfSoak = (startOf(run) ?? 0) >= (parseTimestamp(memory.rolledOutAt ?? '') ?? Number.POSITIVE_INFINITY);
  const isWanted = memory.rolledOutAt !== undefined && guard.soakMs > 0 && !isOfSoak;
  if (run.status.phase !== 'Successful' || !isWanted || problem !== undefined) return {};
  return { memory: { ...memory, run: freeName(world, memory) } };
}

export function createNamedRun(world: DeploymentWorld, memory: Memory, guard: Guard): readonly DeploymentEffect[] {
  if (guard.analysis === undefined || memory.run === undefined) return [];
  const composed = compose(world, memory, guard.analysis);
  if (!composed.isComposed) return [];
  const analysisRun = {
    name: memory.run,
    labels: runLabels(world.deployment, memory.canary),
    annotations: { [revisionAnnotation]: String(memory.revision) },
    spec: composed.spec,
  };
  return [{ kind: 'createAnalysisRun', analysisRun }];
}

/** Whether what judges it has looked, and has nothing more to say. What measures without an end need not end, but must not fail just now. */
export function evidenceOf(world: DeploymentWorld, memory: Memory): boolean {
  const run = runInForce(world, memory);
  if (run === undefined || (world.evidence === 'strict' && !hasMeasured(run))) return false;
  if (isCompleted(run.status.phase)) return run.status.phase === 'Successful';
  const metrics = resolveMetrics(run.spec);
  if (!metrics.isResolved) return false;
  return metrics.value.every((metric) => {
    const result = run.status.metricResults.find(({ name }) => name === metric.name);
    if (result?.dryRun === true || isCompleted(result?.phase)) return true;
    return readLimits(metric).count === undefined && result?.measurements.at(-1)?.phase === 'Successful';
  });
}

/** Asks all runs but this one to end, and forgets the oldest of those that are over. */
export function endRuns({ analysisRuns }: DeploymentWorld, kept: string | undefined): readonly DeploymentEffect[] {
  const others = analysisRuns.filter(({ metadata }) => metadata.name !== kept);
  const running = others.filter(({ status, spec }) => !isCompleted(status.phase) && spec.terminate !== true);
  const over = others
    .filter(({ status }) => isCompleted(status.phase))
    .toSorted((a, b) => (startOf(b) ?? 0) - (startOf(a) ?? 0));
  return [
    ...running.map(({ metadata }) => ({ kind: 'terminateAnalysisRun' as const, name: metadata.name })),
    ...over
      .slice(mostKept)
      .map(({ metadata }) => ({ kind: 'deleteAnalysisRun' as const, name: metadata.name, uid: metadata.uid })),
  ];
}

function compose(world: DeploymentWorld, memory: Memory, analysis: NonNullable<Guard['analysis']>) {
  const { deployment, analysisRuns, templates, evidence, nowMs } = world;
  // A fieldRef names the object as it is.
  const rollout = { ...asRollout(deployment), metadata: deployment.metadata };
  const shown = { nowMs, rollout, replicaSets: [], services: {}, analysisRuns, templates, router: undefined, evidence };
  return composeRun(shown, analysis, { canary: memory.canary, stable: memory.good[0] ?? '' });
}

/** The first free name: `checkout-6c5d9-2`, `checkout-6c5d9-2.1` … */
function freeName({ deployment, analysisRuns }: DeploymentWorld, memory: Memory): string {
  const base = `${deployment.metadata.name}-${memory.canary}-${memory.revision}`;
  const taken = new Set([memory.run, ...analysisRuns.map(({ metadata }) => metadata.name)]);
  let name = base;
  for (let count = 1; taken.has(name); count++) name = `${base}.${count}`;
  return name;
}

function withoutProblem({ problem: _, ...memory }: Memory): Memory {
  return memory;
}

function startOf({ metadata, status }: AnalysisRun): number | undefined {
  return parseTimestamp(status.startedAt ?? metadata.creationTimestamp ?? '');
}
