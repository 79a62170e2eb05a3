import { expect, it } from 'vitest';
import { AnalysisTemplate } from '../../../src/analysis/index.ts';
import { type Delivery, readDelivery } from '../../../src/rollout/index.ts';
import { metricLines } from '../../../src/slack/messages/metric-words.ts';
import { aMetric } from '../../support/a-delivery.ts';
import { aRollout } from '../../support/builders.ts';
import { SimulatedCluster } from '../../support/simulated-cluster.ts';

const queries = {
  hash: 'sum(x{pod=~"checkout-{{args.hash}}-.*"})',
  stable: 'sum(x{hash="{{args.old}}"})',
  service: 'sum(x{service="checkout-canary"})',
  all: 'sum(x)',
  made: 'sum(x) or vector(0)',
  token: 'sum(x{token="{{args.token}}"})',
};
const template = AnalysisTemplate.parse({
  kind: 'AnalysisTemplate',
  metadata: { name: 'slo', namespace: 'shop' },
  spec: {
    args: [{ name: 'hash' }, { name: 'old' }, { name: 'token', valueFrom: { secretKeyRef: { name: 's', key: 'k' } } }],
    metrics: Object.entries(queries).map(([name, query]) => ({
      name,
      count: 1,
      successCondition: 'result[0] < 5',
      provider: { prometheus: { address: 'http://prometheus', query } },
    })),
  },
});
const args = [
  { name: 'hash', valueFrom: { podTemplateHashValue: 'Latest' } },
  { name: 'old', valueFrom: { podTemplateHashValue: 'Stable' } },
];

function sightsOf({ metrics }: Delivery): Readonly<Record<string, string | undefined>> {
  return Object.fromEntries(metrics.map(({ name, sight }) => [name, sight?.kind]));
}

it('says of each metric under way what it can see, and says the same when its revision is stable', () => {
  const steps = [{ setWeight: 10 }, { analysis: { templates: [{ templateName: 'slo' }], args } }, { pause: {} }];
  const cluster = new SimulatedCluster(
    aRollout()
      .image('checkout:1')
      .routed()
      .steps(...steps)
      .build(),
    [template],
  );
  const deliver = () => readDelivery(cluster.world(), { clusterUid: 'cluster' });
  cluster.settle();
  cluster.release('checkout:2');
  cluster.settle();
  const seen = {
    hash: 'canary',
    stable: 'blind',
    service: 'canary',
    all: 'allTraffic',
    made: 'blind',
    token: 'allTraffic',
  };
  expect(deliver().state).toBe('checking');
  expect(sightsOf(deliver())).toEqual(seen);

  cluster.patch({ status: { promoteFull: true } });
  cluster.settle();
  expect(deliver().state).toBe('live');
  // Its hash is the stable one by now; for its analysis it was the canary's. The stable one of then is nobody's any more.
  expect(sightsOf(deliver())).toEqual({ ...seen, stable: 'allTraffic' });
});

it('marks on a card only what takes away from the evidence, and a long name makes room', () => {
  const name = 'success-rate-of-checkout';
  const lines = metricLines(
    [
      aMetric({ sight: { kind: 'canary', by: 'x' } }),
      aMetric({ sight: { kind: 'unread', why: 'x' } }),
      aMetric({ sight: undefined }),
      aMetric({ name, sight: { kind: 'allTraffic', faults: undefined } }),
      aMetric({ name, sight: { kind: 'blind', because: { kind: 'asksNothing' } } }),
    ],
    5,
  );
  const plain = '✓ success-rate 99.6 % (≥ 95 %) · 2/3';
  const marked = '✓ success-rate-of… 99.6 % (≥ 95 %) · 2/3';
  expect(lines).toEqual([plain, plain, plain, `${marked} · all traffic`, `${marked} · blind`]);
});
