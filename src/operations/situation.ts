import { type CanaryStep, plainDeployment, type Rollout, validateWorkload } from '../rollout/index.ts';
import type { Seen } from './act.ts';
import type { Verb } from './authorise.ts';
import type { Refusal, RefusalReason } from './operations.ts';

export function refuse(reason: RefusalReason, facts: Readonly<Record<string, string>> = {}): Refusal {
  return { done: false, reason, facts };
}

/** Words that say something: an ellipsis or a blank is no reason. */
export function isReason(words: string | undefined): boolean {
  return /\p{L}\p{L}/u.test(words ?? '');
}

export function isFullyPromoted(rollout: Rollout): boolean {
  return rollout.status.stableRS !== undefined && rollout.status.stableRS === rollout.status.currentPodHash;
}

/** The refusal that fits when no update is under way; undefined when one is. */
export function isUnderWay({ rollout }: Seen): Refusal | undefined {
  const invalid = rollout.status.conditions?.find(({ type, status }) => type === 'InvalidSpec' && status === 'True');
  if (invalid !== undefined) return refuse('invalidSpec', { message: invalid.message ?? '' });
  if (rollout.status.abort === true) return refuse('isAborted');
  return isFullyPromoted(rollout) ? refuse('nothingMoving') : undefined;
}

/** A verb that means nothing for what moves pods in this way, whoever asks and whatever its state. */
export function misfitOf(verb: Verb, { rollout: { metadata, spec } }: Seen): Refusal | undefined {
  const isOfSteps =
    verb === 'promote' || verb === 'skip' || verb === 'finish' || verb === 'retry' || verb === 'terminate';
  if (isOfSteps && plainDeployment(metadata.name) !== undefined) return refuse('notForDeployments', { verb });
  return verb === 'skip' && spec.strategy?.blueGreen !== undefined ? refuse('noSteps') : undefined;
}

/** What is wrong with a `workloadRef`: without the object there is no template to change. */
export function isWorkloadLost(rollout: Rollout): Refusal | undefined {
  const { spec, workload } = rollout;
  if (spec.workloadRef === undefined || workload !== undefined) return undefined;
  const problems = validateWorkload({ rollout, workload, hasOwnTemplate: spec.template !== undefined });
  return refuse('invalidSpec', { message: problems.join('; ') });
}

export function currentStep(rollout: Rollout): CanaryStep | undefined {
  return rollout.spec.strategy?.canary?.steps?.[rollout.status.currentStepIndex ?? 0];
}
