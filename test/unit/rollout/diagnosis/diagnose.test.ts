import { describe, expect, it } from 'vitest';
import { AnalysisRun } from '../../../../src/analysis/index.ts';
import {
  CanaryStep,
  type CauseKind,
  causeOrder,
  type DiagnosisFacts,
  diagnose,
  type PodView,
  type ReplicaSetView,
  type Rollout,
} from '../../../../src/rollout/index.ts';
import { aRollout } from '../../../support/builders.ts';

const nowMs = Date.UTC(2026, 10, 20, 12, 0, 0);
const startedAt = '2026-11-20T11:59:00Z';
const canaryHash = 'canaryhash';

/** A rollout on its way at a weight, with all its pods: nothing holds it. */
function moving(): DiagnosisFacts {
  return {
    world: {
      nowMs,
      rollout: aRollout()
        .routed()
        .steps({ setWeight: 10 }, { setWeight: 50 })
        .status({ currentPodHash: canaryHash, stableRS: 'stablehash', currentStepIndex: 1 })
        .build(),
      replicaSets: [aReplicaSet('stablehash'), aReplicaSet(canaryHash)],
      services: {
        'checkout-canary': aService('checkout-canary', canaryHash),
        'checkout-stable': aService('checkout-stable', 'stablehash'),
      },
      analysisRuns: [],
      templates: {},
      router: { canaryWeight: 10 },
      evidence: 'strict',
    },
    standing: { kind: 'ours' },
    pods: [],
    sharers: { 'checkout-canary': [], 'checkout-stable': [] },
    neighbours: ['checkout', 'cart'],
    readyEndpoints: { 'checkout-canary': 2, 'checkout-stable': 2 },
    pausedBy: undefined,
    lastSamples: {},
  };
}

function aService(name: string, hash: string) {
  return { name, selector: { app: 'checkout', 'rollouts-pod-template-hash': hash }, annotations: {} };
}

function aReplicaSet(podHash: string, changes: Partial<ReplicaSetView> = {}): ReplicaSetView {
  return {
    name: `checkout-${podHash}`,
    uid: `uid-${podHash}`,
    podHash,
    createdAtMs: nowMs - 60_000,
    specReplicas: 2,
    replicas: 2,
    readyReplicas: 2,
    availableReplicas: 2,
    annotations: { 'rollout.argoproj.io/revision': podHash === canaryHash ? '2' : '1' },
    labels: {},
    minReadySeconds: 0,
    ...changes,
  };
}

function aPod(name: string, changes: Partial<PodView['containers'][number]>, more: Partial<PodView> = {}): PodView {
  return {
    name,
    uid: `uid-${name}`,
    podHash: canaryHash,
    createdAtMs: nowMs - 30_000,
    isReady: false,
    isGoing: false,
    unschedulable: undefined,
    containers: [
      {
        name: 'checkout',
        image: 'checkout:2',
        isReady: false,
        restarts: 0,
        isRunning: false,
        waiting: undefined,
        ended: undefined,
        ...changes,
      },
    ],
    warnings: [],
    ...more,
  };
}

const withPods = (...pods: readonly PodView[]): Change => {
  return (facts) => ({
    ...ofCanary({ readyReplicas: 1, availableReplicas: 1 })(facts),
    pods: [...facts.pods, ...pods],
  });
};

type Change = (facts: DiagnosisFacts) => DiagnosisFacts;

function inWorld(change: (world: DiagnosisFacts['world']) => Partial<DiagnosisFacts['world']>): Change {
  return (facts) => ({ ...facts, world: { ...facts.world, ...change(facts.world) } });
}

function ofRollout(changes: { readonly spec?: object; readonly status?: object }): Change {
  return inWorld(({ rollout }) => ({
    rollout: {
      ...rollout,
      spec: { ...rollout.spec, ...changes.spec },
      status: { ...rollout.status, ...changes.status },
    },
  }));
}

