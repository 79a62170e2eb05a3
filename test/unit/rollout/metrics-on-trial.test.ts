import { describe, expect, it } from 'vitest';
import { AnalysisTemplate } from '../../../src/analysis/index.ts';
import { DeliveryRecord, deriveEntries } from '../../../src/records/index.ts';
import { readDelivery } from '../../../src/rollout/index.ts';
import { metricLine } from '../../../src/slack/messages/metric-words.ts';
import { aMetric, drive, type Reading } from '../../support/analysis-run.ts';
import { aRollout } from '../../support/builders.ts';
import { SimulatedCluster } from '../../support/simulated-cluster.ts';

const success = { name: 'success-rate', count: 3, interval: '1s' };
const latency = { name: 'latency-p99', count: 3, interval: '1s', successCondition: 'result[0] < 500' };

/** A rollout at the step that checks a metric that counts, and one on trial. */
function atAnalysis(): SimulatedCluster {
  const template = AnalysisTemplate.parse({
    kind: 'AnalysisTemplate',
    metadata: { name: 'slos', namespace: 'shop' },
    spec: { metrics: [aMetric(success), aMetric(latency)], dryRun: [{ metricName: 'latency.*' }] },
  });
  const plan = [{ setWeight: 10 }, { analysis: { templates: [{ templateName: 'slos' }] } }, { pause: {} }];
  const rollout = aRollout().image('ghcr.io/acme/checkout:1').routed();
  const cluster = new SimulatedCluster(rollout.steps(...plan).build(), [template]);
  cluster.settle();
  cluster.release('ghcr.io/acme/checkout:2');
  cluster.settle();
  return cluster;
}

/** Lets its run measure this much. */
function measure(cluster: SimulatedCluster, readings: Readonly<Record<string, readonly Reading[]>>, untilMs = 600_000) {
  cluster.analysisRuns = cluster.analysisRuns.map((run) => ({
    ...run,
    status: { ...drive({ ...run, status: { metricResults: [] } }, readings, { untilMs }).status },
  }));
}

function deliver(cluster: SimulatedCluster) {
  return readDelivery(cluster.world(), { clusterUid: 'cluster', startedAtMs: 1 });
}

const fine = [[0.99]];
const slow = [[620]];
const silent = [new Error('prometheus said no')];

describe('a metric on trial (dryRun)', () => {
  it.each<[string, readonly Reading[], string]>([
    ['fails', slow, '! latency-p99 620 ms (&lt; 500 ms) watch · 1/3'],
    ['gives no data', silent, '○ latency-p99 no data (&lt; 500 ms)'],
    ['passes', [[310]], '✓ latency-p99 310 ms (&lt; 500 ms)'],
  ])('that %s decides nothing', (_, readings, line) => {
    const cluster = atAnalysis();
    measure(cluster, { 'success-rate': fine, 'latency-p99': readings }, 0);
    cluster.settle();
    const delivery = deliver(cluster);
    const shown = delivery.metrics.find(({ name }) => name === 'latency-p99');

    expect(delivery.state).toBe('checking');
    expect(shown).toMatchObject({ isDryRun: true });
    expect(shown === undefined ? '' : metricLine(shown)).toContain(line.split(' · ')[0]);

    measure(cluster, { 'success-rate': fine, 'latency-p99': readings });
    cluster.settle();
    expect(deliver(cluster)).toMatchObject({ state: 'gate', guilty: undefined, reason: undefined });
    expect(cluster.rollout.status.abort).not.toBe(true);
  });

  it.each<[string, readonly Reading[], string | undefined]>([
    ['failed', slow, 'Failed: first [620], worst [620], last [620]; limit < 500; 1 failed'],
    ['was in error', silent, 'Error: limit < 500; 5 errors'],
    ['was NaN', [[Number.NaN]], 'Inconclusive: first [null]'],
    ['passed', [[310]], undefined],
  ])('that %s is told once, as a notice and no verdict', (_, readings, words) => {
    const cluster = atAnalysis();
    measure(cluster, { 'success-rate': fine, 'latency-p99': readings });
    cluster.settle();
    const spec = { rollout: { name: 'checkout', uid: 'uid-checkout', revision: 2 } };
    const record = DeliveryRecord.parse({ metadata: { name: 'record' }, spec });
    const { entries, seen } = deriveEntries(record, { world: cluster.world(), revision: 2 });
    const raised = entries.filter(({ event }) => event === 'watchRaised');

    expect(raised.map(({ text }) => text.slice(0, 400))).toEqual(
      words === undefined
        ? []
        : [expect.stringContaining(`latency-p99 is on trial (dryRun) and would have been ${words}`)],
    );
    expect(
      entries.map(({ event }) => event).filter((event) => event === 'inconclusive' || event === 'aborted'),
    ).toEqual([]);
    const again = deriveEntries({ ...record, seen: { ...seen } }, { world: cluster.world(), revision: 2 });
    expect(again.entries).toEqual([]);
    const later = deriveEntries({ ...record, seen: { ...again.seen } }, { world: cluster.world(), revision: 2 });
    expect(later.entries).toEqual([]);
  });

  it('is shown after what counts', () => {
    const cluster = atAnalysis();
    measure(cluster, { 'success-rate': [[0.5]], 'latency-p99': slow }, 0);
    cluster.settle();

    expect(deliver(cluster).metrics.map(({ name, verdict }) => [name, verdict])).toEqual([
      ['success-rate', 'failed'],
      ['latency-p99', 'watch'],
    ]);
    expect(deliver(cluster).guilty?.name).toBe('success-rate');
  });
});
