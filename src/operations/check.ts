import { type AnalysisRunSpec, type MetricLimit, readMeasuredNumber, type Sight } from '../analysis/index.ts';
import type { MeasuredNow, MeasureNow } from '../engine/index.ts';
import type { Cluster } from '../kubernetes/index.ts';
import { measuredIn, type PlannedMetric, planRollout, type World } from '../rollout/index.ts';
import { authorise } from './authorise.ts';
import { findFor } from './find.ts';
import type { Refusal, Wish } from './operations.ts';
import type { ReadTools } from './read.ts';
import { refuse } from './situation.ts';

export interface CheckTools extends Pick<ReadTools, 'channels' | 'worldOf'> {
  readonly cluster: Pick<Cluster, 'mayI'>;
  readonly known: Pick<ReadTools['known'], 'list'>;
  readonly measureNow: MeasureNow;
}

/** One measurement of each metric, taken now. */
export interface CheckAnswer {
  readonly done: true;
  readonly namespace: string;
  readonly name: string;
  readonly metrics: readonly CheckedMetric[];
  /** Analyses that no run could be made of, in Argo's words. */
  readonly problems: readonly { readonly templates: readonly string[]; readonly problem: string }[];
  /** Whether there is a canary to measure. */
  readonly update: 'underWay' | 'aborted' | 'none';
  readonly tookMs: number;
}

export interface CheckedMetric {
  readonly name: string;
  readonly templates: readonly string[];
  readonly provider: string;
  readonly limit: MetricLimit | undefined;
  readonly condition: string | undefined;
  readonly isDryRun: boolean;
  readonly sight: Sight;
  /** The shares of a rollout at which it is measured, the least first. */
  readonly atPercents: readonly number[];
  readonly reading: Reading;
}

export type Reading =
  | {
      readonly kind: 'measured';
      /** As a number where it is one, and as the provider wrote it. */
      readonly value: number | undefined;
      readonly text: string;
      readonly verdict: 'passes' | 'fails' | 'inconclusive' | 'error';
      readonly message: string | undefined;
      readonly queryMs: number;
    }
  /** It answered, with nothing or with NaN. */
  | { readonly kind: 'noData'; readonly text: string; readonly queryMs: number }
  /** Its provider did not answer, or what it answered is no answer. */
  | { readonly kind: 'failed'; readonly message: string; readonly queryMs: number }
  /** Arguments that get a value only with an update. */
  | { readonly kind: 'waitsForUpdate'; readonly args: readonly string[] }
  | { readonly kind: 'notAsked'; readonly reason: string };

/** After this the rest is not asked any more: somebody waits for the answer. */
const longestCheckMs = 15_000;

/** Measures everything that this rollout's analyses would measure, once and at once. Reads; nothing is stored, and no turn waits. */
export async function check(wish: Wish, tools: CheckTools): Promise<Refusal | CheckAnswer> {
  const beganMs = performance.now();
  const signal = AbortSignal.timeout(longestCheckMs);
  const found = await findFor(wish, tools, signal);
  if (!found.done) return found;
  const denied = await authorise(wish.person, 'check', found.name, tools.cluster, signal);
  if (denied !== undefined) return denied;
  const world = await tools.worldOf(found.name, signal);
  if (world === undefined) return refuse('unknownRollout', { ...found.name });
  const plan = planRollout(world, [], 'now');
  const measured = measuredIn(plan);
  const asked = uniqueMetrics(measured);
  const { namespace } = found.name;
  const metrics = await Promise.all(
    asked.map(async ({ metric, ...rest }): Promise<CheckedMetric> => {
      const { name, provider, limit, condition, isDryRun, sight } = metric;
      const reading = await take(metric, namespace, tools, signal);
      return { name, provider, limit, condition, isDryRun, sight, ...rest, reading };
    }),
  );
  const problems = measured.flatMap(({ analysis: { templates, problem } }) =>
    problem === undefined ? [] : [{ templates, problem }],
  );
  return {
    done: true,
    ...found.name,
    metrics,
    problems,
    update: updateOf(world),
    tookMs: tenths(performance.now() - beganMs),
  };
}

function updateOf({ rollout: { status } }: World): CheckAnswer['update'] {
  if (status.stableRS === undefined || status.currentPodHash === status.stableRS) return 'none';
  return status.abort === true ? 'aborted' : 'underWay';
}

function tenths(ms: number): number {
  return Math.round(ms * 10) / 10;
}

interface Asked {
  readonly metric: PlannedMetric;
  readonly templates: readonly string[];
  readonly atPercents: readonly number[];
}

/** The same metric with the same arguments is asked once, in however many analyses it stands. */
function uniqueMetrics(measured: ReturnType<typeof measuredIn>): readonly Asked[] {
  const found = new Map<string, Asked>();
  for (const { analysis, atPercents } of measured) {
    for (const metric of analysis.metrics) {
      const key = JSON.stringify(metric.run);
      const known = found.get(key);
      const percents = [...new Set([...(known?.atPercents ?? []), ...atPercents])].sort((a, b) => a - b);
      found.set(key, { metric, templates: known?.templates ?? analysis.templates, atPercents: percents });
    }
  }
  return [...found.values()];
}

async function take(
  { run, waitsFor }: { readonly run: AnalysisRunSpec; readonly waitsFor: readonly string[] },
  namespace: string,
  tools: CheckTools,
  signal: AbortSignal,
): Promise<Reading> {
  if (waitsFor.length > 0) return { kind: 'waitsForUpdate', args: waitsFor };
  try {
    return readingOf(await tools.measureNow({ namespace, spec: run }, signal));
  } catch (error) {
    return { kind: 'notAsked', reason: error instanceof Error ? error.message : String(error) };
  }
}

function readingOf(taken: MeasuredNow): Reading {
  if (!taken.isTaken) return { kind: 'notAsked', reason: taken.reason };
  const { measurement, wasRead, tookMs } = taken;
  const queryMs = tenths(tookMs);
  const { message, value: text = '' } = measurement;
  if (!wasRead) return { kind: 'failed', message: message ?? 'no answer', queryMs };
  const value = readMeasuredNumber(text);
  if (text === '[]' || text === '' || isNaNText(text)) return { kind: 'noData', text, queryMs };
  return { kind: 'measured', value, text, verdict: verdictOf(measurement.phase), message, queryMs };
}

/** `NaN`, `[NaN]`: a division of nothing by nothing. */
function isNaNText(text: string): boolean {
  return /^\[?NaN(?:,NaN)*\]?$/.test(text);
}

function verdictOf(phase: string): Extract<Reading, { kind: 'measured' }>['verdict'] {
  switch (phase) {
    case 'Successful':
      return 'passes';
    case 'Failed':
      return 'fails';
    case 'Inconclusive':
      return 'inconclusive';
    default:
      return 'error';
  }
}
