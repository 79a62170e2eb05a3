import { expect, it } from 'vitest';
import { createLiveCards } from '../../../src/operations/index.ts';
import type { Rollout } from '../../../src/rollout/index.ts';
import { aRollout } from '../../support/builders.ts';

function aRolloutIn(namespace: string, phase: string): Rollout {
  const rollout = aRollout().build();
  return { ...rollout, metadata: { ...rollout.metadata, namespace }, status: { ...rollout.status, phase } };
}

it('counts what is under way in a channel, again after five seconds', () => {
  let nowMs = 0;
  let rollouts = [aRolloutIn('shop', 'Progressing'), aRolloutIn('shop', 'Paused'), aRolloutIn('shop', 'Healthy')];
  const liveCardsIn = createLiveCards({
    rollouts: { list: () => rollouts },
    channels: { channelOf: ({ metadata }) => (metadata.namespace === 'shop' ? 'C1' : undefined) },
    now: () => nowMs,
  });
  expect([liveCardsIn('C1'), liveCardsIn('C2')]).toEqual([2, 0]);
  rollouts = [aRolloutIn('shop', 'Degraded'), aRolloutIn('nobody-hears', 'Progressing')];
  nowMs = 4999;
  expect(liveCardsIn('C1')).toBe(2);
  nowMs = 5000;
  expect(liveCardsIn('C1')).toBe(0);
});
