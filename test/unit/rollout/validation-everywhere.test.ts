import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { stringify } from 'yaml';
import type { AnalysisTemplate } from '../../../src/analysis/index.ts';
import { lint } from '../../../src/lint/index.ts';
import { decide, planRollout, Rollout, type World } from '../../../src/rollout/index.ts';
import { anAnalysisTemplate, aRollout } from '../../support/builders.ts';
import { SimulatedCluster } from '../../support/simulated-cluster.ts';
import { definitions } from '../lint/definitions.ts';

// Each mistake is said in the same words on the object, in a plan, and by lint; and nothing is scaled for it.

const steps = (...list: readonly object[]) =>
  aRollout()
    .routed()
    .steps(...list);
const canary = (strategy: object) => aRollout().routed().canary(strategy);
const pods = (spec: object, labels: object = { app: 'checkout' }) => {
  const template = { metadata: { labels }, spec: { containers: [{ name: 'app', image: 'app:1' }], ...spec } };
  return aRollout().spec({ template });
};
const container = (fields: object) => pods({ containers: [{ name: 'app', image: 'app:1', ...fields }] });
const gateway = (...list: readonly object[]) =>
  steps(...list).canary({
    trafficRouting: {
      plugins: { 'argoproj-labs/gatewayAPI': { httpRoute: 'checkout' } },
      managedRoutes: [{ name: 'testers' }],
    },
  });
const analysis = (name: string, args: readonly object[] = []) => ({
  analysis: { templates: [{ templateName: name }], args },
});
const header = (name: string, headerValue: object) => ({
  setHeaderRoute: { name, match: [{ headerName: 'x-tester', headerValue }] },
});
const templates = [anAnalysisTemplate('success'), anAnalysisTemplate('endless', 0)];

type Row = readonly [what: string, rollout: Rollout, problem: string];

