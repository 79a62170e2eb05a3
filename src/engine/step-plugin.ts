import type { Logger } from 'pino';
import type { Rollouts } from '../kubernetes/index.ts';
import { ConflictError } from '../lib/index.ts';
import type { QueueStore, TurnKey } from '../queue-stores/index.ts';
import {
  nextPluginCall,
  type PluginCall,
  type PluginOutcome,
  presentRevision,
  type ReplicaSetView,
  type Rollout,
  recordPluginCall,
} from '../rollout/index.ts';
import type { Webhooks } from '../webhooks/index.ts';
import type { TurnOutcome } from './reconcile.ts';

export interface StepPluginTools {
  readonly rollouts: Pick<Rollouts, 'read' | 'writeStatus'>;
  readonly replicaSets: { ownedBy(uid: string): readonly ReplicaSetView[] };
  readonly webhooks: Webhooks;
  readonly store: Pick<QueueStore, 'nudge'>;
  readonly isOurs: (rollout: Rollout) => boolean;
  readonly nowMs: () => number;
  readonly log: Logger;
}

const SOONEST_MS = 250;
const LONGEST_WAKE_MS = 3_600_000;
const WRITE_TRIES = 5;

/**
 * The calls that the plugin steps of one Rollout ask for, one in a turn: read live, call, write what it said, tell the rollout.
 *
 * Not a rollout's turn: the other side may take its time, and an abort must not wait for it. Safe to be killed anywhere and to run
 * twice: a call that was made and not written down is made again under the same key.
 */
export async function takeStepPluginTurn(
  key: TurnKey,
  tools: StepPluginTools,
  signal: AbortSignal,
): Promise<TurnOutcome> {
  const name = { namespace: key.namespace, name: key.name };
  const rollout = await tools.rollouts.read(name, signal);
  if (rollout === undefined || rollout.metadata.deletionTimestamp !== undefined || !tools.isOurs(rollout)) return {};
  const next = nextPluginCall(rollout, tools.nowMs());
  if (next === undefined) return {};
  if (next.kind === 'wait') return wakeAt(next.untilMs, tools.nowMs());
  const outcome = await ask(next, rollout, tools, signal);
  // Stopping: what was interrupted is asked again by whoever takes over.
  signal.throwIfAborted();
  const stored = await store(rollout, { asked: next.entry, outcome }, tools, signal);
  if (stored === undefined) return { wakeAfterMs: SOONEST_MS };
  const { index, name: plugin, operation } = next.entry;
  tools.log.info({ ...name, step: index, plugin, operation, ...said(outcome) }, 'step plugin asked');
  await tools.store.nudge(
    { kind: 'rollout', ...name },
    { urgent: outcome.kind === 'answered' && outcome.phase === 'Failed' },
  );
  const after = nextPluginCall(stored, tools.nowMs());
  if (after === undefined) return {};
  return after.kind === 'wait' ? wakeAt(after.untilMs, tools.nowMs()) : { wakeAfterMs: SOONEST_MS };
}

function wakeAt(untilMs: number, nowMs: number): TurnOutcome {
  return { wakeAfterMs: Math.min(LONGEST_WAKE_MS, Math.max(SOONEST_MS, untilMs - nowMs)) };
}

async function ask(
  next: Exclude<PluginCall, { kind: 'wait' }>,
  rollout: Rollout,
  tools: StepPluginTools,
  signal: AbortSignal,
): Promise<PluginOutcome> {
  if (next.kind === 'broken') {
    return { kind: 'answered', phase: 'Failed', message: next.message, requeueAfterMs: 0, status: undefined };
  }
  const { entry, key, settings, answer } = next;
  const operation = operationOf(entry.operation);
  try {
    const { phase, message, requeueAfterMs, status } = await tools.webhooks.call(
      { settings, operation, key, about: aboutOf(rollout, entry.index, tools), status: answer },
      signal,
    );
    if (phase === 'Inconclusive') {
      return {
        kind: 'unanswered',
        message: 'answered Inconclusive, which a step cannot be: Running, Successful or Failed',
      };
    }
    return { kind: 'answered', phase, message, requeueAfterMs, status };
  } catch (error) {
    return { kind: 'unanswered', message: error instanceof Error ? error.message : String(error) };
  }
}

function operationOf(operation: string): 'Run' | 'Terminate' | 'Abort' {
  return operation === 'Terminate' || operation === 'Abort' ? operation : 'Run';
}

function aboutOf(rollout: Rollout, stepIndex: number, { replicaSets }: StepPluginTools) {
  const { metadata, spec, status } = rollout;
  return {
    rollout: { namespace: metadata.namespace, name: metadata.name, uid: metadata.uid },
    revision: presentRevision(rollout, replicaSets.ownedBy(metadata.uid)),
    podHash: status.currentPodHash,
    stablePodHash: status.stableRS,
    step: { index: stepIndex, count: spec.strategy?.canary?.steps?.length ?? 0 },
  };
}

function said(outcome: PluginOutcome): object {
  return outcome.kind === 'answered' ? { phase: outcome.phase } : { error: outcome.message };
}

interface Told {
  readonly asked: Parameters<typeof recordPluginCall>[1];
  readonly outcome: PluginOutcome;
}

/** Writes it into the status that is there now; undefined: nobody waits for it any more. */
async function store(
  rollout: Rollout,
  { asked, outcome }: Told,
  tools: StepPluginTools,
  signal: AbortSignal,
): Promise<Rollout | undefined> {
  let latest = rollout;
  for (let tries = 1; ; tries++) {
    const status = recordPluginCall(latest, asked, outcome, tools.nowMs());
    if (status === undefined) return undefined;
    try {
      return await tools.rollouts.writeStatus(latest, status, { signal });
    } catch (error) {
      if (!(error instanceof ConflictError) || tries === WRITE_TRIES) throw error;
      const fresh = await tools.rollouts.read(rollout.metadata, signal);
      if (fresh === undefined || fresh.metadata.uid !== rollout.metadata.uid) return undefined;
      latest = fresh;
    }
  }
}
