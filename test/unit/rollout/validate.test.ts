import { describe, expect, it } from 'vitest';
import { AnalysisTemplate } from '../../../src/analysis/index.ts';
import { decide, Rollout, validateRollout, type World } from '../../../src/rollout/index.ts';
import { anAnalysisTemplate, aRollout } from '../../support/builders.ts';
import { SimulatedCluster } from '../../support/simulated-cluster.ts';

function worldOf(rollout: Rollout, change: Partial<World> = {}): World {
  const services = Object.fromEntries(
    ['checkout-canary', 'checkout-stable'].map((name) => [
      name,
      { name, selector: { app: 'checkout' }, annotations: {} },
    ]),
  );
  const isRouted = rollout.spec.strategy?.canary?.trafficRouting !== undefined;
  return {
    nowMs: 1_800_000_000_000,
    rollout,
    replicaSets: [],
    services,
    analysisRuns: [],
    templates: {
      'AnalysisTemplate/success': anAnalysisTemplate('success'),
      'AnalysisTemplate/endless': anAnalysisTemplate('endless', 0),
    },
    router: isRouted ? { canaryWeight: undefined } : undefined,
    evidence: 'strict',
    ...change,
  };
}

const steps = (...list: readonly object[]) =>
  aRollout()
    .routed()
    .steps(...list)
    .build();
const analysis = (template: string, args: readonly object[] = []) => ({
  analysis: { templates: [{ templateName: template }], args },
});

