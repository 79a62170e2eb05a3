import { type Json, redact as redactKinds } from '../lib/index.ts';
import type { Measurement } from './analysis-run.ts';
import type { Metric } from './analysis-template.ts';
import { answerCondition, type ConditionAnswer } from './conditions/condition.ts';
import { redact } from './resolve.ts';
import { formatTimestamp } from './timestamp.ts';

/** `argo`: a metric without a condition passes, NaN is what the condition makes of it. `strict`: both are Inconclusive. */
export type Evidence = 'strict' | 'argo';

/** What taking one measurement came to. */
export type MeasurementOutcome = {
  /** With all arguments in place, secrets too. */
  readonly metric: Metric;
  readonly startedAtMs: number;
  readonly finishedAtMs: number;
  /** Values that must not be seen in messages. */
  readonly secrets: readonly string[];
  /** Kept once for the metric, such as ResolvedPrometheusQuery. */
  readonly metricMetadata?: Readonly<Record<string, string>> | undefined;
} & (
  | {
      readonly kind: 'read';
      readonly result: Json;
      readonly value: string;
      readonly metadata?: Readonly<Record<string, string>> | undefined;
    }
  /** The provider judges for itself (a Job that completed or failed): it is its own condition, and those of the metric do not count. */
  | {
      readonly kind: 'judged';
      readonly phase: 'Successful' | 'Failed' | 'Inconclusive';
      readonly message?: string | undefined;
      readonly value?: string | undefined;
      readonly metadata?: Readonly<Record<string, string>> | undefined;
    }
  /** It takes time: look again then. `metadata` says what to look at, `message` what is known of it so far. */
  | {
      readonly kind: 'underWay';
      readonly resumeAtMs: number;
      readonly message?: string | undefined;
      readonly metadata?: Readonly<Record<string, string>> | undefined;
    }
  /** The provider failed, in its words. `metadata`: of a measurement that was under way. */
  | {
      readonly kind: 'failed';
      readonly message: string;
      readonly metadata?: Readonly<Record<string, string>> | undefined;
    }
);

type Taken = Extract<MeasurementOutcome, { kind: 'read' }>;

interface Verdict {
  readonly phase: 'Successful' | 'Failed' | 'Inconclusive' | 'Error';
  readonly message?: string;
}

/** Says what a measurement means: its phase by the metric's conditions (Argo's EvaluateResult). */
export function judgeMeasurement(outcome: MeasurementOutcome, evidence: Evidence): Measurement {
  const metadata = metadataOf(outcome);
  if (outcome.kind === 'underWay') {
    const times = { startedAt: formatTimestamp(outcome.startedAtMs), resumeAt: formatTimestamp(outcome.resumeAtMs) };
    return { phase: 'Running', ...messageOf(outcome), ...times, ...metadata };
  }
  const verdict = verdictOn(outcome, evidence);
  const value = outcome.kind === 'failed' ? undefined : outcome.value;
  return {
    phase: verdict.phase,
    ...messageOf({ message: verdict.message, secrets: outcome.secrets }),
    startedAt: formatTimestamp(outcome.startedAtMs),
    finishedAt: formatTimestamp(outcome.finishedAtMs),
    // Unlike Argo, a measurement whose condition is in error keeps its value: it says what the condition choked on.
    ...(value !== undefined && { value }),
    ...metadata,
  };
}

/** What a provider throws back may hold what its own settings hold: the run's status, events and records are read by many. */
function messageOf({
  message,
  secrets,
}: {
  readonly message?: string | undefined;
  readonly secrets: readonly string[];
}): Pick<Measurement, 'message'> {
  return message === undefined ? {} : { message: redactKinds(redact(message, secrets)) };
}

/** What a measurement that takes time says of itself is how it is found again: a secret that looks like part of it takes nothing away. */
function metadataOf({ kind, metadata, secrets }: MeasurementOutcome): Pick<Measurement, 'metadata'> {
  if (metadata === undefined) return {};
  return { metadata: kind === 'read' ? redactAll(metadata, secrets) : { ...metadata } };
}

function verdictOn(outcome: Exclude<MeasurementOutcome, { kind: 'underWay' }>, evidence: Evidence): Verdict {
  switch (outcome.kind) {
    case 'read':
      return judgeResult(outcome, evidence);
    case 'judged':
      return { phase: outcome.phase, ...(outcome.message !== undefined && { message: outcome.message }) };
    case 'failed':
      return { phase: 'Error', message: outcome.message };
  }
}

/** Redacts every value of a measurement's or metric's metadata (unlike Argo, which leaves secrets in resolved queries). */
export function redactAll(
  metadata: Readonly<Record<string, string>>,
  secrets: readonly string[],
): Record<string, string> {
  return Object.fromEntries(Object.entries(metadata).map(([key, text]) => [key, redact(text, secrets)]));
}

/** The providers whose lists of numbers are lists of floats in Argo; all others find them in JSON. */
const FIND_FLOATS = ['prometheus', 'wavefront', 'graphite'];

function judgeResult({ metric, result, finishedAtMs }: Taken, evidence: Evidence): Verdict {
  const [provider = ''] = Object.keys(metric.provider);
  const numbersAre = FIND_FLOATS.includes(provider) ? 'floats' : 'anything';
  const { successCondition = '', failureCondition = '' } = metric;
  const answers = new Map<string, Extract<ConditionAnswer, { isAnswered: true }>>();
  // The order is Argo's: an error of the successCondition hides one of the failureCondition.
  for (const [field, source] of Object.entries({ successCondition, failureCondition })) {
    if (source === '') continue;
    const answer = answerCondition(source, result, { nowMs: finishedAtMs, numbersAre });
    if (!answer.isAnswered) {
      const cause = isNoData(result) ? NO_DATA : answer.reason;
      // The condition stands between the quotes as it was written, quotes of its own and all.
      return { phase: 'Error', message: `could not evaluate ${field} "${source}": ${cause}` };
    }
    answers.set(field, answer);
  }
  const success = answers.get('successCondition');
  const failure = answers.get('failureCondition');
  if (success === undefined && failure === undefined) {
    return evidence === 'argo' ? { phase: 'Successful' } : { phase: 'Inconclusive', message: NO_CONDITION };
  }
  const isFailed = failure === undefined ? success?.isTrue === false : failure.isTrue;
  const isSuccessful = success === undefined ? !isFailed : success.isTrue;

  const met = [success, failure].filter((answer) => answer?.hasMetNaN === true);
  if (evidence === 'strict' && met.length > 0) {
    // Where the condition itself asks isNaN and calls it a failure, its author has spoken: going back is always safe.
    const isMeant = isFailed && met.some((answer) => answer?.asksIsNaN === true);
    return isMeant ? { phase: 'Failed' } : { phase: 'Inconclusive', message: NAN };
  }
  if (isFailed) return { phase: 'Failed' };
  return { phase: isSuccessful ? 'Successful' : 'Inconclusive' };
}

const NO_DATA = 'metric result is nil or empty: no data returned from the metric provider';
const NO_CONDITION = 'the metric has neither a successCondition nor a failureCondition: nothing says what a pass is';
const NAN = 'the measurement is NaN (not a number): neither a pass nor a failure';

function isNoData(result: Json): boolean {
  return result === null || (Array.isArray(result) && result.length === 0);
}
