import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Verb, validateRollout } from '../../../src/rollout/index.ts';
import { aRollout } from '../../support/builders.ts';
import { SimulatedCluster } from '../../support/simulated-cluster.ts';

const GATEWAY = {
  trafficRouting: {
    plugins: { 'argoproj-labs/gatewayAPI': { httpRoute: 'checkout' } },
    managedRoutes: [{ name: 'testers' }, { name: 'copies' }],
  },
};
const testers = { name: 'testers', match: [{ headerName: 'x-tester', headerValue: { exact: 'yes' } }] };
const copies = { name: 'copies', percentage: 35, match: [{ path: { prefix: '/api' } }] };
const HEADER = { name: 'testers', header: testers.match };
const MIRROR = { name: 'copies', mirror: copies.match, percentage: 35 };
const STEPS = [
  { setCanaryScale: { replicas: 1 } },
  { setHeaderRoute: testers },
  { pause: {} },
  { setMirrorRoute: copies },
  { pause: {} },
  { setHeaderRoute: { name: 'testers' } },
  { setWeight: 20 },
  { pause: {} },
];

function begin(steps: readonly object[] = STEPS): SimulatedCluster {
  const cluster = new SimulatedCluster(
    aRollout()
      .image('app:1')
      .routed()
      .canary(GATEWAY)
      .steps(...steps)
      .build(),
  );
  cluster.settle();
  expect([cluster.rollout.status.phase, cluster.routes]).toEqual(['Healthy', []]);
  cluster.release('app:2');
  return cluster;
}