describe('what a Rollout asks for that cannot be', () => {
  it('is nothing where all is well', () => {
    expect(validateRollout(worldOf(steps({ setWeight: 10 }, { pause: {} }, analysis('success'))))).toEqual([]);
  });

  // Argo's words, of ValidateRolloutSpec and ValidateRolloutReferencedResources in 1.9.0.
  it.each<[string, Rollout, string]>([
    ['no selector', without('selector'), "spec.selector: Required value: Rollout has missing field '.spec.selector'"],
    ['an empty selector', aRollout().spec({ selector: {} }).build(), 'empty selector is invalid for deployment'],
    [
      'a selector of other pods',
      aRollout()
        .spec({ selector: { matchLabels: { app: 'cart' } } })
        .build(),
      '`selector` does not match template `labels`',
    ],
    [
      'no strategy',
      aRollout().spec({ strategy: {} }).build(),
      "spec.strategy.strategy: Required value: Rollout has missing field '.spec.strategy.canary or .spec.strategy.blueGreen'",
    ],
    [
      'two strategies',
      aRollout()
        .spec({ strategy: { canary: {}, blueGreen: {} } })
        .build(),
      'spec.strategy.strategy: Invalid value: "blueGreen: true canary: true": Multiple Strategies can not be listed',
    ],
    [
      'a deadline before pods can be ready',
      aRollout().spec({ progressDeadlineSeconds: 5, minReadySeconds: 5 }).build(),
      'spec.progressDeadlineSeconds: Invalid value: 5: must be greater than minReadySeconds',
    ],
    [
      'no room to move',
      aRollout().canary({ maxSurge: 0, maxUnavailable: '0%' }).build(),
      'spec.strategy.maxSurge: Invalid value: 0: MaxSurge and MaxUnavailable both can not be zero',
    ],
    [
      'one Service for both',
      aRollout().canary({ canaryService: 'checkout-stable', stableService: 'checkout-stable' }).build(),
      'spec.strategy.stableService: Invalid value: "checkout-stable": This rollout uses the same service for the stable and canary services, but two different services are required.',
    ],
    [
      'a router without Services',
      aRollout()
        .canary({ trafficRouting: { nginx: { stableIngress: 'x' } } })
        .build(),
      'spec.strategy.canaryService: Invalid value: "": Canary service and Stable service must to be set to use Traffic Routing',
    ],
    [
      'a delay without a router',
      aRollout().canary({ scaleDownDelaySeconds: 30 }).build(),
      'spec.strategy.scaleDownDelaySeconds: Invalid value: 30: Canary scaleDownDelaySeconds can only be used with traffic routing',
    ],
    [
      'a weight above the scale',
      steps({ setWeight: 101 }),
      'spec.strategy.steps[0].setWeight: Invalid value: 101: SetWeight needs to be between 0 and 100',
    ],
    [
      'an empty step',
      steps({ setWeight: 1 }, {}),
      'spec.strategy.steps[1]: Invalid value: "{}": Step must have one of the following set: experiment, setWeight, setCanaryScale, plugin or pause',
    ],
    [
      'two steps in one',
      steps({ setWeight: 1, pause: {} }),
      'Invalid value: "step.Experiment: false step.Pause: true step.SetWeight: true step.Analysis: false": Step must have one of the following set: experiment, setWeight, setCanaryScale, plugin or pause',
    ],
    [
      'a pause of no length that can be read',
      steps({ pause: { duration: 'soon' } }),
      'spec.strategy.steps[0].pause.duration: Invalid value: "soon": Duration needs to be greater than 0',
    ],
    [
      'a canary size without a router',
      aRollout()
        .steps({ setCanaryScale: { weight: 5 } })
        .build(),
      'spec.strategy.trafficRouting: Required value: SetCanaryScale requires TrafficRouting to be set',
    ],
    [
      'a template that is missing',
      steps(analysis('gone')),
      'spec.strategy.canary.steps[0].analysis.templates: Invalid value: "gone": AnalysisTemplate \'gone\' not found',
    ],
    [
      'a step that never ends',
      steps(analysis('endless')),
      'AnalysisTemplate endless has metric endless-metric which runs indefinitely. Invalid value for count: <nil>',
    ],
    [
      'a stable that shrinks without a router',
      aRollout().canary({ dynamicStableScale: true }).build(),
      'spec.strategy.dynamicStableScale: Invalid value: true: Canary dynamicStableScale can only be used with traffic routing',
    ],
    [
      'a stable that shrinks, and stays up for a while',
      aRollout().routed().canary({ dynamicStableScale: true, scaleDownDelaySeconds: 5 }).build(),
      'Canary dynamicStableScale cannot be used with scaleDownDelaySeconds',
    ],
    [
      'a full scale that the router cannot count to',
      aRollout()
        .routed()
        .canary({ trafficRouting: { smi: {}, maxTrafficWeight: 1000 } })
        .build(),
      'spec.strategy.trafficRouting.maxTrafficWeight: Invalid value: 1000: Canary maxTrafficWeight in traffic routing only supported in Nginx and Plugins',
    ],
    [
      'a full scale of nothing',
      aRollout()
        .routed()
        .canary({ trafficRouting: { nginx: {}, maxTrafficWeight: 0 } })
        .build(),
      'spec.strategy.trafficRouting.maxTrafficWeight: Invalid value: 0: must be greater than 0',
    ],
    [
      'metadata of a role that would take pods from their selector',
      aRollout()
        .routed()
        .canary({ canaryMetadata: { labels: { app: 'other' } } })
        .build(),
      'spec.strategy.canary.canaryMetadata.labels: Invalid value: "app=other": must not change a label that the selector needs',
    ],
  ])('%s', (_what, rollout, words) => {
    expect(validateRollout(worldOf(rollout)).join('\n')).toContain(words);
  });

  it('says everything at once', () => {
    const problems = validateRollout(worldOf(steps({ setWeight: 101 }, analysis('gone')), { services: {} }));
    expect(problems).toEqual([
      'spec.strategy.steps[0].setWeight: Invalid value: 101: SetWeight needs to be between 0 and 100',
      'spec.strategy.canary.canaryService: Invalid value: "checkout-canary": service "checkout-canary" not found',
      'spec.strategy.canary.stableService: Invalid value: "checkout-stable": service "checkout-stable" not found',
      'spec.strategy.canary.steps[1].analysis.templates: Invalid value: "gone": AnalysisTemplate \'gone\' not found',
    ]);
  });

  it('tells whose a Service is, and what it selects', () => {
    const service = {
      name: 'checkout-canary',
      selector: { app: 'checkout', tier: 'web', 'rollouts-pod-template-hash': 'abc' },
      annotations: { 'argo-rollouts.argoproj.io/managed-by-rollouts': 'cart' },
    };
    const world = worldOf(steps({ setWeight: 10 }));
    expect(validateRollout({ ...world, services: { ...world.services, 'checkout-canary': service } })).toEqual([
      'spec.strategy.canary.canaryService: Invalid value: "checkout-canary": Service "checkout-canary" has unmatch label "tier" in rollout',
      'spec.strategy.canary.canaryService: Invalid value: "checkout-canary": Service "checkout-canary" is managed by another Rollout: "cart" lets it go once it names it no more and no update of it is under way',
    ]);
  });

  it('passes on why the router cannot be driven', () => {
    const router = { canaryWeight: undefined, problem: 'Ingress "checkout" not found' };
    expect(validateRollout(worldOf(steps({ setWeight: 10 }), { router }))).toEqual([
      'spec.strategy.canary.trafficRouting.nginx.stableIngress: Invalid value: "checkout": Ingress "checkout" not found',
    ]);
  });

  it('counts arguments that are resolved when the run is made', () => {
    const template = AnalysisTemplate.parse({
      kind: 'AnalysisTemplate',
      metadata: { name: 'success' },
      spec: { ...anAnalysisTemplate('success').spec, args: [{ name: 'hash' }, { name: 'weight' }] },
    });
    const templates = { 'AnalysisTemplate/success': template };
    const args = [
      { name: 'hash', valueFrom: { podTemplateHashValue: 'Latest' } },
      { name: 'weight', valueFrom: { fieldRef: { fieldPath: 'status.canary.weights.canary.weight' } } },
    ];
    expect(validateRollout(worldOf(steps(analysis('success', args)), { templates }))).toEqual([]);
    expect(validateRollout(worldOf(steps(analysis('success')), { templates }))).toEqual([
      'spec.strategy.canary.steps[0].analysis.templates: Invalid value: "templateNames: [success]": args.hash was not resolved',
    ]);
  });
});

