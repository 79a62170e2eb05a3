import { expect, it } from 'vitest';
import type { Delivery } from '../../../../src/rollout/index.ts';
import { renderCard } from '../../../../src/slack/messages/card.ts';
import { aTypicalDelivery, noonMs } from '../../../support/a-delivery.ts';

function footOf(state: Delivery['state'], runBy: Delivery['runBy'], rolling?: Delivery['rolling']): string {
  const delivery = {
    ...aTypicalDelivery(state),
    ...(runBy === undefined ? {} : { runBy }),
    ...(rolling === undefined ? {} : { rolling }),
  };
  const view = { sign: () => 'signed', asOfMs: noonMs, nameOf: () => undefined, hasCharts: true, command: '/rollout' };
  return JSON.stringify(renderCard(delivery, view).blocks.at(-1));
}

it('a card names the controller that runs its rollout, where that is not Stepwise', () => {
  expect(footOf('moving', { name: 'argo-rollouts v1.8.3' })).toContain('run by argo-rollouts v1.8.3');
  expect(footOf('moving', undefined)).not.toContain('run by');
});

it('of a plain Deployment that controller takes the measurements, no more', () => {
  const rolling = { canaryPods: 1, stablePods: 2, soakEndsAtMs: undefined };
  const silent = { name: 'argo-rollouts v1.8.3', silentSinceMs: noonMs };
  expect(footOf('moving', { name: 'argo-rollouts v1.8.3' }, rolling)).toContain('measured by argo-rollouts v1.8.3');
  expect(footOf('moving', silent, rolling)).toMatch(
    /\*argo-rollouts v1\.8\.3 is silent\* since .*: nothing is measured/,
  );
});

it('and says so when that is silent, while there is something to move', () => {
  const silent = { name: 'argo-rollouts v1.8.3', silentSinceMs: noonMs };
  expect(footOf('gate', silent)).toMatch(/\*argo-rollouts v1\.8\.3 is silent\* since .*: nothing moves/);
  for (const state of ['live', 'rolledBack', 'superseded'] as const)
    expect(footOf(state, silent)).not.toContain('silent');
});
