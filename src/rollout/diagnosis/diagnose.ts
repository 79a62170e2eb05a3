import { findCondition } from '../conditions.ts';
import { type Cause, type CauseKind, causeOrder } from './cause.ts';
import type { DiagnosisFacts } from './diagnosis-facts.ts';
import { analysisValue, noData } from './evidence.ts';
import { imageCannotBePulled, podsNotReady, quota } from './pods.ts';
import { noRouteRule, selectorMismatch, sharedService } from './services.ts';
import { experiment, frozen, putBack, timedUntil, waitsForPerson, webhook } from './waits.ts';

/** Why a rollout does not move. */
export interface Diagnosis {
  /** The first of the list that is true; undefined: none is, and it moves. */
  readonly first: Cause | undefined;
  /** Those further down that are true as well. */
  readonly others: readonly Cause[];
}

/** Says why a rollout does not move: the first true of a fixed list (cause.ts). Pure. */
export function diagnose(facts: DiagnosisFacts): Diagnosis {
  const found = causeOrder.flatMap((kind) => findCause[kind](facts) ?? []);
  const [first, ...others] = found;
  return { first, others };
}

const findCause: { readonly [Kind in CauseKind]: (facts: DiagnosisFacts) => Cause | undefined } = {
  otherController: ({ standing }) => (standing.kind === 'ours' ? undefined : { kind: 'otherController', standing }),
  sharedService,
  selectorMismatch,
  noRouteRule,
  invalidSpec,
  frozen,
  putBack,
  quota,
  imageCannotBePulled,
  podsNotReady,
  noData,
  analysisValue,
  waitsForPerson,
  timedUntil,
  experiment,
  webhook,
};

function invalidSpec({ world }: DiagnosisFacts): Cause | undefined {
  const invalid = findCondition(world.rollout.status.conditions, 'InvalidSpec');
  return invalid?.status === 'True' ? { kind: 'invalidSpec', message: invalid.message ?? '' } : undefined;
}