describe('an invalid Rollout', () => {
  it('writes once, and looks again in 20 s', () => {
    const world = worldOf(steps({ setWeight: 101 }));
    const first = decide(world);
    const write = first.effects[0];
    if (write?.kind !== 'writeStatus') throw new Error('expected a status');
    const later = { ...world, nowMs: world.nowMs + 60_000, rollout: { ...world.rollout, status: write.status } };
    expect(decide(later)).toEqual({ effects: [], wakeAtMs: later.nowMs + 20_000 });
  });
});

function without(field: string): Rollout {
  const { [field]: _left, ...spec } = aRollout().build().spec as Record<string, unknown>;
  return Rollout.parse({ metadata: { name: 'checkout' }, spec });
}

describe('a blue-green spec that cannot be', () => {
  const problemsOf = (strategy: object) => {
    const rollout = aRollout().blueGreen(strategy).build();
    return validateRollout(new SimulatedCluster(rollout, [anAnalysisTemplate('forever', 0)]).world());
  };

  it.each([
    [
      'one Service for both',
      { previewService: 'checkout-active' },
      'spec.strategy.activeService: Invalid value: "checkout-active": This rollout uses the same service for the active and preview services, but two different services are required.',
    ],
    [
      'no active Service',
      { activeService: '' },
      "spec.strategy.activeService: Required value: Rollout has missing field '.spec.strategy.blueGreen.activeService'",
    ],
    [
      'more kept than remembered',
      { scaleDownDelayRevisionLimit: 11 },
      "spec.strategy.scaleDownDelayRevisionLimit: Invalid value: 11: This rollout's revision history limit can not be smaller than the rollout's scale down limit",
    ],
    [
      'both kinds of anti-affinity, or none',
      { antiAffinity: {} },
      'spec.strategy.antiAffinity: Invalid value: "antiAffinity.PreferredDuringSchedulingIgnoredDuringExecution: false antiAffinity.RequiredDuringSchedulingIgnoredDuringExecution: false": AntiAffinity must have exactly one strategy listed',
    ],
    [
      'an analysis without an end',
      { prePromotionAnalysis: { templates: [{ templateName: 'forever' }] } },
      'spec.strategy.blueGreen.prePromotionAnalysis.templates: Invalid value: "forever": AnalysisTemplate forever has metric forever-metric which runs indefinitely. Invalid value for count: <nil>',
    ],
    [
      'a negative size',
      { previewReplicaCount: -1 },
      'spec.strategy.previewReplicaCount: Invalid value: -1: must be greater than or equal to 0',
    ],
  ])('%s', (_what, strategy, problem) => {
    expect(problemsOf(strategy)).toEqual([problem]);
  });

  it('names a Service that is missing, or somebody else’s', () => {
    const cluster = new SimulatedCluster(aRollout().blueGreen().build());
    const managedBy = { 'argo-rollouts.argoproj.io/managed-by-rollouts': 'cart' };
    const world = cluster.world();
    const active = { name: 'checkout-active', selector: { app: 'cart' }, annotations: managedBy };
    expect(validateRollout({ ...world, services: { 'checkout-active': active } })).toEqual([
      'spec.strategy.blueGreen.activeService: Invalid value: "checkout-active": Service "checkout-active" has unmatch label "app" in rollout',
      'spec.strategy.blueGreen.activeService: Invalid value: "checkout-active": Service "checkout-active" is managed by another Rollout: "cart" lets it go once it names it no more and no update of it is under way',
      'spec.strategy.blueGreen.previewService: Invalid value: "checkout-preview": service "checkout-preview" not found',
    ]);
  });

  it('accepts one that can be', () => {
    expect(problemsOf({ previewService: undefined, scaleDownDelayRevisionLimit: 10 })).toEqual([]);
  });
});
