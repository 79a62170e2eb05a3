import { describe, expect, it } from 'vitest';
import { AnalysisRun, decideAnalysisRun } from '../../../src/analysis/index.ts';
import { templateWriterOf } from '../../../src/records/who.ts';
import { decide, judgeAdoption, readDelivery, unknownToArgo } from '../../../src/rollout/index.ts';
import { computePodHash } from '../../../src/rollout/pod-hash.ts';
import { anAnalysisTemplate } from '../../support/builders.ts';
import { readRecordedObject, readRecordedWorld, recordedAtMs, recordedStories } from '../../support/recorded.ts';

const runBy = { name: 'argo-rollouts v1.10.2' };
const ofRoutersWeKnow = recordedStories.filter((story) => story !== 'canary-of-a-mesh');

function deliveryOf(story: string) {
  return readDelivery(readRecordedWorld(story), { clusterUid: 'c', runBy });
}

describe('a card of what Argo wrote', () => {
  it.each([
    ['canary-timed-pause', { state: 'moving', weightPercent: 25 }],
    ['canary-gate-without-router', { state: 'gate', weightPercent: 40, nextPercent: 80 }],
    ['canary-aborted', { state: 'rolledBack', weightPercent: 0, reason: expect.stringContaining('assessed Failed') }],
    ['canary-measures', { state: 'checking', weightPercent: 25 }],
    ['canary-inconclusive', { state: 'inconclusive', weightPercent: 25 }],
    ['canary-experiments', { state: 'checking', weightPercent: 25 }],
    ['canary-paused-by-hand', { state: 'paused', weightPercent: 25 }],
    ['blue-green-before-the-switch', { state: 'gate', weightPercent: 0, blueGreen: { at: 'preview' } }],
    ['blue-green-checks-after-the-switch', { state: 'checking', weightPercent: 100, blueGreen: { at: 'active' } }],
    ['blue-green-after-the-switch', { state: 'live', weightPercent: 100, blueGreen: { at: 'active' } }],
    // Of a router that we do not know, the status says what there is to say.
    ['canary-of-a-mesh', { state: 'gate', weightPercent: 30, nextPercent: 100 }],
  ])('%s', (story, seen) => {
    expect(deliveryOf(story)).toMatchObject({ ...seen, revision: 2, fromImage: 'shop:1', toImage: 'shop:2', runBy });
  });

  it.each(recordedStories)('%s: the same of an older Argo, which notes no phase and no message', (story) => {
    const { rollout, ...world } = readRecordedWorld(story);
    const { phase: _, message: __, ...status } = rollout.status;
    const older = { ...world, rollout: { ...rollout, status } };
    expect(readDelivery(older, { clusterUid: 'c', runBy }).state).toBe(deliveryOf(story).state);
  });

  it('names the metric that decided the abort', () => {
    expect(deliveryOf('canary-aborted').guilty).toMatchObject({ name: 'success-rate', value: 0.412 });
  });

  it('says nothing of a pause where an abort waits for a controller that is dead', () => {
    const world = readRecordedWorld('canary-gate-without-router');
    const { rollout } = world;
    const aborted = { ...world, rollout: { ...rollout, status: { ...rollout.status, abort: true } } };
    const { state, reason } = readDelivery(aborted, { clusterUid: 'c', runBy });
    expect({ state, reason }).toEqual({ state: 'aborting', reason: undefined });
  });

  // It wrote the whole Rollout back, cpu: "0.1" as 100m: its name is on the containers since then.
  it.each(recordedStories)('%s: names who applied it, not the controller that wrote it back', (story) => {
    const { rollout } = readRecordedWorld(story);
    expect(rollout.spec.template?.spec?.containers[0]?.resources).toEqual({ requests: { cpu: '100m' } });
    expect(templateWriterOf(rollout)).toBe('kubectl');
  });
});

describe('taken over as Argo left it', () => {
  it.each(recordedStories)('%s: the hash is ours', (story) => {
    const { rollout } = readRecordedWorld(story);
    expect(computePodHash(rollout.spec.template, rollout.status.collisionCount)).toBe(rollout.status.currentPodHash);
  });

  it.each(ofRoutersWeKnow)('%s: no pod, Service or weight is touched, whatever the hashes', (story) => {
    for (const hashes of ['its own', 'of another version'] as const) {
      const world = readRecordedWorld(story, hashes);
      const { effects } = decide(world);
      expect(
        effects.filter(({ kind }) => kind !== 'writeStatus'),
        hashes,
      ).toEqual([]);
    }
  });

  it('is refused where an experiment measures what cannot be measured here; and given back, where Argo cannot', () => {
    const world = readRecordedWorld('canary-gate-without-router');
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
    const world = readRecordedWorld('canary-timed-pause');
    const [pause] = world.rollout.status.pauseConditions ?? [];
    const { wakeAtMs } = decide(world);
    expect(wakeAtMs).toBe(Date.parse(pause?.startTime ?? '') + 3_600_000);
    expect(wakeAtMs).toBeGreaterThan(recordedAtMs('canary-timed-pause'));
  });

  it('refuses a router that it does not know with words, and moves nothing', () => {
    const { rollout, ...world } = readRecordedWorld('canary-of-a-mesh');
    const { effects } = decide({ ...world, rollout });
    expect(effects.map(({ kind }) => kind)).toEqual(['writeStatus']);
    const [status] = effects.flatMap((effect) => (effect.kind === 'writeStatus' ? [effect.status] : []));
    const { currentPodHash, stableRS } = rollout.status;
    expect(status).toMatchObject({ currentPodHash, stableRS, currentStepIndex: 1 });
  });

  it('begins an analysis run that Argo had only just created: its phase is the empty text', () => {
    const run = AnalysisRun.parse(readRecordedObject('analysis-run-at-birth'));
    expect(run.status.phase).toBeUndefined();
    const bornMs = Date.parse(run.metadata.creationTimestamp ?? '');
    const { status, wakeAtMs } = decideAnalysisRun(run, bornMs);
    expect(status.phase).toBe('Running');
    // Its initialDelay.
    expect(wakeAtMs).toBe(bornMs + 5000);
  });
});
