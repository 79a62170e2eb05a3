import { formatTimestamp } from '../analysis/index.ts';
import { noteOverride, type ReplicaSetView, revisionOf } from '../rollout/index.ts';
import { asRollout } from './as-rollout.ts';
import type { DeploymentEffect } from './decide.ts';
import type { DeploymentWorld } from './deployment.ts';
import type { Memory } from './memory.ts';

/** Where a way back leads: the newest revision that was found good and is still there. */
export function lastGoodOf(replicaSets: readonly ReplicaSetView[], memory: Memory): ReplicaSetView | undefined {
  const hashes = memory.good.filter((hash) => hash !== memory.canary);
  for (const hash of hashes) {
    const found = replicaSets.find(({ podHash }) => podHash === hash);
    if (found !== undefined) return found;
  }
  return undefined;
}

/** What is remembered of a way back to this revision. */
export function rememberUndo(memory: Memory, to: ReplicaSetView, message: string, nowMs: number): Memory {
  const { heldAt: _, problem: __, stuck: ___, ...kept } = memory;
  return { ...kept, undone: { at: formatTimestamp(nowMs), to: to.podHash, message } };
}

/** Back to the last good revision, once; or, where there is none, loud words. */
export function goBack(world: DeploymentWorld, memory: Memory, message: string): readonly DeploymentEffect[] {
  if (memory.stuck !== undefined) return [];
  const target = lastGoodOf(world.replicaSets, memory);
  const hindrance = hindranceOf(world, memory, target);
  const template = target?.template;
  if (target === undefined || template === undefined || hindrance !== undefined) {
    const words = `Not undone: ${hindrance}. ${message}`;
    const stuck = { at: formatTimestamp(world.nowMs), message: words };
    return [{ kind: 'remember', memory: { ...memory, stuck } }, announce(memory, 'NotUndone', words)];
  }
  const { nowMs } = world;
  const note = noteOverride(asRollout(world.deployment), template, { nowMs });
  return [
    { kind: 'goBack', template, memory: rememberUndo(memory, target, message, nowMs), note },
    announce(memory, 'RolloutAborted', `Undone to revision ${revisionOf(target)}: ${message}`),
  ];
}

function hindranceOf(
  { deployment }: DeploymentWorld,
  memory: Memory,
  target: ReplicaSetView | undefined,
): string | undefined {
  if (memory.putBackBy !== undefined) return `${memory.putBackBy} put it back once: change it in Git`;
  if (target !== undefined) return undefined;
  const limit = deployment.spec.revisionHistoryLimit;
  const why = limit === 0 ? ' (revisionHistoryLimit: 0 keeps none)' : '';
  return `no good revision is left to go back to${why}`;
}

function announce(memory: Memory, reason: string, message: string): DeploymentEffect {
  return { kind: 'sendEvent', type: 'Warning', reason, message, occasion: `${memory.revision}.${memory.startedAt}` };
}