/** What the spec alone tells. */
const staticRows: readonly Row[] = [
  [
    'an empty selector',
    aRollout().spec({ selector: {} }).build(),
    'spec.selector: Invalid value: {}: empty selector is invalid for deployment',
  ],
  [
    'a selector of other pods',
    pods({}, { app: 'cart' }).build(),
    'spec.template.metadata.labels: Invalid value: {"app":"cart"}: `selector` does not match template `labels`',
  ],
  [
    'an expression that chooses other pods',
    aRollout()
      .spec({ selector: { matchExpressions: [{ key: 'app', operator: 'NotIn', values: ['checkout'] }] } })
      .build(),
    '`selector` does not match template `labels`',
  ],
  [
    'an expression without values',
    aRollout()
      .spec({ selector: { matchExpressions: [{ key: 'app', operator: 'In', values: [] }] } })
      .build(),
    "spec.selector.matchExpressions[0].values: Required value: must be specified when `operator` is 'In' or 'NotIn'",
  ],
  ['no containers', pods({ containers: [] }).build(), 'spec.template.spec.containers: Required value'],
  ['no image', container({ image: '' }).build(), 'spec.template.spec.containers[0].image: Required value'],
  [
    'a name that no container may have',
    container({ name: 'App' }).build(),
    'spec.template.spec.containers[0].name: Invalid value: "App": a lowercase RFC 1123 label must consist of',
  ],
  [
    'two containers of one name',
    pods({ initContainers: [{ name: 'app', image: 'b' }] }).build(),
    'spec.template.spec.initContainers[0].name: Duplicate value: "app"',
  ],
  [
    'pods that end',
    pods({ restartPolicy: 'Never' }).build(),
    'spec.template.spec.restartPolicy: Unsupported value: "Never": supported values: "Always"',
  ],
  [
    'pods that end in time',
    pods({ activeDeadlineSeconds: 5 }).build(),
    'spec.template.spec.activeDeadlineSeconds: Forbidden: activeDeadlineSeconds in ReplicaSet is not Supported',
  ],
  [
    'a port that is none',
    container({ ports: [{ containerPort: 70_000 }] }).build(),
    'spec.template.spec.containers[0].ports[0].containerPort: Invalid value: 70000: must be between 1 and 65535, inclusive',
  ],
  [
    'a volume that is not there',
    container({ volumeMounts: [{ name: 'data', mountPath: '/d' }] }).build(),
    'spec.template.spec.containers[0].volumeMounts[0].name: Not found: "data"',
  ],
  [
    'a pull policy that nobody knows',
    container({ imagePullPolicy: 'Sometimes' }).build(),
    'spec.template.spec.containers[0].imagePullPolicy: Unsupported value: "Sometimes": supported values: "Always", "IfNotPresent", "Never"',
  ],
  [
    'no strategy',
    aRollout().spec({ strategy: {} }).build(),
    "spec.strategy.strategy: Required value: Rollout has missing field '.spec.strategy.canary or .spec.strategy.blueGreen'",
  ],
  [
    'two strategies',
    aRollout()
      .spec({ strategy: { canary: {}, blueGreen: { activeService: 'a' } } })
      .build(),
    'spec.strategy.strategy: Invalid value: "blueGreen: true canary: true": Multiple Strategies can not be listed',
  ],
  [
    'a deadline before pods can be ready',
    aRollout().spec({ progressDeadlineSeconds: 5, minReadySeconds: 5 }).build(),
    'spec.progressDeadlineSeconds: Invalid value: 5: must be greater than minReadySeconds',
  ],
  [
    'fewer than no pods',
    aRollout().replicas(-1).build(),
    'spec.replicas: Invalid value: -1: must be greater than or equal to 0',
  ],
  [
    'less than no history',
    aRollout().spec({ revisionHistoryLimit: -1 }).build(),
    'spec.revisionHistoryLimit: Invalid value: -1: must be greater than or equal to 0',
  ],
  [
    'blue-green on one Service',
    aRollout().blueGreen({ previewService: 'checkout-active' }).build(),
    'spec.strategy.activeService: Invalid value: "checkout-active": This rollout uses the same service for the active and preview services, but two different services are required.',
  ],
  [
    'blue-green that keeps more than it remembers',
    aRollout().blueGreen({ scaleDownDelayRevisionLimit: 11 }).build(),
    "spec.strategy.scaleDownDelayRevisionLimit: Invalid value: 11: This rollout's revision history limit can not be smaller than the rollout's scale down limit",
  ],
  [
    'no anti-affinity',
    aRollout().blueGreen({ antiAffinity: {} }).build(),
    'spec.strategy.antiAffinity: Invalid value: "antiAffinity.PreferredDuringSchedulingIgnoredDuringExecution: false antiAffinity.RequiredDuringSchedulingIgnoredDuringExecution: false": AntiAffinity must have exactly one strategy listed',
  ],
  [
    'an anti-affinity of too much weight',
    canary({ antiAffinity: { preferredDuringSchedulingIgnoredDuringExecution: { weight: 101 } } }).build(),
    'spec.strategy.antiAffinity.weight: Invalid value: 101: AntiAffinity weight must be between 1-100',
  ],
  [
    'a canary on one Service',
    canary({ canaryService: 'checkout-stable' }).build(),
    'spec.strategy.stableService: Invalid value: "checkout-stable": This rollout uses the same service for the stable and canary services, but two different services are required.',
  ],
  [
    'a router without Services',
    aRollout()
      .canary({ trafficRouting: { nginx: { stableIngress: 'x' } } })
      .build(),
    'spec.strategy.stableService: Invalid value: "": Canary service and Stable service must to be set to use Traffic Routing',
  ],
  [
    'nginx without an Ingress',
    canary({ trafficRouting: { nginx: {} } }).build(),
    'spec.strategy.canary.trafficRouting.nginx: Internal error: Either StableIngress or StableIngresses must be configured. Neither are configured.',
  ],
  [
    'nginx with one and several',
    canary({ trafficRouting: { nginx: { stableIngress: 'a', stableIngresses: ['b'] } } }).build(),
    'Either StableIngress or StableIngresses must be configured. Both are configured.',
  ],
  [
    'a delay without a router',
    aRollout().canary({ scaleDownDelaySeconds: 30 }).build(),
    'spec.strategy.scaleDownDelaySeconds: Invalid value: 30: Canary scaleDownDelaySeconds can only be used with traffic routing',
  ],
  [
    'a stable that shrinks without a router',
    aRollout().canary({ dynamicStableScale: true }).build(),
    'spec.strategy.dynamicStableScale: Invalid value: true: Canary dynamicStableScale can only be used with traffic routing',
  ],
  [
    'a stable that shrinks, and stays',
    canary({ dynamicStableScale: true, scaleDownDelaySeconds: 5 }).build(),
    'Canary dynamicStableScale cannot be used with scaleDownDelaySeconds',
  ],
  [
    'a scale that its router cannot count to',
    canary({ trafficRouting: { smi: {}, maxTrafficWeight: 1000 } }).build(),
    'spec.strategy.trafficRouting.maxTrafficWeight: Invalid value: 1000: Canary maxTrafficWeight in traffic routing only supported in Nginx and Plugins',
  ],
  [
    'no room to move',
    aRollout().canary({ maxSurge: 0, maxUnavailable: '0%' }).build(),
    'spec.strategy.maxSurge: Invalid value: 0: MaxSurge and MaxUnavailable both can not be zero',
  ],
  [
    'an empty step',
    steps({}).build(),
    'spec.strategy.steps[0]: Invalid value: "{}": Step must have one of the following set: experiment, setWeight, setCanaryScale, plugin or pause',
  ],
  [
    'two steps in one',
    steps({ setWeight: 1, pause: {} }).build(),
    'Invalid value: "step.Experiment: false step.Pause: true step.SetWeight: true step.Analysis: false": Step must have one of the following set: experiment, setWeight, setCanaryScale, plugin or pause',
  ],
  [
    'a weight above the scale',
    steps({ setWeight: 101 }).build(),
    'spec.strategy.steps[0].setWeight: Invalid value: 101: SetWeight needs to be between 0 and 100',
  ],
  [
    'a weight above a scale of its own',
    canary({
      trafficRouting: { nginx: { stableIngress: 'checkout' }, maxTrafficWeight: 50 },
      steps: [{ setWeight: 51 }],
    }).build(),
    'SetWeight needs to be between 0 and 50',
  ],
  [
    'a pause that cannot be read',
    steps({ pause: { duration: '1z' } }).build(),
    'spec.strategy.steps[0].pause.duration: Invalid value: "1z": Duration needs to be greater than 0',
  ],
  [
    'a pause before now',
    steps({ pause: { duration: -1 } }).build(),
    'spec.strategy.steps[0].pause.duration: Invalid value: -1: Duration needs to be greater than 0',
  ],
  [
    'a size without a router',
    aRollout()
      .steps({ setCanaryScale: { weight: 5 } })
      .build(),
    'spec.strategy.trafficRouting: Required value: SetCanaryScale requires TrafficRouting to be set',
  ],
  [
    'a header route of nginx',
    steps(header('testers', { exact: 'yes' })).build(),
    'spec.strategy.steps[0].setHeaderRoute: Invalid value: {"name":"testers","match":[{"headerName":"x-tester","headerValue":{"exact":"yes"}}]}: SetHeaderRoute requires TrafficRouting, supports Istio and ALB and Apisix',
  ],
  [
    'a mirror of nginx',
    steps({ setMirrorRoute: { name: 'testers', match: [{ method: { exact: 'GET' } }] } }).build(),
    'spec.strategy.steps[0].setMirrorRoute: Invalid value: {"name":"testers","match":[{"method":{"exact":"GET"}}]}: SetMirrorRoute requires TrafficRouting, supports Istio and Plugins',
  ],
  [
    'a route that is not managed',
    gateway(header('others', { exact: 'yes' })).build(),
    'spec.strategy.steps[0].setHeaderRoute: Invalid value: "others": Steps define a route that does not exist in spec.strategy.canary.trafficRouting.managedRoutes',
  ],
  [
    'routes where none are managed',
    canary({
      trafficRouting: { plugins: { 'argoproj-labs/gatewayAPI': { httpRoute: 'checkout' } } },
      steps: [header('testers', { exact: 'yes' })],
    }).build(),
    "spec.strategy.trafficRouting.managedRoutes: Required value: Rollout has missing field 'spec.strategy.canary.trafficRouting.managedRoutes'",
  ],
  [
    'a match of two kinds',
    gateway(header('testers', { exact: 'a', prefix: 'b' })).build(),
    'spec.strategy.steps[0].setHeaderRoute.match[0]: Invalid value: {"exact":"a","prefix":"b"}: StringMatch match value must have exactly one of the following: exact, regex, prefix',
  ],
  [
    'a match of no kind',
    gateway(header('testers', {})).build(),
    'spec.strategy.steps[0].setHeaderRoute.match[0]: Invalid value: {}: StringMatch value missed, match value must have one of the following: exact, regex, prefix',
  ],
  [
    "another controller's plugin",
    steps({ plugin: { name: 'argoproj-labs/sample', config: {} } }).build(),
    'spec.strategy.steps[0].plugin.name: Invalid value: "argoproj-labs/sample": plugin "argoproj-labs/sample" is a Go program',
  ],
  [
    'a webhook without an address',
    steps({ plugin: { name: 'stepwise/webhook', config: {} } }).build(),
    'spec.strategy.steps[0].plugin.config: Invalid value: "{}": url: must be the address to call',
  ],
  [
    'a name that leaves no room',
    aRollout().named('x'.repeat(243)).build(),
    'must be no more than 242 characters: its ReplicaSets are named after it',
  ],
];

