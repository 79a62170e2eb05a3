import { describe, expect, it } from 'vitest';
import { writePodTemplateJson, writeStepsJson } from '../../../src/rollout/go-json.ts';
import { computeEarlierPodHash, computePodHash, computeStepHash } from '../../../src/rollout/pod-hash.ts';
import { canonicalQuantity } from '../../../src/rollout/quantity.ts';
import hashes from '../../fixtures/rollout/hashes.json' with { type: 'json' };

// The fixture was written by Go: k8s.io/api 0.34.4 and argo-rollouts 1.9.0.
describe('hashes as Go computes them', () => {
  it.each(hashes.podTemplates)(
    'writes and hashes the pod template $hash',
    ({ template, collisionCount, json, hash }) => {
      expect(writePodTemplateJson(template)).toBe(json);
      expect(computePodHash(template as never, collisionCount)).toBe(hash);
    },
  );

  it.each(hashes.steps)('writes and hashes the steps $hash', ({ steps, json, hash }) => {
    expect(writeStepsJson(steps ?? undefined)).toBe(json);
    expect(computeStepHash((steps ?? undefined) as never)).toBe(hash);
  });

  it.each([
    [[{ pause: {} }], '6b9b86fbd5'],
    [[{ pause: {} }, { pause: {} }], '79c9b9f6bf'],
    [undefined, '5ffbfbbd64'],
  ])('hashes the steps %j as Argo does', (steps, hash) => {
    expect(computeStepHash(steps)).toBe(hash);
  });

  it('knows the hash of an Argo that writes null timestamps', () => {
    const template = { metadata: { labels: { app: 'x' } }, spec: { containers: [] } };
    expect(writePodTemplateJson(template, 'before')).toBe(
      '{"metadata":{"creationTimestamp":null,"labels":{"app":"x"}},"spec":{"containers":[]}}',
    );
    expect(computeEarlierPodHash(template, undefined)).not.toBe(computePodHash(template, undefined));
  });

  it('leaves text alone that is no quantity', () => {
    expect(canonicalQuantity('lots')).toBe('lots');
  });
});
