import { describe, expect, test } from 'vitest';
import { gitImage, readGitOwner } from '../../../src/rollout/index.ts';
import { aMarkedRollout, anArgoRollout, keyedImage, trackingId, wholeContainers } from '../../support/owned-by-git.ts';

const three = 'ghcr.io/acme/checkout:3.0.0';
const tracking = 'argocd.argoproj.io/tracking-id';
const flux = { 'kustomize.toolkit.fluxcd.io/name': 'shop', 'kustomize.toolkit.fluxcd.io/namespace': 'flux-system' };
const helm = { 'helm.toolkit.fluxcd.io/name': 'checkout', 'helm.toolkit.fluxcd.io/namespace': 'shop' };
const byArgo = { manager: 'argocd-controller', fields: wholeContainers };
const byFlux = { manager: 'kustomize-controller', fields: wholeContainers };
const byHelm = { manager: 'helm-controller', operation: 'Update', fields: keyedImage } as const;
const instance = { 'app.kubernetes.io/instance': 'checkout' };

function manifest(image: string | undefined, metadata: object) {
  const container = image === undefined ? { name: 'checkout' } : { name: 'checkout', image };
  return JSON.stringify({ metadata, spec: { template: { spec: { containers: [container] } } } });
}

describe('who owns a Rollout', () => {
  test.each([
    ['no mark', aMarkedRollout({ writers: [{ manager: 'kubectl', fields: wholeContainers }] }), undefined],
    ['a tracking id', anArgoRollout(), 'argo-cd Application -/checkout unknown'],
    [
      'a tracking id of an application in another namespace',
      anArgoRollout({ annotations: { [tracking]: `team-a_${trackingId}` } }),
      'argo-cd Application team-a/checkout unknown',
    ],
    [
      'a tracking id that was copied here',
      anArgoRollout({ annotations: { [tracking]: 'web:argoproj.io/Rollout:shop/web' } }),
      undefined,
    ],
    [
      'a tracking id that was copied from another kind',
      anArgoRollout({ annotations: { [tracking]: 'checkout:apps/Deployment:shop/checkout' } }),
      undefined,
    ],
    [
      'the instance label, written by Argo CD',
      aMarkedRollout({ labels: instance, writers: [byArgo] }),
      'argo-cd Application -/checkout unknown',
    ],
    [
      'the same label, written by Helm',
      aMarkedRollout({ labels: instance, writers: [{ manager: 'helm', fields: wholeContainers }] }),
      undefined,
    ],
    ['a Kustomization', aMarkedRollout({ labels: flux, writers: [byFlux] }), 'flux Kustomization flux-system/shop yes'],
    [
      'a Kustomization that was told to leave it alone',
      aMarkedRollout({
        labels: flux,
        annotations: { 'kustomize.toolkit.fluxcd.io/reconcile': 'disabled' },
        writers: [byFlux],
      }),
      undefined,
    ],
    [
      'a Kustomization that only creates it',
      aMarkedRollout({
        labels: flux,
        annotations: { 'kustomize.toolkit.fluxcd.io/ssa': 'IfNotPresent' },
        writers: [byFlux],
      }),
      undefined,
    ],
    [
      'a Kustomization that merges',
      aMarkedRollout({ labels: flux, annotations: { 'kustomize.toolkit.fluxcd.io/ssa': 'Merge' }, writers: [byFlux] }),
      'flux Kustomization flux-system/shop yes',
    ],
    ['a HelmRelease', aMarkedRollout({ labels: helm, writers: [byHelm] }), 'flux HelmRelease shop/checkout unknown'],
    [
      'a HelmRelease whose drift is not detected here',
      aMarkedRollout({
        labels: helm,
        annotations: { 'helm.toolkit.fluxcd.io/driftDetection': 'disabled' },
        writers: [byHelm],
      }),
      'flux HelmRelease shop/checkout no',
    ],
  ])('%s', (_, rollout, wanted) => {
    const owner = readGitOwner(rollout);
    const { kind, namespace = '-', name } = owner?.source ?? {};
    expect(owner && `${owner.tool} ${kind} ${namespace}/${name} ${owner.putsBack}`).toBe(wanted);
  });
});

