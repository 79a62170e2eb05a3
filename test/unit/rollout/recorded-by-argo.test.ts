import { describe, expect, it } from 'vitest';
import { decide, judgeAdoption, readDelivery, unknownToArgo } from '../../../src/rollout/index.ts';
import { computePodHash } from '../../../src/rollout/pod-hash.ts';
import { anAnalysisTemplate } from '../../support/builders.ts';
import { lookedAtMs, readRecordedWorld, recordedStories } from '../../support/recorded.ts';

const runBy = { name: 'argo-rollouts v1.8.3' };

function deliveryOf(story: string) {
  return readDelivery(readRecordedWorld(story), { clusterUid: 'c', runBy });
}

describe('a card of what Argo wrote', () => {
  it.each([
    ['canary-timed-pause', { state: 'moving', weightPercent: 25, nextAtMs: Date.UTC(2026, 10, 20, 12, 50) }],
    ['canary-gate-without-router', { state: 'gate', weightPercent: 40, nextPercent: 80 }],
    ['canary-aborted', { state: 'rolledBack', weightPercent: 0, reason: expect.stringContaining('assessed Failed') }],
    ['blue-green-before-the-switch', { state: 'gate', weightPercent: 0, blueGreen: { at: 'preview' } }],
    ['blue-green-after-the-switch', { state: 'live', weightPercent: 100, blueGreen: { at: 'active' } }],
    // Of a router that we do not know, the status says what there is to say.
    ['canary-of-a-mesh', { state: 'gate', weightPercent: 30, nextPercent: 100 }],
  ])('%s', (story, seen) => {
    expect(deliveryOf(story)).toMatchObject({
      ...seen,
      revision: 2,
      fromImage: 'shop:1',
      toImage: 'shop:2',
      podHash: '7c9d8b6f5d',
      runBy,
    });
  });

  it('names the metric that decided the abort', () => {
    expect(deliveryOf('canary-aborted').guilty).toMatchObject({ name: 'success-rate', value: 0.412 });
  });

  it('tells every story', () => {
    expect(recordedStories.map((story) => deliveryOf(story).state)).toHaveLength(6);
  });
});

describe('taken over as Argo left it', () => {
  const ofRoutersWeKnow = recordedStories.filter((story) => story !== 'canary-of-a-mesh');

  it.each(ofRoutersWeKnow)('%s: nothing is touched', (story) => {
    const world = withTemplates(readRecordedWorld(story));
    // Another version computed these hashes: only what the templates mean tells whose pods they are.
    expect(world.replicaSets.map(({ podHash }) => podHash)).not.toContain(
      computePodHash(world.rollout.spec.template, undefined),
    );
    const { effects } = decide(world);
    expect(effects).toEqual([]);
  });

  it('is refused where an experiment measures what cannot be measured here; and given back, where Argo cannot', () => {
    const world = withTemplates(readRecordedWorld('canary-gate-without-router'));
    const analyses = [{ name: 'errors', templateName: 'slo', args: [] }];
    const experiment = { templates: [{ name: 'candidate', specRef: 'canary' }], analyses };
    const { spec } = world.rollout;
    const strategy = { canary: { ...spec.strategy?.canary, steps: [{ experiment }] } };
    const measured = { ...world, rollout: { ...world.rollout, spec: { ...spec, strategy } } };
    expect(judgeAdoption(measured, ['job'])).toMatchObject({
      kind: 'refused',
      why: expect.arrayContaining([expect.stringContaining('of slo is measured by prometheus: known are job')]),
    });
    const hook = { name: 'hook', provider: { plugin: { 'stepwise/webhook': { url: 'https://a.dev' } } } };
    const slo = anAnalysisTemplate('slo');
    const asked = {
      ...measured,
      templates: { 'AnalysisTemplate/slo': { ...slo, spec: { ...slo.spec, metrics: [hook] } } },
    };
    expect(unknownToArgo(asked)).toEqual([
      'metric "hook" is measured by stepwise/webhook: each of its measurements would be an Error',
    ]);
  });

  it('wakes when the pause that Argo began is over', () => {
    const { wakeAtMs } = decide(readRecordedWorld('canary-timed-pause'));
    expect(wakeAtMs).toBe(Date.UTC(2026, 10, 20, 12, 50));
    expect(wakeAtMs).toBeGreaterThan(lookedAtMs);
  });

  it('refuses a router that it does not know with words, and moves nothing', () => {
    const { effects } = decide(readRecordedWorld('canary-of-a-mesh'));
    expect(effects.map(({ kind }) => kind)).toEqual(['writeStatus']);
    const [status] = effects.flatMap((effect) => (effect.kind === 'writeStatus' ? [effect.status] : []));
    expect(status).toMatchObject({ currentPodHash: '7c9d8b6f5d', stableRS: '5b8c7d9f4d', currentStepIndex: 1 });
  });
});

function withTemplates(world: ReturnType<typeof readRecordedWorld>): ReturnType<typeof readRecordedWorld> {
  return { ...world, templates: { 'AnalysisTemplate/slo': anAnalysisTemplate('slo') } };
}