describe('header and mirror routes', () => {
  it('are set by their steps once a canary pod is there, and taken away by the next step of their name, and by the end', () => {
    const cluster = begin();
    cluster.turn();
    cluster.turn();
    expect(cluster.routes).toEqual([]);
    cluster.settle();
    expect([cluster.routes, cluster.rollout.status.currentStepIndex, cluster.weight ?? 0]).toEqual([[HEADER], 2, 0]);
    cluster.ask('promote');
    cluster.settle();
    expect([cluster.routes, cluster.rollout.status.currentStepIndex]).toEqual([[HEADER, MIRROR], 4]);
    cluster.ask('promote');
    cluster.settle();
    expect([cluster.routes, cluster.weight]).toEqual([[MIRROR], 20]);
    cluster.ask('promote');
    cluster.settle();
    expect([cluster.rollout.status.phase, cluster.routes, cluster.weight]).toEqual(['Healthy', [], 0]);
  });

  it.each<[string, (cluster: SimulatedCluster) => void]>([
    ['an abort', (cluster) => cluster.ask('abort')],
    ['a wish to finish', (cluster) => cluster.ask('promoteFull')],
    ['another template', (cluster) => cluster.release('app:3')],
    ['the way back', (cluster) => cluster.release('app:1')],
    ['a canary without any pod', (cluster) => cluster.ready(cluster.canary()?.podHash, 0)],
  ])('are taken away first by %s', (_what, change) => {
    const cluster = begin();
    cluster.settle();
    expect(cluster.routes).toEqual([HEADER]);
    change(cluster);
    const before = cluster.performed.length;
    cluster.turn();
    expect(cluster.performed[before]).toEqual({ kind: 'setRoutes', routes: [] });
    expect(cluster.routes).toEqual([]);
  });

  it('are not set while somebody holds the rollout', () => {
    const cluster = begin();
    cluster.ask('pause');
    cluster.settle();
    expect([cluster.routes, cluster.rollout.status.currentStepIndex]).toEqual([[], 0]);
    cluster.ask('resume');
    cluster.settle();
    expect(cluster.routes).toEqual([HEADER]);
  });

  it('come in the order of managedRoutes, and are set again where somebody has taken one away', () => {
    const cluster = begin([{ setMirrorRoute: copies }, { setHeaderRoute: testers }, { setWeight: 10 }, { pause: {} }]);
    cluster.settle();
    expect(cluster.routes).toEqual([HEADER, MIRROR]);
    cluster.routes = [MIRROR];
    cluster.turn();
    expect(cluster.routes).toEqual([HEADER, MIRROR]);
  });

  it('bring nobody to an aborted canary, nor to one of a step that is not stored, whatever happens', () => {
    const verb = fc.constantFrom<Verb[]>(
      'abort',
      'retry',
      'promote',
      'promote',
      'promoteFull',
      'skip',
      'pause',
      'resume',
    );
    const act = fc.oneof(
      fc.record({ verb }),
      fc.record({ image: fc.constantFrom('app:1', 'app:2', 'app:3') }),
      fc.record({ after: fc.constantFrom(1, 2, 4, 99) }),
      fc.record({ pods: fc.constantFrom(0, 1, 99, 99) }),
    );
    fc.assert(
      fc.property(fc.array(act, { maxLength: 25 }), (acts) => {
        const cluster = begin();
        let atReading = cluster.rollout.status;
        cluster.watch((_decision, world) => {
          atReading = world.rollout.status;
        });
        let before = cluster.routes.length;
        cluster.afterEffect = (effect) => {
          if (effect.kind === 'setRoutes' && effect.routes.length > before) {
            expect(atReading.abort ?? false, 'no route to an aborted canary').toBe(false);
            expect(atReading.currentStepIndex ?? 0, 'only of a stored step').toBeGreaterThanOrEqual(1);
            expect(cluster.rollout.status.currentStepIndex).toBe(atReading.currentStepIndex);
            expect(cluster.rollout.spec.paused ?? false).toBe(false);
          }
          before = cluster.routes.length;
        };
        for (const one of acts) {
          if ('verb' in one) cluster.ask(one.verb);
          else if ('image' in one) cluster.release(one.image);
          else if ('pods' in one) cluster.ready(cluster.canary()?.podHash, one.pods);
          else cluster.turn({ crashAfterEffects: one.after });
        }
        cluster.settle();
        const { phase } = cluster.rollout.status;
        if (phase === 'Healthy' || phase === 'Degraded') expect(cluster.routes).toEqual([]);
      }),
      { numRuns: Number(process.env.PROMISE_RUNS ?? 60) },
    );
  }, 300_000);

  it.each([
    [
      'behind nginx',
      aRollout().routed().steps({ setHeaderRoute: testers }).build(),
      'SetHeaderRoute requires TrafficRouting, supports Istio and ALB and Apisix',
    ],
    [
      'copies behind nginx',
      aRollout().routed().steps({ setMirrorRoute: copies }).build(),
      'SetMirrorRoute requires TrafficRouting, supports Istio and Plugins',
    ],
    [
      'without a router',
      aRollout().steps({ setHeaderRoute: testers }).build(),
      'SetHeaderRoute requires TrafficRouting',
    ],
    [
      'that the Rollout does not list',
      aRollout()
        .routed()
        .canary(GATEWAY)
        .steps({ setHeaderRoute: { name: 'others' } })
        .build(),
      'spec.strategy.steps[0].setHeaderRoute: Invalid value: "others": Steps define a route that does not exist in spec.strategy.canary.trafficRouting.managedRoutes',
    ],
    [
      'that compare with nothing',
      aRollout()
        .routed()
        .canary(GATEWAY)
        .steps({ setHeaderRoute: { name: 'testers', match: [{ headerName: 'a', headerValue: {} }] } })
        .build(),
      'StringMatch value missed, match value must have one of the following: exact, regex, prefix',
    ],
    [
      'that compare twice',
      aRollout()
        .routed()
        .canary(GATEWAY)
        .steps({ setMirrorRoute: { name: 'copies', match: [{ path: { exact: '/', prefix: '/' } }] } })
        .build(),
      'StringMatch match value must have exactly one of the following: exact, regex, prefix',
    ],
  ])('are refused %s', (_what, rollout, words) => {
    expect(validateRollout(new SimulatedCluster(rollout).world()).join('\n')).toContain(words);
  });
});
