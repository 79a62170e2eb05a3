import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { createPacedNudges } from '../../../src/engine/paced-nudges.ts';
import type { TurnKey } from '../../../src/queue-stores/index.ts';

const rollout = (name: string): TurnKey => ({ kind: 'rollout', namespace: 'shop', name });
const card = (name: string): TurnKey => ({ kind: 'card', namespace: 'shop', name });

async function until(sent: readonly unknown[], count: number): Promise<void> {
  while (sent.length < count) await sleep(5);
}

test('changes of a key that come together are one nudge, and those that come later another', async () => {
  const sent: TurnKey[] = [];
  const nudges = createPacedNudges((key) => sent.push(key));
  for (const key of [rollout('web'), card('web'), rollout('web'), rollout('api'), card('web')]) nudges.add(key);
  await until(sent, 3);
  expect(sent).toEqual([rollout('web'), rollout('api'), card('web')]);
  nudges.add(card('web'));
  await until(sent, 4);
  expect(sent.at(-1)).toEqual(card('web'));
  nudges.stop();
});

test('a change that never ends does not hold its nudge back', async () => {
  const sent: TurnKey[] = [];
  const nudges = createPacedNudges((key) => sent.push(key));
  const changes = setInterval(() => nudges.add(card('web')), 5);
  await until(sent, 2);
  clearInterval(changes);
  nudges.stop();
});

test('nothing is sent after it stopped', async () => {
  const sent: TurnKey[] = [];
  const nudges = createPacedNudges((key) => sent.push(key));
  nudges.add(card('web'));
  nudges.add(rollout('web'));
  nudges.stop();
  await sleep(200);
  expect(sent).toEqual([]);
});
