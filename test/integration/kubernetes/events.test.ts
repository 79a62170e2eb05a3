import { afterAll, beforeAll, expect, test } from 'vitest';
import { type EventToSend, resources, sendEvent } from '../../../src/kubernetes/index.ts';
import { at, startTestCluster, type TestCluster } from '../../support/test-cluster.ts';

let tools: TestCluster;
beforeAll(async () => {
  tools = await startTestCluster();
});
afterAll(() => tools.stop());

async function anEvent(more: Partial<EventToSend> = {}): Promise<EventToSend> {
  const namespace = await tools.namespace();
  return {
    regarding: { resource: resources.rollouts, namespace, name: 'web', uid: 'u-1' },
    type: 'Normal',
    reason: 'RolloutStepCompleted',
    message: 'Rollout step 1/8 completed (setWeight: 10)',
    occasion: 'revision 2, step 0',
    ...more,
  };
}

function sent({ regarding }: EventToSend) {
  return tools.cluster.list(resources.events, { namespace: regarding.namespace }, tools.signal);
}

test('is sent once, however often', async () => {
  const event = await anEvent();
  for (let i = 0; i < 3; i++) await sendEvent(tools.cluster, event, tools.signal);
  const found = await sent(event);
  expect(found).toHaveLength(1);
  expect(found[0]).toMatchObject({
    reason: 'RolloutStepCompleted',
    note: 'Rollout step 1/8 completed (setWeight: 10)',
    type: 'Normal',
    regarding: { apiVersion: 'argoproj.io/v1alpha1', kind: 'Rollout', name: 'web', uid: 'u-1' },
  });
});

test('another reason, occasion or object is another event', async () => {
  const event = await anEvent();
  await sendEvent(tools.cluster, event, tools.signal);
  await sendEvent(tools.cluster, { ...event, occasion: 'revision 2, step 1' }, tools.signal);
  await sendEvent(tools.cluster, { ...event, reason: 'RolloutPaused' }, tools.signal);
  await sendEvent(tools.cluster, { ...event, regarding: { ...event.regarding, uid: 'u-2' } }, tools.signal);
  expect(await sent(event)).toHaveLength(4);
});

test('long names and long messages are cut to what the API takes', async () => {
  const event = await anEvent({ message: 'ü'.repeat(1000) });
  const name = 'w'.repeat(253);
  await sendEvent(tools.cluster, { ...event, regarding: { ...event.regarding, name } }, tools.signal);
  const [found] = await sent(event);
  expect(at(found, 'note')).toBe(`${'ü'.repeat(510)}…`);
});

test('is what kubectl describe looks for', async () => {
  const event = await anEvent();
  await sendEvent(tools.cluster, event, tools.signal);
  const core = { group: '', version: 'v1', plural: 'events', kind: 'Event' };
  const found = await tools.cluster.list(core, { namespace: event.regarding.namespace }, tools.signal);
  expect(found[0]).toMatchObject({
    message: event.message,
    involvedObject: { kind: 'Rollout', name: 'web', uid: 'u-1' },
  });
});
