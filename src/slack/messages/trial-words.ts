import type { RefusalReason } from '../../operations/index.ts';
import { trialNamed } from '../../rollout/index.ts';
import type { Command } from '../commands/command.ts';
import { print } from '../commands/print.ts';
import { readTarget } from '../commands/words.ts';
import { code, type Mrkdwn, quote } from './mrkdwn.ts';

type Facts = Readonly<Record<string, string>>;
type TrialReason = Extract<
  RefusalReason,
  'nothingMeasured' | 'trialOver' | 'trialEnding' | 'trialRuns' | 'trialOfRollout' | 'noTrialVerb'
>;

/** Why an experiment or an analysis is not ended, or not tried again. */
export const trialRefusals: Readonly<
  Record<TrialReason, (facts: Facts, command: Command) => { readonly why: Mrkdwn; readonly works?: readonly string[] }>
> = {
  nothingMeasured: (_, command) => ({
    why: 'it waits for no experiment or analysis that could be ended. One beside it is ended by its own name.',
    works: linesFor(['why'], command.target),
  }),
  trialOver: ({ name, phase }) => ({ why: `${named(name)} is over: ${quote(phase ?? '', 40)}.` }),
  trialEnding: ({ name }) => ({ why: `${named(name)} was asked to end already.` }),
  trialRuns: (_, command) => ({ why: 'it still runs. End it first.', works: linesFor(['terminate'], command.target) }),
  trialOfRollout: ({ rollout = '' }, { target }) => ({
    why: `it belongs to ${quote(rollout, 100)}, which begins one of its own when it is tried again.`,
    works: linesFor(['retry', 'promote'], ofRollout(rollout, target)),
  }),
  noTrialVerb: ({ verb }, { target }) => ({
    why: `${named(verb)} is for rollouts. An experiment can be ended, and tried again when it is over; an analysis run can be ended.`,
    works: linesFor(
      trialNamed(target?.name ?? '')?.kind === 'experiment' ? ['terminate', 'retry'] : ['terminate'],
      target,
    ),
  }),
};

function named(name = 'it'): Mrkdwn {
  return code(quote(name, 200));
}

function ofRollout(name: string, target: Command['target']): Command['target'] {
  const rollout = readTarget(name);
  return rollout === undefined ? undefined : { ...target, name: rollout.name };
}

type LineVerb = 'why' | 'terminate' | 'retry' | 'promote';

function linesFor(verbs: readonly LineVerb[], target: Command['target']): readonly string[] {
  return target === undefined ? [] : verbs.map((verb) => print({ verb, target }));
}
