import { afterAll, beforeAll, expect, test } from 'vitest';
import { createEventOutbox, type EventToSend, resources } from '../../../src/kubernetes/index.ts';
import { silentLog } from '../../support/silent-log.ts';
import { startTestCluster, type TestCluster } from '../../support/test-cluster.ts';

let tools: TestCluster;
beforeAll(async () => {
  tools = await startTestCluster();
});
afterAll(() => tools.stop());

function anEvent(namespace: string, occasion: string): EventToSend {
  const regarding = { resource: resources.rollouts, namespace, name: 'web', uid: 'u-1' };
  return { regarding, type: 'Normal', reason: 'RolloutPaused', message: 'Rollout is paused', occasion };
}

test('sends all that was added before it stopped, each once, and nothing after', async () => {
  const namespace = await tools.namespace();
  const outbox = createEventOutbox(tools.cluster, silentLog);
  for (let index = 0; index < 30; index++) outbox.add(anEvent(namespace, `step ${index % 25}`));
  await outbox.stop();
  outbox.add(anEvent(namespace, 'too late'));
  expect(await tools.cluster.list(resources.events, { namespace }, tools.signal)).toHaveLength(25);
});

test('one that the API server refuses holds up no other', async () => {
  const namespace = await tools.namespace();
  const outbox = createEventOutbox(tools.cluster, silentLog);
  outbox.add(anEvent('there is no such namespace', 'a'));
  outbox.add(anEvent(namespace, 'b'));
  await outbox.stop();
  expect(await tools.cluster.list(resources.events, { namespace }, tools.signal)).toHaveLength(1);
});
