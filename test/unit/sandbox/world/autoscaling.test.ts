import { describe, expect, test } from 'vitest';
import { limitWish, wishOfBounds, wishOfReadings } from '../../../../src/sandbox/world/autoscaling/desired-replicas.ts';
import { quantityValue } from '../../../../src/sandbox/world/autoscaling/read-metrics.ts';
import { Autoscaler } from '../../../../src/sandbox/world/objects.ts';

function anAutoscaler(behavior: object = {}): Autoscaler {
  return Autoscaler.parse({
    metadata: { name: 'a', namespace: 'shop', uid: 'u' },
    spec: { scaleTargetRef: { kind: 'Deployment', name: 'a' }, minReplicas: 2, maxReplicas: 20, behavior },
  });
}
const cpu = (ratio: number) => ({ name: 'cpu', ratio, status: {} });

describe('what the readings ask for', () => {
  test.each([
    { ratio: 2, current: 3, ready: 3, wished: 6 },
    { ratio: 1.05, current: 3, ready: 3, wished: 3 },
    { ratio: 0.95, current: 3, ready: 3, wished: 3 },
    { ratio: 1.2, current: 3, ready: 3, wished: 4 },
    { ratio: 0.3, current: 10, ready: 10, wished: 3 },
    { ratio: 3, current: 4, ready: 2, wished: 6 },
    { ratio: 3, current: 4, ready: 0, wished: 4 },
  ])('$ratio of the target with $ready of $current pods ready: $wished', ({ ratio, current, ready, wished }) => {
    expect(wishOfReadings([cpu(ratio)], current, ready).replicas).toBe(wished);
  });
  test('the largest of several wins', () => {
    const memory = { name: 'memory', ratio: 2, status: {} };
    expect(wishOfReadings([cpu(0.5), memory], 4, 4)).toEqual({ replicas: 8, reason: 'memory above target' });
  });
});

test('bounds ask only from outside', () => {
  expect(wishOfBounds(anAutoscaler(), 1)?.replicas).toBe(2);
  expect(wishOfBounds(anAutoscaler(), 21)?.replicas).toBe(20);
  expect(wishOfBounds(anAutoscaler(), 2)).toBeUndefined();
});

describe('how much of a wish is followed', () => {
  const nowMs = 1_000_000;
  const recent = [{ atMs: nowMs - 60_000, replicas: 8 }];
  test.each([
    { name: 'a large step up is cut', current: 3, wished: 20, recent: [], becomes: 7 },
    { name: 'a doubling is not', current: 9, wished: 18, recent: [], becomes: 18 },
    { name: 'never above the maximum', current: 18, wished: 40, recent: [], becomes: 20 },
    { name: 'never below the minimum', current: 5, wished: 1, recent: [], becomes: 2 },
    { name: 'down only to the highest of five minutes', current: 10, wished: 3, recent, becomes: 8 },
  ])('$name', ({ current, wished, recent: before, becomes }) => {
    expect(limitWish(anAutoscaler(), { current, wished, nowMs }, before)).toBe(becomes);
  });
  test('as the object asks', () => {
    const at = { current: 10, wished: 3, nowMs };
    expect(limitWish(anAutoscaler({ scaleDown: { stabilizationWindowSeconds: 0 } }), at, recent)).toBe(3);
    expect(limitWish(anAutoscaler({ scaleDown: { selectPolicy: 'Disabled' } }), at, [])).toBe(10);
    const up = { current: 3, wished: 9, nowMs };
    expect(limitWish(anAutoscaler({ scaleUp: { selectPolicy: 'Disabled' } }), up, [])).toBe(3);
  });
});

test.each([
  ['500m', 0.5],
  ['2', 2],
  ['1Ki', 1024],
  ['0.1', 0.1],
])('%s is %d', (text, value) => {
  expect(quantityValue(text)).toBe(value);
});
