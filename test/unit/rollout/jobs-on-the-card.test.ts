import { describe, expect, it } from 'vitest';
import { AnalysisTemplate } from '../../../src/analysis/index.ts';
import { readDelivery } from '../../../src/rollout/index.ts';
import { guiltyLines, metricLine } from '../../../src/slack/messages/metric-words.ts';
import { aMetric } from '../../support/analysis-run.ts';
import { aRollout } from '../../support/builders.ts';
import { SimulatedCluster } from '../../support/simulated-cluster.ts';

const job = { name: 'smoke-test', provider: { job: { spec: { template: {} } } } };
const at = '2026-11-20T10:00:00Z';
const begun = { phase: 'Running', startedAt: at, metadata: { 'job-name': 'x' } } as const;
const failed = { phase: 'Failed', startedAt: at, finishedAt: at, message: 'Job x failed: no more' } as const;
const none = {
  count: 0,
  successful: 0,
  failed: 0,
  inconclusive: 0,
  error: 0,
  consecutiveError: 0,
  consecutiveSuccess: 0,
};

/** At the step that runs a Job beside a metric with numbers, the Job's result being this. */
function deliverWith(result: object, status: object = {}) {
  const spec = { metrics: [job, aMetric({ count: 3 })] };
  const template = AnalysisTemplate.parse({
    kind: 'AnalysisTemplate',
    metadata: { name: 'check', namespace: 'shop' },
    spec,
  });
  const plan = [{ setWeight: 10 }, { analysis: { templates: [{ templateName: 'check' }] } }, { pause: {} }];
  const rollout = aRollout().image('app:1').routed();
  const cluster = new SimulatedCluster(rollout.steps(...plan).build(), [template]);
  cluster.settle();
  cluster.release('app:2');
  cluster.settle();
  cluster.analysisRuns = cluster.analysisRuns.map((run) => ({
    ...run,
    status: {
      phase: 'Running',
      metricResults: [{ ...none, name: 'smoke-test', phase: 'Running', measurements: [], ...result }],
      ...status,
    },
  }));
  cluster.settle();
  return readDelivery(cluster.world(), { clusterUid: 'cluster', startedAtMs: 1 });
}

describe('a Job on the card', () => {
  it('is running while it runs, and the numbers beside it are drawn', () => {
    const { metrics, series, state } = deliverWith({ measurements: [begun] });
    const line = metrics.find(({ name }) => name === 'smoke-test');

    expect(state).toBe('checking');
    expect(line === undefined ? '' : metricLine(line)).toBe('· smoke-test running · 0/1');
    expect(series?.metric).toBe('success-rate');
  });

  it('that failed is guilty in words, without a picture', () => {
    const message =
      'Metric "smoke-test" assessed Failed due to failed (1) > failureLimit (0): "Error Message: Job x failed: no more"';
    const result = { phase: 'Failed', measurements: [failed], count: 1, failed: 1, message: failed.message };
    const { guilty, series, reason } = deliverWith(result, { phase: 'Failed', message });

    expect(guilty === undefined ? [] : guiltyLines(guilty)).toEqual(['✗ smoke-test failed\u00a01\u00a0of\u00a01']);
    expect(reason).toContain('Job x failed: no more');
    expect(series).toBeUndefined();
  });
});
