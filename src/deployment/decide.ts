import { formatTimestamp, isCompleted, parseTimestamp } from '../analysis/index.ts';
import { type Effect, isOverrideOver, type noteOverride, type PodTemplate } from '../rollout/index.ts';
import { asRollout } from './as-rollout.ts';
import { beginDelivery, isAnother, isRolledOut, mostGood, presentRevisionOf } from './beginnings.ts';
import type { DeploymentWorld, RevisionView } from './deployment.ts';
import { goBack } from './go-back.ts';
import { type Guard, readGuard } from './guard.ts';
import { isGood, type Memory, readMemory } from './memory.ts';
import { createNamedRun, endRuns, evidenceOf, nextRun, runInForce } from './runs.ts';

/** What one turn of a guarded Deployment may do. Each is safe to run twice. */
export type DeploymentEffect =
  /** Writes the memory; precondition: resourceVersion. */
  | {
      readonly kind: 'remember';
      readonly memory: Memory;
      /** Takes away the note of what was once set against Git. */
      readonly forgetsOverride?: boolean;
    }
  /** Asks for another template, and remembers why, in one write: no kill comes between the two. Precondition: resourceVersion. */
  | {
      readonly kind: 'goBack';
      readonly template: PodTemplate;
      readonly memory: Memory;
      /** What Git goes on asking for, noted in the same write: from then on nothing else on the object says so. */
      readonly note: ReturnType<typeof noteOverride>;
    }
  /** Asks Kubernetes to move no more pods; precondition: resourceVersion. */
  | { readonly kind: 'hold'; readonly memory: Memory }
  | Extract<Effect, { kind: 'createAnalysisRun' | 'terminateAnalysisRun' | 'deleteAnalysisRun' | 'sendEvent' }>;

export interface DeploymentDecision {
  readonly effects: readonly DeploymentEffect[];
  /** When to look again though nothing changed. */
  readonly wakeAtMs?: number;
}

/**
 * What to do about a guarded Deployment now. Kubernetes moves its pods; we watch what they do, and ask for the last good template
 * again when that breaks what was promised. Only what was judged is ever undone: the present template must be the judged one.
 */
export function decideDeployment(world: DeploymentWorld): DeploymentDecision {
  const memory = readMemory(world.deployment);
  const present = presentRevisionOf(world);
  // Its controller has not made it yet; or it is paused, and somebody prepares the next one: nothing of that was judged.
  if (present === undefined) return { effects: [] };
  if (memory === undefined || isAnother(world, memory, present)) {
    const begun = beginDelivery(world, memory, present);
    if (begun === undefined) return { effects: [] };
    const forgetsOverride = isOverrideOver(asRollout(world.deployment), begun.revision);
    return { effects: [{ kind: 'remember', memory: begun, forgetsOverride }] };
  }
  if (memory.undone !== undefined || isGood(memory)) return { effects: endRuns(world, undefined) };
  return watch(world, memory, present);
}

/** A revision that is on its way or soaks. */
function watch(world: DeploymentWorld, memory: Memory, present: RevisionView): DeploymentDecision {
  const verdict = verdictOf(world, memory);
  if (verdict !== undefined) return { effects: [...goBack(world, memory, verdict), ...endRuns(world, memory.run)] };
  const at = formatTimestamp(world.nowMs);
  if (memory.rolledOutAt === undefined && isRolledOut(world, present))
    return { effects: [{ kind: 'remember', memory: { ...memory, rolledOutAt: at } }] };
  const read = readGuard(world.deployment);
  if (!read.isValid) return { effects: endRuns(world, memory.run) };
  const { guard } = read;
  const held = holdOf(world, memory);
  if (held !== undefined) return { effects: held };
  const run = nextRun(world, memory, present, guard);
  if (run.memory !== undefined) return { effects: [{ kind: 'remember', memory: run.memory }] };
  if (run.isToCreate) return { effects: [...createNamedRun(world, memory, guard), ...endRuns(world, memory.run)] };
  return soak(world, memory, guard);
}

/** Found good when its soak is over and, where something judges it, that has looked. */
function soak(world: DeploymentWorld, memory: Memory, guard: Guard): DeploymentDecision {
  const others = endRuns(world, memory.run);
  const rolledOutMs = parseTimestamp(memory.rolledOutAt ?? '');
  if (rolledOutMs === undefined || memory.stuck !== undefined) return { effects: others };
  const endsAtMs = rolledOutMs + guard.soakMs;
  if (world.nowMs < endsAtMs) return { effects: others, wakeAtMs: endsAtMs };
  if (guard.analysis !== undefined && !evidenceOf(world, memory)) return { effects: others };
  const { heldAt: _, problem: __, ...kept } = memory;
  const good = [memory.canary, ...memory.good.filter((hash) => hash !== memory.canary)].slice(0, mostGood);
  return { effects: [{ kind: 'remember', memory: { ...kept, good } }] };
}

/** Why this revision must go, if it must: its run says so, or Kubernetes has given it up. */
function verdictOf(world: DeploymentWorld, memory: Memory): string | undefined {
  const run = runInForce(world, memory);
  const { phase, message = '' } = run?.status ?? {};
  if (phase === 'Failed' || phase === 'Error')
    return `Analysis phase ${phase.toLowerCase()}: ${message}`.replace(/: $/, '');
  if (memory.rolledOutAt !== undefined) return undefined;
  const { deployment } = world;
  const isObserved = deployment.status.observedGeneration >= (deployment.metadata.generation ?? 0);
  const late = deployment.status.conditions.find(
    ({ type, reason }) => type === 'Progressing' && reason === 'ProgressDeadlineExceeded',
  );
  // Danger: where an old ReplicaSet is used again, Kubernetes leaves the condition of the revision before until a pod moves.
  const sinceMs = parseTimestamp(late?.lastUpdateTime ?? '') ?? 0;
  const isOfThis = sinceMs >= (parseTimestamp(memory.startedAt) ?? 0);
  if (late === undefined || !isObserved || !isOfThis) return undefined;
  return `ProgressDeadlineExceeded: ${late.message ?? 'its pods do not become ready'}`;
}

/** Inconclusive: no further pod is moved until a person says so. */
function holdOf(world: DeploymentWorld, memory: Memory): readonly DeploymentEffect[] | undefined {
  const run = runInForce(world, memory);
  if (run?.status.phase !== 'Inconclusive' || !isCompleted(run.status.phase)) return undefined;
  if (memory.heldAt !== undefined) return [];
  const held = { ...memory, heldAt: formatTimestamp(world.nowMs) };
  const isMoving = memory.rolledOutAt === undefined && world.deployment.spec.paused !== true;
  return [isMoving ? { kind: 'hold', memory: held } : { kind: 'remember', memory: held }];
}
