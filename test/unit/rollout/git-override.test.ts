import { expect, test } from 'vitest';
import { readPutBack } from '../../../src/rollout/index.ts';
import { anArgoRollout, wholeContainers } from '../../support/owned-by-git.ts';

const [two, three] = ['ghcr.io/acme/checkout:2.0.0', 'ghcr.io/acme/checkout:3.0.0'];
const annotations = {
  'stepwise.dev/git-override': JSON.stringify({
    revision: 3,
    images: { checkout: { git: three, set: two } },
    at: '2026-11-20T12:00:00.700Z',
  }),
};
const argo = (time: string) => ({ manager: 'argocd-controller', fields: wholeContainers, time });
const byPerson = {
  manager: 'stepwise-U1',
  operation: 'Update',
  fields: wholeContainers,
  time: '2026-11-20T12:00:00Z',
} as const;

test.each([
  ['still set', { image: two, writers: [byPerson] }, undefined],
  ['put back', { image: three, writers: [argo('2026-11-20T12:00:03Z')] }, 'argocd-controller'],
  ['put back within the same second', { image: three, writers: [argo('2026-11-20T12:00:00Z')] }, 'argocd-controller'],
  [
    'put back by a person at the command line',
    { image: three, writers: [{ ...argo('2026-11-20T12:00:09Z'), manager: 'kubectl-edit' }] },
    'kubectl-edit',
  ],
  ['set back by a person here', { image: three, writers: [{ ...byPerson, time: '2026-11-20T12:01:00Z' }] }, undefined],
  [
    'overtaken by the next release from Git',
    { image: `${three}-fixed`, writers: [argo('2026-11-20T12:30:00Z')] },
    undefined,
  ],
  ['not written yet', { image: three, writers: [argo('2026-11-20T11:59:00Z')] }, undefined],
])('an override that was %s', (_, { image, writers }, manager) => {
  const putBack = readPutBack(anArgoRollout({ annotations, image, writers }));
  expect(putBack?.manager).toBe(manager);
  if (manager === undefined) return;
  expect(putBack).toMatchObject({
    field: 'spec.template.spec.containers[name=checkout].image',
    from: two,
    to: three,
    sinceRevision: 3,
  });
});

test('without an override nothing was put back', () => {
  expect(readPutBack(anArgoRollout())).toBeUndefined();
});