function ofCanary(changes: Partial<ReplicaSetView>): Change {
  return inWorld(({ replicaSets }) => ({
    replicaSets: replicaSets.map((one) => (one.podHash === canaryHash ? { ...one, ...changes } : one)),
  }));
}

function ofService(name: string, change: { readonly selector?: object; readonly annotations?: object }): Change {
  return inWorld(({ services }) => {
    const service = services[name] ?? aService(name, canaryHash);
    const selector = { ...service.selector, ...change.selector };
    const annotations = { ...service.annotations, ...change.annotations };
    return { services: { ...services, [name]: { ...service, selector, annotations } } };
  });
}

/** The present step becomes this one. */
function atStep(step: object, status: object = {}): Change {
  return inWorld(({ rollout }) => {
    const canary = { ...rollout.spec.strategy?.canary, steps: [{ setWeight: 10 }, CanaryStep.parse(step)] };
    return {
      rollout: {
        ...rollout,
        spec: { ...rollout.spec, strategy: { canary } },
        status: { ...rollout.status, ...status },
      },
    };
  });
}

const pausedAtStep = { pauseConditions: [{ reason: 'CanaryPauseStep', startTime: startedAt }] };

/** A run of the step with this metric, besides those it has; without a phase it runs. */
function measuring(name: string, result: object, phase = 'Running', spec: object = {}): Change {
  return inWorld(({ rollout, analysisRuns }) => {
    const held = analysisRuns[0];
    const run = AnalysisRun.parse({
      metadata: { name: 'run', namespace: 'shop', uid: 'uid-run' },
      spec: {
        metrics: [
          ...(held?.spec.metrics ?? []),
          {
            name,
            interval: '10s',
            successCondition: 'result[0] >= 0.95',
            provider: { prometheus: { query: 'rate(x{service="{{args.service}}"}[1m])' } },
          },
        ],
        args: [{ name: 'service', value: 'checkout-canary' }],
        ...spec,
      },
      status: {
        phase,
        metricResults: [...(held?.status.metricResults ?? []), { name, phase, count: 1, ...result }],
      },
    });
    const status = { ...rollout.status, canary: { currentStepAnalysisRunStatus: { name: 'run' } } };
    return { rollout: { ...rollout, status }, analysisRuns: [run] };
  });
}

const measured = (phase: string, value: string, more: object = {}) => ({
  measurements: [{ phase, value, finishedAt: startedAt, ...more }],
});

const crash = aPod('crashing', {
  restarts: 3,
  isRunning: false,
  waiting: { reason: 'CrashLoopBackOff', message: 'back-off 40s' },
  ended: { reason: 'Error', exitCode: 1, message: '' },
});

