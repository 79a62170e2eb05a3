import { describe, expect, test } from 'vitest';
import { changesAgainstGit, noteOverride, type PodTemplate, readGitOwner } from '../../../src/rollout/index.ts';
import { aMarkedRollout, anArgoRollout } from '../../support/owned-by-git.ts';

const [two, three] = ['ghcr.io/acme/checkout:2.0.0', 'ghcr.io/acme/checkout:3.0.0'];
const field = 'spec.template.spec.containers[name=checkout].image';

/** As a ReplicaSet has it: with the API server's defaults. */
function template(image: string, more: object = {}): PodTemplate {
  const container = {
    name: 'checkout',
    image,
    imagePullPolicy: 'IfNotPresent',
    terminationMessagePath: '/dev/termination-log',
  };
  return {
    metadata: { labels: { app: 'checkout' } },
    spec: { containers: [{ ...container, ...more }], restartPolicy: 'Always', dnsPolicy: 'ClusterFirst' },
  };
}

const withoutImage = { 'f:spec': { 'f:template': { 'f:metadata': { 'f:labels': {} } } } };
const ownsLabels = anArgoRollout({ writers: [{ manager: 'argocd-controller', fields: withoutImage }] });

describe('what would have to change in Git', () => {
  test.each([
    ['another image', anArgoRollout(), template(two), [{ field, from: three, to: two }]],
    ['the image that Git asks for', anArgoRollout(), template(three), []],
    [
      'more than the image',
      anArgoRollout(),
      template(two, { args: ['-v'] }),
      [
        { field, from: three, to: two },
        { field: 'spec.template', from: undefined, to: undefined },
      ],
    ],
    ['an image that Git does not set', ownsLabels, template(two), []],
    [
      'more than that, where Git sets something of it',
      ownsLabels,
      template(two, { args: ['-v'] }),
      [{ field: 'spec.template', from: undefined, to: undefined }],
    ],
  ])('%s', (_, rollout, wanted, changes) => {
    const owner = readGitOwner(rollout);
    expect(owner && changesAgainstGit(owner, rollout, wanted)).toEqual(changes);
  });
});

describe('the note of an override', () => {
  const note = 'stepwise.dev/git-override';
  const nowMs = Date.parse('2026-11-20T12:00:00Z');
  const path = '/metadata/annotations/stepwise.dev~1git-override';

  test('says what Git asked for, and what was set', () => {
    const [operation] = noteOverride(anArgoRollout(), template(two), { nowMs });
    expect(operation).toMatchObject({ op: 'add', path });
    expect(JSON.parse(String(operation?.op === 'add' && operation.value))).toEqual({
      revision: 0,
      images: { checkout: { git: three, set: two } },
      at: '2026-11-20T12:00:00.000Z',
    });
  });

  test('brings its map where there is none, unless an operation before it does', () => {
    const labels = { 'kustomize.toolkit.fluxcd.io/name': 'shop' };
    const writers = [{ manager: 'kustomize-controller', fields: { 'f:spec': { 'f:template': {} } } }];
    const rollout = aMarkedRollout({ labels, writers });
    expect(noteOverride(rollout, template(two), { nowMs })).toMatchObject([{ path: '/metadata/annotations' }]);
    expect(noteOverride(rollout, template(two), { nowMs, isMapMade: true })).toMatchObject([{ path }]);
  });

  test('goes when Git is asked for again', () => {
    const rollout = anArgoRollout({ annotations: { [note]: '{}' } });
    expect(noteOverride(rollout, template(three), { nowMs })).toEqual([{ op: 'remove', path }]);
    expect(noteOverride(anArgoRollout(), template(three), { nowMs })).toEqual([]);
  });
});