/** What needs the objects that it names. */
const clusterRows: readonly Row[] = [
  [
    'a step that never ends',
    steps(analysis('endless')).build(),
    'AnalysisTemplate endless has metric endless-metric which runs indefinitely. Invalid value for count: <nil>',
  ],
  [
    'an analysis before the switch that never ends',
    aRollout()
      .blueGreen({ prePromotionAnalysis: { templates: [{ templateName: 'endless' }] } })
      .build(),
    'AnalysisTemplate endless has metric endless-metric which runs indefinitely',
  ],
  [
    'a template twice',
    steps({ analysis: { templates: [{ templateName: 'success' }, { templateName: 'same' }] } }).build(),
    "two metrics have the same name 'success-metric'",
  ],
  [
    'a name that leaves no room for its runs',
    steps(analysis('success')).named('x'.repeat(231)).build(),
    'must be no more than 229 characters: its ReplicaSets and analysis runs are named after it',
  ],
];
const same = {
  ...anAnalysisTemplate('success'),
  metadata: { ...anAnalysisTemplate('success').metadata, name: 'same' },
};

function worldOf(rollout: Rollout): World {
  return new SimulatedCluster(rollout, [...templates, same]).world();
}

function linted(rollout: Rollout, beside: readonly AnalysisTemplate[]): string {
  const documents = [
    {
      apiVersion: 'argoproj.io/v1alpha1',
      kind: 'Rollout',
      metadata: { name: rollout.metadata.name },
      spec: rollout.spec,
    },
    ...beside.map(({ kind, metadata, spec }) => ({
      apiVersion: 'argoproj.io/v1alpha1',
      kind,
      metadata: { name: metadata.name },
      spec,
    })),
  ];
  const text = documents.map((document) => stringify(JSON.parse(JSON.stringify(document)))).join('---\n');
  return lint([{ name: 'all.yaml', text }], definitions)
    .map(({ message }) => message)
    .join('\n');
}

