import { describe, expect, it } from 'vitest';
import { DeliveryRecord, deriveEntries } from '../../../src/records/index.ts';
import { Rollout } from '../../../src/rollout/index.ts';
import { anArgoRollout, wholeContainers } from '../../support/owned-by-git.ts';

const [two, three] = ['ghcr.io/acme/checkout:2.0.0', 'ghcr.io/acme/checkout:3.0.0'];
const nowMs = Date.parse('2026-11-20T12:00:05Z');

/** An override of revision 3 that Argo CD has put back, as it looks from this revision. */
function putBack(
  revision: number,
  more: { readonly isSettled?: boolean; readonly annotations?: Record<string, string> } = {},
) {
  const note = { revision: 3, images: { checkout: { git: three, set: two } }, at: '2026-11-20T12:00:00Z' };
  const rollout = anArgoRollout({
    image: three,
    annotations: {
      'stepwise.dev/git-override': JSON.stringify(note),
      'rollout.argoproj.io/revision': `${revision}`,
      ...more.annotations,
    },
    writers: [{ manager: 'argocd-controller', fields: wholeContainers, time: '2026-11-20T12:00:03Z' }],
    status: { currentPodHash: 'abc', stableRS: 'stable', observedGeneration: more.isSettled === false ? '0' : '1' },
  });
  return Rollout.parse(rollout);
}

function derive(rollout: Rollout, revision: number, record = recordOf(revision)) {
  const world = {
    nowMs,
    rollout,
    replicaSets: [],
    services: {},
    analysisRuns: [],
    templates: {},
    router: undefined,
    evidence: 'strict',
  } as const;
  return deriveEntries(record, { world, revision });
}

function recordOf(revision: number): DeliveryRecord {
  const spec = { rollout: { name: 'checkout', uid: 'uid-checkout', revision } };
  return DeliveryRecord.parse({ metadata: { name: 'record' }, spec, seen: { podHash: 'abc', step: '0' } });
}

function toldBy(rollout: Rollout, revision: number, record?: DeliveryRecord) {
  return derive(rollout, revision, record).entries.filter(({ event }) => event === 'fieldPutBack');
}

describe('an override that was put back', () => {
  it.each([
    ['the revision that this made', 5, true, 1],
    ['the one that was there, where the override was never looked at', 3, true, 1],
    ['not that one while the engine has not looked yet', 3, false, 0],
    ['not the one that was set', 4, true, 0],
    ['not a later one', 6, true, 0],
  ])('is told by %s', (_, revision, isSettled, times) => {
    expect(toldBy(putBack(revision, { isSettled }), revision)).toHaveLength(times);
  });

  it('is told once, with manager, time and field', () => {
    const rollout = putBack(5);
    const [told] = toldBy(rollout, 5);
    expect(told).toMatchObject({
      by: 'argocd-controller',
      at: '2026-11-20T12:00:03Z',
      text: `spec.template.spec.containers[name=checkout].image: ${two} → ${three}; it is left so`,
    });
    const record = recordOf(5);
    const entries = [{ ...told, seq: 1, hash: '' }];
    expect(toldBy(rollout, 5, DeliveryRecord.parse({ ...record, entries }))).toEqual([]);
  });
});

describe('what the engine writes into other objects', () => {
  const annotations = (count: number, atMs: number) => ({
    'stepwise.dev/put-back': JSON.stringify({
      podHash: 'abc',
      count,
      manager: 'kustomize-controller',
      atMs,
      what: 'Service x',
    }),
  });

  it('is told once for each tool, however often it is put back', () => {
    const [told] = toldBy(putBack(9, { annotations: annotations(1, nowMs - 4000) }), 9);
    expect(told).toMatchObject({ by: 'kustomize-controller', at: '2026-11-20T12:00:01Z' });
    expect(told?.text).toContain('manifests/flux');
    const record = DeliveryRecord.parse({ ...recordOf(9), entries: [{ ...told, seq: 1, hash: '' }] });
    expect(toldBy(putBack(9, { annotations: annotations(7, nowMs) }), 9, record)).toEqual([]);
  });
});
