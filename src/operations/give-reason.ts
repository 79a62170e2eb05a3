import { bindingOf } from '../rollout/index.ts';
import type { OperationTools } from './act.ts';
import { authorise } from './authorise.ts';
import { findFor } from './find.ts';
import type { Answer, Wish } from './operations.ts';
import { isReason, refuse } from './situation.ts';

/** The acts that lower risk: nobody is made to say why before they are done. */
export const explainedVerbs = ['abort', 'pause', 'undo'] as const;
export type ExplainedVerb = (typeof explainedVerbs)[number];

export type ReasonWish = Wish & {
  readonly about: ExplainedVerb;
  /** The revision that was acted on: the reason belongs to its record. */
  readonly revision: number;
};

/** Why something was done, said afterwards: whoever may do it may say why. Nothing of the rollout is touched. */
export async function giveReason(wish: ReasonWish, tools: OperationTools): Promise<Answer> {
  const signal = AbortSignal.timeout(10_000);
  const found = await findFor(wish, tools, signal);
  if (!found.done) return found;
  const { name } = found;
  const denied = await authorise(wish.person, wish.about, name, tools.cluster, signal);
  if (denied !== undefined) return denied;
  const { reason = '' } = wish;
  if (!isReason(reason)) return refuse('emptyReason', { ...name });
  const rollout = await tools.rollouts.read(name, signal);
  if (rollout === undefined) return refuse('unknownRollout', { ...name });
  const { revision } = bindingOf(rollout, { analysisRuns: [] });
  // An undo makes a revision of its own, which is the one that people look at.
  if (wish.about !== 'undo' && revision !== wish.revision)
    return refuse('staleCard', { sawRevision: String(wish.revision), revision: String(revision) });
  const facts = { about: wish.about };
  await tools.record(
    rollout,
    { verb: wish.about, event: 'reasonGiven', by: wish.person.slackId, reason, facts },
    signal,
  );
  await tools.store.nudge({ kind: 'card', ...name }, { urgent: true }).catch((error: unknown) => {
    tools.log.warn({ ...name, err: error }, 'nudge not stored, the next look will tell');
  });
  const card = await tools.cardOf(rollout, signal).catch(() => undefined);
  return { done: true, target: name, card, facts, revision };
}
