import {
  type AnalysisRunSpec,
  type Evidence,
  judgeMeasurement,
  type Measurement,
  resolveMetrics,
} from '../analysis/index.ts';
import { type MeasurementTools, readSecrets, takeMeasurement } from './measurement.ts';

/** One measurement of one metric, and what its conditions say of it; `tookMs` is the provider's own time. */
export type MeasuredNow =
  | { readonly isTaken: true; readonly measurement: Measurement; readonly wasRead: boolean; readonly tookMs: number }
  /** Never asked: an argument has no value, or the time was up before its turn came. */
  | { readonly isTaken: false; readonly reason: string };

export type MeasureNow = (
  run: { readonly namespace: string; readonly spec: AnalysisRunSpec },
  signal: AbortSignal,
) => Promise<MeasuredNow>;

/** Queries of all checks of this process at once: a hundred people who check storm no Prometheus, and a hanging one holds up few. */
const MOST_AT_ONCE = 8;
const LONGEST_QUERY_MS = 10_000;

/**
 * Takes measurements that belong to no run and are stored nowhere: for people who ask what a metric says now. Beside the turns, never
 * in one: it takes nothing from them.
 */
export function createMeasureNow(tools: MeasurementTools & { readonly evidence: Evidence }): MeasureNow {
  let free = MOST_AT_ONCE;
  const waiting: (() => void)[] = [];

  async function measure(run: Parameters<MeasureNow>[0], signal: AbortSignal): Promise<MeasuredNow> {
    const secrets = await readSecrets(tools, run, signal);
    if (!secrets.areRead) return { isTaken: false, reason: secrets.reason };
    const resolved = resolveMetrics(run.spec, secrets.values);
    if (!resolved.isResolved) return { isTaken: false, reason: resolved.reason };
    const [metric] = resolved.value;
    if (metric === undefined) return { isTaken: false, reason: 'no metrics specified' };
    const limit = AbortSignal.any([signal, AbortSignal.timeout(LONGEST_QUERY_MS)]);
    const beganMs = performance.now();
    const outcome = await takeMeasurement(tools, { metric, hidden: [...secrets.values.values()] }, limit);
    const tookMs = performance.now() - beganMs;
    const measurement = judgeMeasurement(outcome, tools.evidence);
    return { isTaken: true, measurement, wasRead: outcome.kind === 'read', tookMs };
  }

  return async (run, signal) => {
    if (free > 0) free--;
    else await new Promise<void>((resolve) => waiting.push(resolve));
    try {
      if (signal.aborted) return { isTaken: false, reason: 'the time was up before its turn came' };
      return await measure(run, signal);
    } finally {
      // Handed on, so that whoever comes now does not overtake whoever waits.
      const next = waiting.shift();
      if (next === undefined) free++;
      else next();
    }
  };
}
