import { expect, it } from 'vitest';
import { type ChannelPolicy, createChannels } from '../../../src/operations/index.ts';
import type { Rollout } from '../../../src/rollout/index.ts';
import { aRollout } from '../../support/builders.ts';

const setting = { shop: 'C0SET', '*': 'C0REST' };
const policies: ChannelPolicy[] = [
  { namespace: 'shop', name: 'b', channels: ['C0LATER'] },
  { namespace: 'shop', name: 'a', channels: ['C0FIRST', 'C0SECOND'] },
  { namespace: 'silent', name: 'a', channels: [] },
];

function inNamespace(namespace: string, own?: string): Rollout {
  const rollout = aRollout().build();
  const annotations = own === undefined ? {} : { 'stepwise.dev/channel': own };
  return { ...rollout, metadata: { ...rollout.metadata, namespace, annotations } };
}

const everyChannel = ['C0SET', 'C0REST', 'C0FIRST', 'C0SECOND', 'C0LATER', 'C0OWN', ''];

it.each([
  ['CHANNELS', inNamespace('shop'), [], ['C0SET']],
  ['* of CHANNELS', inNamespace('pay'), [], ['C0REST']],
  ['the policies of its namespace, first by name', inNamespace('shop'), policies, ['C0FIRST', 'C0SECOND', 'C0LATER']],
  ['those of another namespace are not its own', inNamespace('pay'), policies, ['C0REST']],
  ['a policy without channels says nothing of them', inNamespace('silent'), policies, ['C0REST']],
  ['its own annotation before all', inNamespace('shop', 'C0OWN'), policies, ['C0OWN']],
])('a rollout is bound by %s', (_, rollout, known, bound) => {
  const channels = createChannels(setting, () => known);
  expect(channels.channelOf(rollout)).toBe(bound[0]);
  expect(everyChannel.filter((channel) => channels.isBound(channel, rollout))).toEqual(
    everyChannel.filter((channel) => bound.includes(channel)),
  );
});

it('a channel knows its namespaces, and a policy that appears or goes is seen at once', () => {
  let known: readonly ChannelPolicy[] = [];
  const channels = createChannels(setting, () => known);
  const seen = () => ['C0SET', 'C0SECOND', 'C0REST'].map(channels.namespacesOf);
  expect(seen()).toEqual([['shop'], [], ['*']]);
  expect(channels.channelOfNamespace('shop')).toBe('C0SET');
  known = policies;
  expect(seen()).toEqual([[], ['shop'], ['*']]);
  expect(channels.channelOfNamespace('shop')).toBe('C0FIRST');
  known = [];
  expect(seen()).toEqual([['shop'], [], ['*']]);
});
