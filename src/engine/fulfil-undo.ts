import type { ObjectName, Rollouts } from '../kubernetes/index.ts';
import { ConflictError } from '../lib/index.ts';
import { fastUndoStep } from '../rollout/index.ts';
import type { Caches } from './keeper.ts';
import type { TurnOutcome } from './reconcile.ts';

export interface FulfilTools {
  readonly rollouts: Pick<Rollouts, 'read' | 'patch'>;
  readonly caches: { readonly rollouts: Pick<Caches['rollouts'], 'get'> };
}

/** The controller takes the change of template up in its own time; every change of the Rollout is a turn anyway. */
const lookAgainMs = 2000;

/**
 * A Rollout's turn where an Argo controller runs it. Argo knows no undo that goes back at once: a person asked for one, with an
 * annotation beside the template; when Argo has taken the template up, it is asked for a full promotion as its own clients would.
 */
export async function fulfilUndo(name: ObjectName, tools: FulfilTools, signal: AbortSignal): Promise<TurnOutcome> {
  const cached = tools.caches.rollouts.get(name);
  if (cached === undefined || fastUndoStep(cached) === undefined) return {};
  const rollout = await tools.rollouts.read(name, signal);
  const step = rollout === undefined ? undefined : fastUndoStep(rollout);
  if (rollout === undefined || step === undefined) return {};
  if (step.kind === 'wait') return { wakeAfterMs: lookAgainMs };
  try {
    let latest = rollout;
    for (const { subresource, patch } of step.patches) {
      const options = { signal, ...(subresource === undefined ? {} : { subresource }) };
      latest = await tools.rollouts.patch(latest, patch, options);
    }
    return {};
  } catch (error) {
    // The controller wrote first: what is to be done is decided on what is there now.
    if (error instanceof ConflictError) return { isUnfinished: true };
    throw error;
  }
}