/** Each of the list made true, by a change that lets all the others be true beside it. */
const situations: Readonly<Record<CauseKind, Change>> = {
  otherController: (facts) => ({ ...facts, standing: { kind: 'other', holder: 'argo-1', lease: 'argo-rollouts/x' } }),
  sharedService: (facts) => ({ ...facts, sharers: { ...facts.sharers, 'checkout-canary': ['cart'] } }),
  selectorMismatch: ofService('checkout-stable', { selector: { app: 'cart' } }),
  noRouteRule: inWorld(() => ({ router: { canaryWeight: undefined, problem: 'ingress has no rules' } })),
  invalidSpec: ofRollout({ status: { conditions: [{ type: 'InvalidSpec', status: 'True', message: 'wrong' }] } }),
  frozen: (facts) => ({ ...ofRollout({ spec: { paused: true } })(facts), pausedBy: 'kubectl' }),
  putBack: inWorld(({ rollout }) => {
    const what = 'Service checkout-canary: selector without its pod hash';
    const note = { podHash: canaryHash, count: 1, manager: 'argocd-controller', atMs: nowMs - 5000, what };
    const annotations = { ...rollout.metadata.annotations, 'stepwise.dev/put-back': JSON.stringify(note) };
    return { rollout: { ...rollout, metadata: { ...rollout.metadata, annotations } } };
  }),
  quota: ofCanary({ failure: { reason: 'FailedCreate', message: 'pods "x" is forbidden: exceeded quota: small' } }),
  imageCannotBePulled: withPods(
    aPod('unpulled', { waiting: { reason: 'ImagePullBackOff', message: 'Back-off pulling image "checkout:2"' } }),
  ),
  podsNotReady: withPods(crash),
  noData: measuring('silent', measured('Inconclusive', '[NaN]'), 'Inconclusive'),
  analysisValue: measuring('success-rate', measured('Inconclusive', '[0.9]'), 'Inconclusive'),
  waitsForPerson: inWorld(({ rollout }) => {
    const pauses = [
      ...(rollout.status.pauseConditions ?? []),
      { reason: 'InconclusiveAnalysisRun', startTime: startedAt },
    ];
    return { rollout: { ...rollout, status: { ...rollout.status, pauseConditions: pauses } } };
  }),
  timedUntil: (facts) => {
    const held = facts.world.rollout.status.pauseConditions ?? [];
    return atStep(
      { pause: { duration: '10m' } },
      { pauseConditions: [...held, ...pausedAtStep.pauseConditions] },
    )(facts);
  },
  experiment: inWorld(({ rollout }) => {
    const templates = [{ name: 'candidate', specRef: 'canary' }];
    const experiment = { templates, analyses: [] };
    return { rollout: alsoAtStep(rollout, { experiment }, { currentExperiment: 'checkout-1' }) };
  }),
  webhook: inWorld(({ rollout }) => {
    const plugin = { name: 'stepwise/webhook', config: { url: 'https://deploys.acme.dev/go' } };
    const index = rollout.status.currentStepIndex ?? 0;
    const entry = { index, name: plugin.name, operation: 'Run', phase: 'Running', startedAt };
    const asked = { ...entry, message: 'schema 12 of 40', status: { key: 'k', config: plugin.config } };
    return { rollout: alsoAtStep(rollout, { plugin }, { stepPluginStatuses: [asked] }) };
  }),
};

/** The step it stands at does this, too, and the status says so. */
function alsoAtStep(rollout: Rollout, step: CanaryStep, status: NonNullable<Rollout['status']['canary']>): Rollout {
  const index = rollout.status.currentStepIndex ?? 0;
  const { canary = {} } = rollout.spec.strategy ?? {};
  const steps = (canary.steps ?? []).with(index, { ...canary.steps?.[index], ...step });
  return {
    ...rollout,
    spec: { ...rollout.spec, strategy: { ...rollout.spec.strategy, canary: { ...canary, steps } } },
    status: { ...rollout.status, canary: { ...rollout.status.canary, ...status } },
  };
}

describe('the list', () => {
  it('names every cause once', () => {
    expect([...causeOrder].sort()).toEqual(Object.keys(situations).sort());
  });

  it('nothing is true of a rollout that moves', () => {
    expect(diagnose(moving())).toEqual({ first: undefined, others: [] });
  });

  it.each(causeOrder)('%s alone is the answer', (kind) => {
    const { first, others } = diagnose(situations[kind](moving()));
    expect([first?.kind, others]).toEqual([kind, []]);
  });

  it('whatever is true together: all of it is found, in the order of the list', { timeout: 120_000 }, () => {
    // Every subset once: each is one change more than another.
    function walk(facts: DiagnosisFacts, kinds: readonly CauseKind[], next: number): void {
      const kind = causeOrder[next];
      if (kind !== undefined) {
        walk(facts, kinds, next + 1);
        walk(situations[kind](facts), [...kinds, kind], next + 1);
        return;
      }
      const { first, others } = diagnose(facts);
      const found = first === undefined ? [] : [first.kind, ...others.map((other) => other.kind)];
      if (found.join() !== kinds.join()) expect(found).toEqual(kinds);
    }
    walk(moving(), [], 0);
  });
});