describe.each([
  ['the spec alone', staticRows, []],
  ['what it names', clusterRows, [...templates, same]],
] as const)('a mistake that %s tells', (_, rows, beside) => {
  it.each(rows)('%s: on the object, in a plan, in lint', (_what, rollout, problem) => {
    const world = worldOf(rollout);
    const { effects } = decide(world);
    expect(effects.map(({ kind }) => kind)).toEqual(['writeStatus']);
    const [write] = effects;
    const status = write?.kind === 'writeStatus' ? write.status : undefined;
    expect(status).toMatchObject({ phase: 'Degraded', conditions: [{ type: 'InvalidSpec', status: 'True' }] });
    expect(status?.message).toMatch(/^InvalidSpec: The Rollout ".*" is invalid: /);
    expect(status?.message).toContain(problem);
    expect(planRollout(world, []).problems.join('\n')).toContain(problem);
    expect(linted(rollout, beside)).toContain(problem);
  });
});

describe('a spec that becomes invalid', () => {
  const underWay = () => {
    const cluster = new SimulatedCluster(
      aRollout().image('app:1').routed().steps({ setWeight: 20 }, { pause: {} }, { setWeight: 60 }).build(),
    );
    cluster.settle();
    cluster.release('app:2');
    cluster.settle();
    return cluster;
  };

  it('in the middle of an update stands still where it was, and goes on there when it is right again', () => {
    const cluster = underWay();
    const before = { weight: cluster.weight, sizes: cluster.replicaSets.map(({ specReplicas }) => specReplicas) };
    cluster.patch({ spec: { minReadySeconds: 700 } });
    cluster.settle();
    cluster.wait(3600);
    cluster.settle();
    expect(cluster.rollout.status).toMatchObject({ phase: 'Degraded', currentStepIndex: 1 });
    expect({ weight: cluster.weight, sizes: cluster.replicaSets.map(({ specReplicas }) => specReplicas) }).toEqual(
      before,
    );

    cluster.patch({ spec: { minReadySeconds: 0 } });
    cluster.settle();
    expect(cluster.rollout.status).toMatchObject({ phase: 'Paused', currentStepIndex: 1, message: 'CanaryPauseStep' });
    expect(cluster.rollout.status.conditions?.some(({ type }) => type === 'InvalidSpec')).toBe(false);
    expect(cluster.weight).toBe(20);
    cluster.patch({ status: { pauseConditions: null } });
    cluster.settle();
    expect(cluster.rollout.status.phase).toBe('Healthy');
  });

  it('while it is aborted still goes back to stable', () => {
    const cluster = underWay();
    cluster.patch({ spec: { minReadySeconds: 700 }, status: { abort: true } });
    cluster.settle();
    expect(cluster.weight).toBe(0);
  });

  it('by a Service that goes, and comes back', () => {
    const cluster = underWay();
    const { 'checkout-canary': service, ...rest } = cluster.services;
    if (service === undefined) throw new Error('no Service');
    cluster.services = rest;
    cluster.settle();
    expect(cluster.rollout.status.message).toContain('service "checkout-canary" not found');
    cluster.services = { ...rest, 'checkout-canary': service };
    cluster.settle();
    expect(cluster.rollout.status).toMatchObject({ phase: 'Paused', currentStepIndex: 1 });
  });

  it('in a thousand ways at once has a message that an event and a card can carry', () => {
    const list = Array.from({ length: 1000 }, () => ({ setWeight: 101 }));
    const cluster = new SimulatedCluster(
      aRollout()
        .routed()
        .steps(...list)
        .build(),
    );
    cluster.turn();
    const message = cluster.rollout.status.message ?? '';
    expect(message).toContain('steps[0].setWeight');
    expect(message).toMatch(/; and 980 more$/);
    expect(message.length).toBeLessThan(4096);
  });

  it('by a value without end shows its beginning', () => {
    const cluster = new SimulatedCluster(steps({ pause: { duration: 'x'.repeat(100_000) } }).build());
    cluster.turn();
    expect(cluster.rollout.status.message?.length).toBeLessThan(1000);
  });
});

