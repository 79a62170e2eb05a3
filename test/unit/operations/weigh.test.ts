import { describe, expect, it } from 'vitest';
import type { OperationTools } from '../../../src/operations/act.ts';
import { createChannels } from '../../../src/operations/channels.ts';
import type { Wish } from '../../../src/operations/operations.ts';
import { skip } from '../../../src/operations/skip.ts';
import { weigh } from '../../../src/operations/weigh.ts';
import { namePlainDeployment, type Rollout } from '../../../src/rollout/index.ts';
import { aRollout } from '../../support/builders.ts';
import { silentLog } from '../../support/silent-log.ts';

const person = { slackId: 'U0VERA', displayName: 'Vera', user: 'slack:U0VERA', groups: [] };

/** Vera, who may do these things, wants to skip a step of this rollout from this channel. */
async function reasonOf(rollout: Rollout, may: readonly string[], channel = 'C0SHOP') {
  const { namespace, name } = rollout.metadata;
  const wish: Wish = { person, channel, target: { namespace, name }, reason: 'seen elsewhere' };
  const tools: Partial<OperationTools> = {
    cluster: {
      mayI: async ({ verb }) => ({ allowed: may.includes(verb), reason: '' }),
      nowMs: () => 0,
      urgently: (run) => run(),
    },
    rollouts: { read: async () => rollout } as unknown as OperationTools['rollouts'],
    referencedWorkloads: { readWith: async () => rollout } as unknown as OperationTools['referencedWorkloads'],
    readEvidence: async () => ({ analysisRuns: [] }),
    channels: createChannels({ [namespace]: 'C0SHOP' }),
    tellDenial: () => undefined,
    log: silentLog,
  };
  const answer = await weigh(wish, skip, { namespace, name }, tools as OperationTools, AbortSignal.timeout(60_000));
  return answer.done ? 'done' : { reason: answer.reason, isUnbound: answer.facts.isUnbound === 'true' };
}

const canary = aRollout().steps({ setWeight: 10 }, { pause: {} }).build();
const blueGreen: Rollout = { ...canary, spec: { ...canary.spec, strategy: { blueGreen: { activeService: 'a' } } } };
const deployment = { ...canary, metadata: { ...canary.metadata, name: namePlainDeployment('web') } };

describe('what means nothing for what moves the pods', () => {
  it.each([
    ['blue-green', blueGreen, 'noSteps'],
    ['a Deployment', deployment, 'notForDeployments'],
  ])('is said of %s before a missing right, and only to those who may look', async (_, rollout, reason) => {
    expect(await reasonOf(rollout, ['get'])).toMatchObject({ reason });
    expect(await reasonOf(rollout, ['get', 'skip'], 'C0LOBBY')).toMatchObject({ reason });
    expect(await reasonOf(rollout, [])).toMatchObject({ reason: 'notAllowed' });
  });

  it('a right that is missing for what has steps is said', async () => {
    expect(await reasonOf(canary, ['get'])).toEqual({ reason: 'notAllowed', isUnbound: false });
  });
});

it('whoever lacks the right and writes in a channel that is not bound hears of both', async () => {
  expect(await reasonOf(canary, ['get'], 'C0LOBBY')).toEqual({ reason: 'notAllowed', isUnbound: true });
  expect(await reasonOf(canary, ['get', 'skip'], 'C0LOBBY')).toMatchObject({ reason: 'unboundChannel' });
});
