import { findCondition } from './conditions.ts';
import { failedRun } from './step-plugins.ts';
import type { World } from './world.ts';

/** What the step's Experiment or plugin came to, in its own words, where that is not good: analysis runs speak for themselves. */
export function stepVerdict({ rollout, experiments = [] }: World): string | undefined {
  const { status } = rollout;
  const experiment = experiments.find(({ metadata }) => metadata.name === status.canary?.currentExperiment);
  if (experiment === undefined) return failedRun(status, status.currentStepIndex ?? 0)?.message;
  const { phase, message, conditions } = experiment.status;
  if (phase === 'Inconclusive') return message ?? 'an experiment was inconclusive';
  if (phase === 'Failed' || phase === 'Error') return message ?? 'an experiment failed';
  const invalid = findCondition(conditions, 'InvalidSpec');
  return invalid?.status === 'True' ? invalid.message : undefined;
}