describe('which image Git asks for', () => {
  const applied = 'kubectl.kubernetes.io/last-applied-configuration';
  const byClient = { ...byArgo, operation: 'Update' } as const;
  const byPerson = { manager: 'stepwise-U1', operation: 'Update', fields: wholeContainers } as const;
  const noted = (git: string) => ({
    'stepwise.dev/git-override': JSON.stringify({
      revision: 3,
      images: { checkout: { git, set: 'ghcr.io/acme/checkout:2.0.0' } },
      at: '2026-11-20T12:00:00Z',
    }),
  });
  const metadata = { annotations: { [tracking]: trackingId } };

  test.each([
    ['the live one, where its manager owns the list', anArgoRollout(), three],
    [
      'the live one, where its manager owns the image',
      anArgoRollout({ writers: [{ ...byArgo, fields: keyedImage }] }),
      three,
    ],
    [
      'none, where its manager owns all but the image',
      anArgoRollout({
        writers: [{ ...byArgo, fields: { 'f:spec': { 'f:replicas': {}, 'f:template': { 'f:metadata': {} } } } }],
      }),
      undefined,
    ],
    [
      'none, where it owns another container of a keyed list',
      anArgoRollout({
        writers: [
          {
            ...byArgo,
            fields: {
              'f:spec': { 'f:template': { 'f:spec': { 'f:containers': { 'k:{"name":"proxy"}': { 'f:image': {} } } } } },
            },
          },
        ],
      }),
      undefined,
    ],
    [
      'that of the manifest, after a client-side apply',
      anArgoRollout({ annotations: { [applied]: manifest('checkout:4', metadata) }, writers: [byClient, byPerson] }),
      'checkout:4',
    ],
    [
      'none, where the manifest of a client-side apply does not set it',
      anArgoRollout({ annotations: { [applied]: manifest(undefined, metadata) }, writers: [byClient] }),
      undefined,
    ],
    [
      'not that of a manifest that somebody has applied by hand',
      anArgoRollout({ annotations: { [applied]: manifest('checkout:4', {}) }, writers: [byClient] }),
      three,
    ],
    [
      'not that of a manifest from before the server-side applies',
      anArgoRollout({ annotations: { [applied]: manifest('checkout:1', metadata) } }),
      three,
    ],
    [
      'the one that an override has noted, where somebody else owns the image now',
      anArgoRollout({
        annotations: noted(three),
        image: 'ghcr.io/acme/checkout:2.0.0',
        writers: [{ ...byArgo, fields: { 'f:spec': { 'f:replicas': {} } } }, byPerson],
      }),
      three,
    ],
    ['the live one, though an override has noted another', anArgoRollout({ annotations: noted('checkout:1') }), three],
    [
      'none, where a note is no JSON',
      anArgoRollout({ annotations: { 'stepwise.dev/git-override': '{' }, writers: [byPerson] }),
      undefined,
    ],
  ])('%s', (_, rollout, wanted) => {
    expect(gitImage(readGitOwner(rollout), 'checkout')).toBe(wanted);
  });
});

test.each([
  [
    { 'stepwise.dev/git-url': 'https://git.acme.dev/deploy/rollout.yaml' },
    'https://git.acme.dev/deploy/rollout.yaml',
    undefined,
  ],
  [{ 'stepwise.dev/git-url': 'javascript:alert(1)' }, undefined, undefined],
  [
    {
      'config.kubernetes.io/origin':
        'path: shop/checkout/rollout.yaml\nrepo: https://github.com/acme/deploy.git\nref: main\n',
    },
    'https://github.com/acme/deploy/blob/main/shop/checkout/rollout.yaml',
    'shop/checkout/rollout.yaml',
  ],
  [{ 'config.kubernetes.io/origin': 'path: shop/checkout/rollout.yaml\n' }, undefined, 'shop/checkout/rollout.yaml'],
  [
    { 'config.kubernetes.io/origin': 'path: ../../etc/passwd\nrepo: git@github.com:acme/deploy\n' },
    undefined,
    undefined,
  ],
])('where the manifest is: %j', (annotations, link, file) => {
  expect(readGitOwner(anArgoRollout({ annotations }))).toMatchObject({ link, file });
});