it('what nobody knows of a Rollout is kept through an update, an abort and a way back', () => {
  const unknown = fc.dictionary(fc.constantFrom('xAlb', 'xFuture', 'x-of-another'), fc.jsonValue(), { minKeys: 1 });
  fc.assert(
    fc.property(unknown, unknown, unknown, fc.boolean(), (ofStatus, ofCanary, ofSpec, isAborted) => {
      const built = aRollout().image('app:1').steps({ setWeight: 50 }, { pause: {} }).spec(ofSpec).build();
      const rollout = Rollout.parse({ ...built, status: { ...ofStatus, canary: ofCanary } });
      const cluster = new SimulatedCluster(rollout);
      cluster.settle();
      cluster.release('app:2');
      cluster.settle();
      cluster.patch({ status: isAborted ? { abort: true } : { promoteFull: true } });
      cluster.settle();
      cluster.release('app:1');
      cluster.wait(60);
      cluster.settle();
      const { status, spec } = cluster.rollout;
      expect(status.phase).toBe(isAborted ? 'Healthy' : 'Paused');
      expect(status).toMatchObject({ ...ofStatus, canary: ofCanary });
      expect(spec).toMatchObject(ofSpec);
    }),
    { numRuns: 40, seed: 1 },
  );
});

it('two Rollouts on one Service: the second one is told whose it is, and changes nothing', () => {
  const first = new SimulatedCluster(
    aRollout().named('cart').image('app:1').canary({ canaryService: 'shared', stableService: 'own' }).build(),
  );
  const labels = { app: 'cart' };
  first.services = {
    shared: { name: 'shared', selector: labels, annotations: {} },
    own: { name: 'own', selector: labels, annotations: {} },
  };
  first.settle();
  const second = aRollout()
    .image('app:1')
    .canary({ canaryService: 'shared', stableService: 'checkout-stable' })
    .spec({
      selector: { matchLabels: labels },
      template: { metadata: { labels }, spec: { containers: [{ name: 'app', image: 'app:1' }] } },
    })
    .build();
  const cluster = new SimulatedCluster(second);
  const shared = first.services.shared;
  if (shared === undefined) throw new Error('no Service');
  cluster.services = { 'checkout-stable': { name: 'checkout-stable', selector: labels, annotations: {} }, shared };
  cluster.settle();
  expect(cluster.rollout.status.message).toContain(
    'spec.strategy.canary.canaryService: Invalid value: "shared": Service "shared" is managed by another Rollout: "cart" lets it go once it names it no more and no update of it is under way',
  );
  expect(cluster.performed.map(({ kind }) => kind)).toEqual(['writeStatus']);
});