const first = (...changes: readonly Change[]) => {
  let facts = moving();
  for (const change of changes) facts = change(facts);
  return diagnose(facts).first;
};

describe('Services', () => {
  it.each([
    ['of a rollout that is there', 'cart', false],
    ['of one that is gone', 'basket', true],
  ])('the mark %s', (_, name, isLeftover) => {
    const mark = { annotations: { 'argo-rollouts.argoproj.io/managed-by-rollouts': name } };
    expect(first(ofService('checkout-stable', mark))).toEqual({
      kind: 'sharedService',
      service: 'checkout-stable',
      rollouts: [name],
      isLeftover,
    });
  });

  it('its own mark is none: the other one is refused, not this', () => {
    const mark = { annotations: { 'argo-rollouts.argoproj.io/managed-by-rollouts': 'checkout' } };
    expect(first(ofService('checkout-canary', mark), situations.sharedService)).toBeUndefined();
  });

  it('a label that the pods lack, and one with another value', () => {
    expect(first(ofService('checkout-canary', { selector: { tier: 'web' } }))).toMatchObject({
      mismatch: { kind: 'label', label: 'tier', wanted: 'web', has: undefined },
    });
    expect(first(situations.selectorMismatch)).toMatchObject({
      service: 'checkout-stable',
      mismatch: { kind: 'label', label: 'app', wanted: 'cart', has: 'checkout' },
    });
  });

  it('ready pods that the Service does not lead to', () => {
    const nowhere: Change = (facts) => ({ ...facts, readyEndpoints: { 'checkout-canary': 0, 'checkout-stable': 2 } });
    expect(first(nowhere)).toMatchObject({ mismatch: { kind: 'noEndpoints', readyPods: 2 } });
    const stillStarting = ofCanary({ readyReplicas: 0, availableReplicas: 0 });
    expect(first(nowhere, stillStarting)).toMatchObject({ kind: 'podsNotReady' });
    const unread: Change = (facts) => ({ ...facts, readyEndpoints: {} });
    expect(first(unread)).toBeUndefined();
  });
});

