import { z } from 'zod';
import type { Json } from '../../lib/index.ts';
import type { Metric } from '../analysis-template.ts';
import { judgeMeasurement } from '../judge-measurement.ts';
import { readLimit } from '../limit.ts';
import { type FaultShare, faultShareOf } from './fault-share.ts';
import type { Matcher, Query } from './query.ts';
import { readQuery } from './query.ts';
import { reachOf } from './reach.ts';
import type { SightScope } from './scope.ts';
import { answerWithoutData, asksForAbsence, selectorsOf } from './without-data.ts';

/** What a metric's query can see of a canary, whatever it answers now. */
export type Sight =
  /** Its selectors tell the canary's pods apart; `by`: `service="checkout-canary"`. */
  | { readonly kind: 'canary'; readonly by: string }
  /** It measures canary and stable together. `faults`: what share of all requests must fail before the limit is crossed. */
  | { readonly kind: 'allTraffic'; readonly faults: FaultShare | undefined }
  | { readonly kind: 'blind'; readonly because: Blindness }
  /** It could not be read: another provider, or a mistake in the query. */
  | { readonly kind: 'unread'; readonly why: string };

export type Blindness =
  /** It answers a number where there is no data: `answer`, where that is known, and what the conditions make of it. */
  | { readonly kind: 'answersWithoutData'; readonly answer: number | undefined; readonly verdict: WithoutData }
  /** It answers nothing, and its condition takes that for a pass. */
  | { readonly kind: 'passesWithoutData'; readonly condition: string }
  /** It asks for the stable pods alone; `by`: the matcher. */
  | { readonly kind: 'stableOnly'; readonly by: string }
  /** There is no selector in it. */
  | { readonly kind: 'asksNothing' };

/** What the conditions say of the number that is made up. */
export type WithoutData = 'passes' | 'fails' | 'undecided';

const Prometheus = z.looseObject({ query: z.string() });

/** Reads what a metric can see. Its arguments are in place; hashes of pods to come are the scope's. Pure, and never throws. */
export function readSight(metric: Metric, scope: SightScope): Sight {
  const [kind = 'none'] = Object.keys(metric.provider);
  const settings = Prometheus.safeParse(metric.provider.prometheus);
  if (kind !== 'prometheus' || !settings.success) return { kind: 'unread', why: `provider ${kind}` };
  const query = readQuery(settings.data.query);
  if (query === undefined) return { kind: 'unread', why: 'its query has a mistake, or is too long' };
  const because = blindnessOf(metric, query);
  if (because !== undefined) return { kind: 'blind', because };
  const reach = reachOf(query, scope);
  switch (reach.of) {
    case 'canary':
      return { kind: 'canary', by: written(reach.by) };
    case 'stable':
      return { kind: 'blind', because: { kind: 'stableOnly', by: written(reach.by) } };
    case 'none':
      return { kind: 'blind', because: { kind: 'asksNothing' } };
    case 'all':
      return { kind: 'allTraffic', faults: faultShareOf(query, readLimit(metric)) };
  }
}

/** Cannot tell none from zero: made-up numbers, or a condition that takes silence for a pass. NaN is neither a pass nor a number. */
function blindnessOf(metric: Metric, query: Query): Blindness | undefined {
  if (selectorsOf(query).length === 0) return { kind: 'asksNothing' };
  const { isScalar, values } = answerWithoutData(query);
  if (values.length === 0) {
    if (verdictOn(metric, [], '[]') !== 'passes') return undefined;
    return { kind: 'passesWithoutData', condition: metric.successCondition || metric.failureCondition || '' };
  }
  const [answer] = values;
  if (Number.isNaN(answer)) return undefined;
  const known = values.filter((value) => value !== undefined);
  const result = isScalar ? (answer ?? 0) : known;
  const verdict = known.length < values.length ? 'undecided' : verdictOn(metric, result, JSON.stringify(result));
  // absent(…) is asked for that very number: it is only wrong where it passes.
  if (asksForAbsence(query) && verdict !== 'passes') return undefined;
  return { kind: 'answersWithoutData', answer, verdict };
}

function verdictOn(metric: Metric, result: Json, value: string): WithoutData {
  const at = { startedAtMs: 0, finishedAtMs: 0, secrets: [] };
  const { phase } = judgeMeasurement({ kind: 'read', metric, result, value, ...at }, 'strict');
  if (phase === 'Successful') return 'passes';
  return phase === 'Failed' ? 'fails' : 'undecided';
}

function written({ label, operator, value }: Matcher): string {
  return `${label}${operator}${JSON.stringify(value)}`;
}

/**
 * The smallest fault of the canary that would cross the limit while stable is well, in percent of the canary's requests; above 100:
 * none would. Undefined where the metric tells no such share, or the canary has no traffic.
 */
export function smallestVisibleFault(sight: Sight, canaryPercent: number): number | undefined {
  if (sight.kind !== 'allTraffic' || sight.faults === undefined || canaryPercent <= 0) return undefined;
  return (sight.faults.share * 100 * 100) / canaryPercent;
}