describe('two Rollouts that have exchanged their Services', () => {
  const labels = { app: 'shop' };
  const pod = (image: string) => ({ metadata: { labels }, spec: { containers: [{ name: 'app', image }] } });

  /** Each is live behind a Service of its own. */
  function open() {
    const services = Object.fromEntries(
      ['a', 'b', 'c'].map((name) => [name, { name, selector: labels, annotations: {} }] as const),
    );
    const [cart, till] = ['cart', 'till'].map((name, index) => {
      const spec = { selector: { matchLabels: labels }, template: pod(`${name}:1`) };
      const activeService = index === 0 ? 'a' : 'b';
      const cluster = new SimulatedCluster(
        aRollout().named(name).blueGreen({ activeService, previewService: undefined }).spec(spec).build(),
      );
      cluster.services = services;
      cluster.settle();
      return cluster;
    });
    if (cart === undefined || till === undefined) throw new Error('there are two');
    const serve = (cluster: SimulatedCluster, activeService: string) =>
      cluster.patch({ spec: { strategy: { blueGreen: { activeService } } } });
    const settle = () => {
      for (let round = 0; round < 4; round++) {
        for (const cluster of [cart, till]) {
          cluster.wait(30);
          cluster.settle();
        }
      }
    };
    const phases = () => [cart, till].map(({ rollout }) => rollout.status.phase);
    const owners = () =>
      Object.values(services).map(({ annotations, selector }) => [
        Object.values(annotations)[0],
        Object.values(selector)[1],
      ]);
    settle();
    expect(phases()).toEqual(['Healthy', 'Healthy']);
    return { cart, till, serve, settle, phases, owners };
  }

  it('each get what the other has given back', () => {
    const { cart, till, serve, settle, phases, owners } = open();
    serve(cart, 'b');
    serve(till, 'a');
    settle();
    expect(phases()).toEqual(['Healthy', 'Healthy']);
    expect(owners()).toEqual([
      ['till', till.rollout.status.stableRS],
      ['cart', cart.rollout.status.stableRS],
      [undefined, undefined],
    ]);
  });

  it.each(['cart', 'till'])('in the middle of an update are both well once %s names another one', (fixed) => {
    const { cart, till, serve, settle, phases, owners } = open();
    for (const [cluster, wanted] of [
      [cart, 'b'],
      [till, 'a'],
    ] as const) {
      serve(cluster, wanted);
      cluster.patch({ spec: { template: pod('shop:2') } });
    }
    settle();
    // Let go, a Service would lead to pods that nobody has promoted.
    expect(phases()).toEqual(['Degraded', 'Degraded']);
    expect(cart.rollout.status.message).toContain('"till" lets it go once it names it no more and no update of it');
    expect(
      owners()
        .slice(0, 2)
        .map(([owner]) => owner),
    ).toEqual(['cart', 'till']);
    serve(fixed === 'cart' ? cart : till, 'c');
    settle();
    expect(phases()).toEqual(['Healthy', 'Healthy']);
    const names = owners().map(([owner]) => owner);
    expect(names).toEqual(fixed === 'cart' ? ['till', undefined, 'cart'] : [undefined, 'cart', 'till']);
  });
});
