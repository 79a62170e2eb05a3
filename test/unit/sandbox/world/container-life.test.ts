import { describe, expect, test } from 'vitest';
import {
  advanceContainer,
  type ContainerRun,
  createContainer,
  type Life,
} from '../../../../src/sandbox/world/container-life.ts';
import { ImageFacts } from '../../../../src/sandbox/world/image-list.ts';

const SERVER: Life = { restartPolicy: 'Always', completesAfterMs: undefined, exitCode: 0 };

/** Lives through `count` changes, each at its due time, and tells what the container did. */
function live(facts: object, life: Life, count: number): string[] {
  const parsed = ImageFacts.parse(facts);
  let container: ContainerRun = createContainer({ name: 'app', image: 'shop:1' }, 0, parsed);
  const told = [describeRun(container, 0)];
  for (let step = 0; step < count && Number.isFinite(container.dueMs); step++) {
    const nowMs = container.dueMs;
    container = advanceContainer(container, { facts: parsed, life, nowMs });
    told.push(describeRun(container, nowMs));
  }
  return told;
}

function describeRun({ phase, restarts }: ContainerRun, nowMs: number): string {
  const what = {
    waiting: () => 'reason' in phase && phase.reason,
    running: () => ('isReady' in phase && phase.isReady ? 'ready' : 'running'),
    ended: () => 'exitCode' in phase && `ended ${phase.exitCode}`,
  }[phase.kind]();
  return `${nowMs} ${what}${restarts > 0 ? ` (restarts ${restarts})` : ''}`;
}

describe('a container', () => {
  test.each([
    { name: 'starts quickly', facts: { startMs: 500 }, life: SERVER, told: ['0 ContainerCreating', '500 ready'] },
    {
      name: 'starts slowly',
      facts: { startMs: 3000 },
      life: SERVER,
      told: ['0 ContainerCreating', '300 running', '3000 ready'],
    },
    {
      name: 'has no image',
      facts: { pull: 'missing', startMs: 100 },
      life: SERVER,
      told: [
        '0 ContainerCreating',
        '100 ErrImagePull',
        '1600 ImagePullBackOff',
        '3100 ErrImagePull',
        '4600 ImagePullBackOff',
      ],
    },
    {
      name: 'crashes again and again, waiting longer each time',
      facts: { startMs: 100, crashAfterMs: 1000 },
      life: SERVER,
      told: [
        '0 ContainerCreating',
        '100 ready',
        '1100 CrashLoopBackOff',
        '2100 ready (restarts 1)',
        '3100 CrashLoopBackOff (restarts 1)',
        '5100 ready (restarts 2)',
      ],
    },
    {
      name: 'crashes before it is ready',
      facts: { startMs: 5000, crashAfterMs: 200 },
      life: SERVER,
      told: ['0 ContainerCreating', '300 running', '500 CrashLoopBackOff', '1500 running (restarts 1)'],
    },
    {
      name: 'finishes its work',
      facts: { startMs: 100 },
      life: { restartPolicy: 'Never', completesAfterMs: 900, exitCode: 0 },
      told: ['0 ContainerCreating', '100 ready', '1000 ended 0'],
    },
    {
      name: 'fails at its work',
      facts: { startMs: 100 },
      life: { restartPolicy: 'Never', completesAfterMs: 900, exitCode: 3 },
      told: ['0 ContainerCreating', '100 ready', '1000 ended 3'],
    },
    {
      name: 'fails and is tried again',
      facts: { startMs: 100 },
      life: { restartPolicy: 'OnFailure', completesAfterMs: 900, exitCode: 3 },
      told: ['0 ContainerCreating', '100 ready', '1000 CrashLoopBackOff', '2000 ready (restarts 1)'],
    },
  ])('$name', ({ facts, life, told }) => {
    expect(live(facts, life, told.length - 1)).toEqual(told);
  });
});