describe('pods', () => {
  const short = ofCanary({ readyReplicas: 1, availableReplicas: 1 });

  it('that only start are the answer where it waits for them', () => {
    expect(first(short)).toMatchObject({ kind: 'podsNotReady', reason: 'Starting', ready: 1, desired: 2 });
  });

  it.each([
    ['at a gate', atStep({ pause: {} }, pausedAtStep), 'waitsForPerson'],
    ['at a timed pause', atStep({ pause: { duration: '1m' } }, pausedAtStep), 'timedUntil'],
  ])('that only start hold nothing up %s', (_, wait, kind) => {
    expect(first(short, wait)?.kind).toBe(kind);
  });

  it('that crash are told before the gate', () => {
    expect(first(atStep({ pause: {} }, pausedAtStep), withPods(crash))).toMatchObject({
      kind: 'podsNotReady',
      reason: 'CrashLoopBackOff',
      message: 'container checkout ended with Error, exit code 1, 3 restarts',
    });
  });

  it.each([
    ['no node for it', aPod('a', {}, { unschedulable: '0/3 nodes are available' }), 'Unschedulable', /0\/3 nodes/],
    [
      'a ConfigMap that is not there',
      aPod('a', { waiting: { reason: 'CreateContainerConfigError', message: 'configmap "x" not found' } }),
      'CreateContainerConfigError',
      /configmap "x" not found/,
    ],
    [
      'a volume that cannot be mounted',
      aPod(
        'a',
        { waiting: { reason: 'ContainerCreating', message: '' } },
        { warnings: [{ reason: 'FailedMount', message: 'MountVolume.SetUp failed' }] },
      ),
      'FailedMount',
      /MountVolume/,
    ],
    [
      'a probe that fails',
      aPod('a', {}, { warnings: [{ reason: 'Unhealthy', message: 'Readiness probe failed: 503' }] }),
      'Unhealthy',
      /Readiness probe failed/,
    ],
    [
      'out of memory',
      aPod('a', { restarts: 2, ended: { reason: 'OOMKilled', exitCode: 137, message: '' } }),
      'Crashed',
      /OOMKilled, exit code 137/,
    ],
  ])('%s', (_, pod, reason, message) => {
    const cause = first(withPods(pod));
    expect(cause).toMatchObject({ kind: 'podsNotReady', reason, pod: 'a' });
    expect(cause?.kind === 'podsNotReady' && cause.message).toMatch(message);
  });

  it('another refusal than a quota, and a namespace that goes', () => {
    const refused = (message: string) =>
      ofCanary({ availableReplicas: 0, failure: { reason: 'FailedCreate', message } });
    expect(first(refused('admission webhook "policy" denied the request'))).toMatchObject({
      kind: 'podsNotReady',
      reason: 'FailedCreate',
    });
    const going = 'unable to create new content in namespace shop because it is being terminated';
    expect(first(refused(going))).toEqual({ kind: 'frozen', by: 'the deletion of namespace shop' });
  });

  it('the pull says what failed, not that it waits', () => {
    const waiting = { reason: 'ImagePullBackOff', message: 'Back-off pulling image "checkout:2"' };
    const told = { reason: 'Failed', message: 'Failed to pull image "checkout:2": not found' };
    const pods = [aPod('a', { waiting }, { warnings: [told] }), aPod('b', { waiting })];
    expect(first(withPods(...pods))).toMatchObject({ image: 'checkout:2', podCount: 2, message: told.message });
  });

  it('those that go, and those of another revision, are not meant', () => {
    expect(first(withPods({ ...crash, isGoing: true }))).toMatchObject({ reason: 'Starting' });
    expect(first(withPods({ ...crash, podHash: 'stablehash' }))).toMatchObject({ reason: 'Starting' });
  });
});

describe('evidence', () => {
  const inAnalysis = atStep({ analysis: { templates: [{ templateName: 'slo' }] } });

  it('a value and its limit', () => {
    expect(first(inAnalysis, measuring('success-rate', measured('Successful', '[0.99]')))).toMatchObject({
      kind: 'analysisValue',
      metric: { name: 'success-rate', value: 0.99, limit: { comparison: '>=', value: 0.95 } },
      nextAtMs: Date.parse(startedAt) + 10_000,
    });
  });

  it('not measured yet', () => {
    expect(first(inAnalysis, measuring('success-rate', { measurements: [] }))).toMatchObject({
      kind: 'analysisValue',
      metric: { verdict: 'waiting' },
    });
  });

  const empty = measured('Error', '', { message: 'no data returned' });

  it('no data: the query with its arguments, and the sample the provider knows', () => {
    const asked: Change = (facts) => ({ ...facts, lastSamples: { silent: { kind: 'value', atMs: 5, value: 0.5 } } });
    expect(first(inAnalysis, measuring('silent', empty), asked)).toMatchObject({
      kind: 'noData',
      metric: 'silent',
      message: 'no data returned',
      query: 'rate(x{service="checkout-canary"}[1m])',
      lastSample: { kind: 'value', atMs: 5, value: 0.5 },
    });
  });

  it('a sample of its own is nearer than the provider', () => {
    const before = { phase: 'Successful', value: '[0.97]', finishedAt: startedAt };
    const measurements = [before, ...empty.measurements];
    expect(first(inAnalysis, measuring('silent', { measurements }))).toMatchObject({
      lastSample: { kind: 'value', atMs: Date.parse(startedAt), value: 0.97 },
    });
  });

  it('a query with a secret in it is not shown', () => {
    const args = [{ name: 'service', valueFrom: { secretKeyRef: { name: 's', key: 'k' } } }];
    expect(first(inAnalysis, measuring('silent', empty, 'Running', { args }))).toMatchObject({
      kind: 'noData',
      query: undefined,
    });
  });

  it('an analysis in the background holds nothing before the end of the plan, and there only without a value', () => {
    const inBackground = (result: object): Change => {
      return (facts) => {
        const { world, ...rest } = measuring('silent', result)(facts);
        const status = { ...world.rollout.status, canary: { currentBackgroundAnalysisRunStatus: { name: 'run' } } };
        return { ...rest, world: { ...world, rollout: { ...world.rollout, status } } };
      };
    };
    const atEnd = ofRollout({ status: { currentStepIndex: 2 } });
    expect(first(inBackground({ ...empty, count: 0 }))).toBeUndefined();
    expect(diagnose(inBackground({ ...empty, count: 0 })(atEnd(moving()))).first?.kind).toBe('noData');
    expect(diagnose(inBackground({ ...empty, count: 1 })(atEnd(moving()))).first).toBeUndefined();
  });

  it('a run that is over holds nothing', () => {
    expect(first(inAnalysis, measuring('success-rate', measured('Failed', '[0.1]'), 'Failed'))).toBeUndefined();
  });
});

