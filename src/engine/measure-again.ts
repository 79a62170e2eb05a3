import {
  type AnalysisRun,
  judgeMeasurement,
  type Metric,
  resolveMetrics,
  secretReferences,
} from '../analysis/index.ts';
import type { MetricProviders } from '../metric-providers/index.ts';
import type { Look } from './look.ts';
import type { VerifyTools } from './verify.ts';

export interface MeasureAgainTools {
  readonly providers: MetricProviders;
  readonly nowMs: () => number;
}

/** A verification looks every two seconds: a provider that needs longer has not answered. */
const timeoutMs = 5000;

/** Takes one more measurement of the metric that decided an abort, and judges it by its own condition. */
export function createMeasureAgain(tools: MeasureAgainTools): VerifyTools['measureAgain'] {
  return async (look, signal) => {
    const metric = guiltyMetric(look);
    if (metric === undefined) return undefined;
    const { provider, settings } = tools.providers.choose(metric.provider);
    const startedAtMs = tools.nowMs();
    const reading = await provider.measure(
      settings,
      startedAtMs,
      AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]),
    );
    const outcome = {
      kind: 'read',
      metric,
      startedAtMs,
      finishedAtMs: tools.nowMs(),
      secrets: [],
      ...reading,
    } as const;
    return { reading, isInsideLimit: judgeMeasurement(outcome, look.world.evidence).phase === 'Successful' };
  };
}

/** The first metric of this revision that ended badly; undefined when nothing was measured to blame, or its query needs a secret. */
function guiltyMetric({ world }: Look): Metric | undefined {
  const { currentPodHash } = world.rollout.status;
  const runs = world.analysisRuns.filter((run) => run.metadata.labels['rollouts-pod-template-hash'] === currentPodHash);
  for (const run of runs) {
    const name = run.status.metricResults.find(({ phase, dryRun }) => isBad(phase) && dryRun !== true)?.name;
    if (name === undefined || secretReferences(run).length > 0) continue;
    return metricsOf(run).find((metric) => metric.name === name);
  }
  return undefined;
}

function isBad(phase: string): boolean {
  return phase === 'Failed' || phase === 'Error';
}

function metricsOf(run: AnalysisRun): readonly Metric[] {
  const resolved = resolveMetrics(run.spec);
  return resolved.isResolved ? resolved.value : [];
}
