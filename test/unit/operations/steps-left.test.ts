import { expect, it } from 'vitest';
import { stepsLeft } from '../../../src/operations/steps-left.ts';
import { aRollout } from '../../support/builders.ts';

const analysis = (...names: readonly string[]) => ({
  analysis: { templates: names.map((templateName) => ({ templateName })) },
});
const plan = [
  { setWeight: 10 },
  analysis('errors'),
  { setWeight: 50 },
  { pause: {} },
  { pause: { duration: '30s' } },
  analysis('errors', 'latency'),
  { setWeight: 75 },
  { pause: {} },
];

it.each([
  [0, '2', '2', 'errors at 10 %, gate at 50 %, errors and latency at 50 %, gate at 75 %'],
  [3, '2', '1', 'gate at 50 %, errors and latency at 50 %, gate at 75 %'],
  [7, '1', '0', 'gate at 75 %'],
  [8, '0', '0', ''],
])('from step %i on', (currentStepIndex, gates, analyses, left) => {
  const rollout = aRollout()
    .steps(...plan)
    .status({ currentStepIndex })
    .build();
  expect(stepsLeft(rollout)).toEqual({ gates, analyses, left });
});

it('leaves all of the plan out of a revision that was aborted: its index was put to the end', () => {
  const rollout = aRollout()
    .steps(...plan)
    .status({ currentStepIndex: 8, abort: true })
    .build();
  expect(stepsLeft(rollout)).toMatchObject({ gates: '2', analyses: '2' });
});
