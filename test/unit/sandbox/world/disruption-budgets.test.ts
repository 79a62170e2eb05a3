import { expect, it } from 'vitest';
import { countBudget } from '../../../../src/sandbox/world/controllers/disruption-budgets.ts';
import { DisruptionBudget, Pod } from '../../../../src/sandbox/world/objects.ts';

const nowMs = Date.parse('2026-01-01T00:10:00Z');

function budget(spec: object, disruptedPods: Record<string, string> = {}) {
  return DisruptionBudget.parse({
    metadata: { name: 'web', namespace: 'shop', uid: 'b', resourceVersion: '1', generation: 1 },
    spec: { selector: { matchLabels: { app: 'web' } }, ...spec },
    status: { disruptedPods },
  });
}

function pods(ready: number, unready = 0) {
  return Array.from({ length: ready + unready }, (_, index) =>
    Pod.parse({
      metadata: { name: `web-${index}`, namespace: 'shop', uid: `p${index}`, resourceVersion: '1' },
      spec: {},
      status: { phase: 'Running', conditions: [{ type: 'Ready', status: index < ready ? 'True' : 'False' }] },
    }),
  );
}

// As a real disruption controller 1.34.4 counts.
it.each([
  ['a number that must stay', { minAvailable: 3 }, pods(4), 4, [3, 4, 1]],
  ['fewer are healthy than must stay', { minAvailable: 3 }, pods(2, 2), 4, [3, 4, 0]],
  ['a share that must stay is one of what is asked for, rounded up', { minAvailable: '50%' }, pods(4), 5, [3, 5, 1]],
  ['a number that may go', { maxUnavailable: 1 }, pods(4), 4, [3, 4, 1]],
  ['a share that may go is rounded up', { maxUnavailable: '30%' }, pods(4), 4, [2, 4, 2]],
  ['no pods at all', { minAvailable: 0 }, pods(0), 0, [0, 0, 0]],
])('%s', (_, spec, members, scale, [desiredHealthy, expectedPods, disruptionsAllowed]) => {
  const { status } = countBudget(budget(spec), members, { scale, nowMs });
  expect(status).toMatchObject({ desiredHealthy, expectedPods, disruptionsAllowed });
});

it('an evicted pod is not healthy, until it has gone or stayed for two minutes', () => {
  const count = (since: string, members = pods(4)) =>
    countBudget(budget({ minAvailable: 3 }, { 'web-0': since }), members, { scale: 4, nowMs });
  const fresh = count('2026-01-01T00:09:00Z');
  expect(fresh.status).toMatchObject({ currentHealthy: 3, disruptionsAllowed: 0 });
  expect(fresh.lookAgainMs).toBe(60_001);
  expect(count('2026-01-01T00:08:00Z').status).toMatchObject({ currentHealthy: 4, disruptedPods: {} });
  expect(count('2026-01-01T00:09:00Z', pods(4).slice(1)).status.disruptedPods).toEqual({});
});
