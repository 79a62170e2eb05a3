import { formatTimestamp, isCompleted } from '../analysis/index.ts';
import type { Trial } from '../kubernetes/index.ts';
import { type Rollout, type TrialName, waitOf } from '../rollout/index.ts';
import type { Act, Change, OperationTools } from './act.ts';
import type { Refusal, Wish } from './operations.ts';
import { isUnderWay, refuse } from './situation.ts';

export type TerminateWish = Wish & {
  /** Named by the person; undefined: what its step waits for. */
  readonly trial?: TrialName | undefined;
};

/**
 * Ends the Experiment or analysis that a release waits for. What it has measured by then judges it: where that is good, the release goes
 * on, with less evidence than its plan asks for.
 */
export const terminate: Act<TerminateWish> = {
  verb: 'terminate',
  raisesRisk: true,
  isBoundTo: 'step',
  needsReason: () => true,
  async choose(seen, wish, tools, signal): Promise<Refusal | Change> {
    const blocked = isUnderWay(seen);
    if (blocked !== undefined) return blocked;
    const { rollout } = seen;
    const meant = wish.trial ?? awaited(rollout);
    if (meant === undefined) return refuse('nothingMeasured');
    const { namespace } = rollout.metadata;
    const trial = await tools.trials.read(meant.kind, { namespace, name: meant.name }, signal);
    if (trial === undefined) return refuse('nothingMeasured');
    const over = isOver(trial);
    if (over !== undefined) return over;
    return { done: true, trial: { trial, act: actOf(wish, 'terminate', tools) }, facts: { [meant.kind]: meant.name } };
  },
};

function awaited(rollout: Rollout): TrialName | undefined {
  const wait = waitOf(rollout);
  if (wait?.kind === 'experiment') return { kind: 'experiment', name: wait.experiment };
  return wait?.kind === 'analysis' ? { kind: 'analysisrun', name: wait.run } : undefined;
}

/** The refusal where there is nothing left to end. */
export function isOver({ metadata: { name }, phase = 'Pending', isEnding }: Trial): Refusal | undefined {
  if (isCompleted(phase)) return refuse('trialOver', { name, phase });
  return isEnding ? refuse('trialEnding', { name }) : undefined;
}

export function actOf(wish: Wish, verb: 'terminate' | 'retry', tools: Pick<OperationTools, 'cluster'>) {
  return { verb, by: wish.person.slackId, at: formatTimestamp(tools.cluster.nowMs()), reason: wish.reason ?? '' };
}