describe('waits', () => {
  it.each([
    ['a gate', [atStep({ pause: {} }, pausedAtStep)], { kind: 'waitsForPerson', for: 'promote' }],
    ['a gate that has not begun', [atStep({ pause: {} })], undefined],
    [
      'a pause that a person asked for',
      [ofRollout({ spec: { paused: true } }), (facts: DiagnosisFacts) => ({ ...facts, pausedBy: 'U0DANA' })],
      { kind: 'waitsForPerson', for: 'resume', by: 'U0DANA' },
    ],
    [
      'a pause of nobody known',
      [ofRollout({ spec: { paused: true } })],
      { kind: 'waitsForPerson', for: 'resume', by: undefined },
    ],
    [
      'a timed pause',
      [atStep({ pause: { duration: '90s' } }, pausedAtStep)],
      { kind: 'timedUntil', untilMs: Date.parse(startedAt) + 90_000 },
    ],
    ['nothing after an abort', [atStep({ pause: {} }, { ...pausedAtStep, abort: true })], undefined],
  ] as const)('%s', (_, changes, cause) => {
    const found = first(...changes);
    if (cause === undefined) expect(found).toBeUndefined();
    else expect(found).toMatchObject(cause);
  });
});

describe('blue-green', () => {
  const strategy = { blueGreen: { activeService: 'checkout-stable', previewService: 'checkout-canary' } };
  const pausedFor = (reason: string) => ({
    pauseConditions: [{ reason, startTime: startedAt }],
    controllerPause: true,
  });

  it.each<[string, object, object, object]>([
    [
      'a gate',
      { autoPromotionEnabled: false },
      pausedFor('BlueGreenPause'),
      { kind: 'waitsForPerson', for: 'promote', by: undefined },
    ],
    [
      'its seconds',
      { autoPromotionSeconds: 90 },
      pausedFor('BlueGreenPause'),
      { kind: 'timedUntil', untilMs: nowMs + 30_000 },
    ],
    [
      'a decision about an inconclusive analysis',
      {},
      pausedFor('InconclusiveAnalysisRun'),
      { kind: 'waitsForPerson', for: 'decision', by: undefined },
    ],
  ])('waits for %s', (_what, settings, status, cause) => {
    const spec = { strategy: { blueGreen: { ...strategy.blueGreen, ...settings } } };
    const facts = ofRollout({ spec, status })(moving());
    const { first } = diagnose({ ...facts, world: { ...facts.world, router: undefined } });
    expect(first).toEqual(cause);
  });
});
