import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { choosePodsToDelete } from '../../../../src/sandbox/world/controllers/pod-ranks.ts';
import { countStatus } from '../../../../src/sandbox/world/controllers/replica-sets.ts';
import { Pod, ReplicaSet } from '../../../../src/sandbox/world/objects.ts';

type Traits = {
  readonly node?: boolean;
  readonly phase?: string;
  readonly ready?: string | false;
  readonly cost?: number;
  readonly restarts?: number;
  readonly created?: string;
};

function pod(name: string, traits: Traits = {}) {
  const {
    node = true,
    phase = 'Running',
    ready = '2026-01-01T00:00:00Z',
    cost,
    restarts = 0,
    created = '2026-01-01T00:00:00Z',
  } = traits;
  const condition = ready === false ? { status: 'False' } : { status: 'True', lastTransitionTime: ready };
  return Pod.parse({
    metadata: {
      name,
      labels: { app: 'shop' },
      creationTimestamp: created,
      annotations: cost === undefined ? {} : { 'controller.kubernetes.io/pod-deletion-cost': String(cost) },
    },
    spec: { containers: [{ name: 'app' }], ...(node ? { nodeName: 'n' } : {}) },
    status: {
      phase,
      conditions: [{ type: 'Ready', ...condition }],
      containerStatuses: [{ name: 'app', ready: ready !== false, restartCount: restarts }],
    },
  });
}

describe('which pod goes first', () => {
  const LATER = '2026-01-01T01:00:00Z';
  test.each([
    { why: 'not scheduled', goes: { node: false }, stays: {} },
    { why: 'pending', goes: { phase: 'Pending' }, stays: {} },
    { why: 'not ready', goes: { ready: false }, stays: { created: LATER } },
    { why: 'cheaper', goes: { cost: -5 }, stays: { ready: LATER } },
    { why: 'ready for a shorter time', goes: { ready: LATER }, stays: { restarts: 9 } },
    { why: 'restarted more often', goes: { restarts: 2 }, stays: { created: LATER } },
    { why: 'younger', goes: { created: LATER }, stays: {} },
  ] as readonly { why: string; goes: Traits; stays: Traits }[])('the one that is $why', ({ goes, stays }) => {
    const pods = [pod('stays', stays), pod('goes', goes)];
    for (const order of [pods, pods.toReversed()])
      expect(choosePodsToDelete(order, 1).map((chosen) => chosen.metadata.name)).toEqual(['goes']);
  });

  test('never a ready pod while one that is not ready stays', () => {
    fc.assert(
      fc.property(fc.array(fc.boolean(), { maxLength: 12 }), fc.nat(12), (readiness, count) => {
        const pods = readiness.map((isReady, index) => pod(`p${index}`, isReady ? {} : { ready: false }));
        const going = choosePodsToDelete(pods, count);
        expect(going).toHaveLength(Math.min(count, pods.length));
        const readyGoing = going.filter((chosen) => chosen.status.containerStatuses[0]?.ready).length;
        const unreadyLeft = readiness.filter((isReady) => !isReady).length - (going.length - readyGoing);
        if (readyGoing > 0) expect(unreadyLeft).toBe(0);
      }),
    );
  });
});

describe('the status of a ReplicaSet', () => {
  const replicaSet = (minReadySeconds: number) =>
    ReplicaSet.parse({
      metadata: { name: 'r', generation: 4 },
      spec: {
        minReadySeconds,
        selector: { matchLabels: { app: 'shop' } },
        template: { metadata: { labels: { app: 'shop' } }, spec: {} },
      },
    });
  const nowMs = Date.parse('2026-01-01T00:00:30Z');

  test('counts ready pods as available once they have been ready long enough, and says when the next one will be', () => {
    const pods = [
      pod('long'),
      pod('short', { ready: '2026-01-01T00:00:25Z' }),
      pod('shorter', { ready: '2026-01-01T00:00:28Z' }),
      pod('not', { ready: false }),
    ];
    expect(countStatus(replicaSet(10), pods, nowMs)).toEqual({
      status: { replicas: 4, fullyLabeledReplicas: 4, readyReplicas: 3, availableReplicas: 1, observedGeneration: 4 },
      nextLookMs: 5000,
    });
    expect(countStatus(replicaSet(0), pods, nowMs)).toMatchObject({
      status: { availableReplicas: 3 },
      nextLookMs: undefined,
    });
  });
});
