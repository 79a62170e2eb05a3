import { invalid, required } from './problems.ts';
import type { RolloutSpec } from './rollout.ts';
import { validateBlueGreen } from './strategies/blue-green/validate-blue-green.ts';
import { validateCanary } from './strategies/canary/validate-canary.ts';
import { validateReferences } from './strategies/canary/validate-references.ts';
import { validateWorkload } from './workload.ts';
import type { World } from './world.ts';

/** Says what a Rollout asks for that cannot be, everything at once, in Argo's words where Argo has words for it. */
export function validateRollout(world: World): readonly string[] {
  const { spec } = world.rollout;
  const problems = [...validateWorkload(world)];
  // Without the workload's template nothing can be said of it.
  if (problems.length === 0) problems.push(...validateSpec(spec));
  const { canary, blueGreen } = spec.strategy ?? {};
  if (canary === undefined && blueGreen === undefined) {
    const message = "Rollout has missing field '.spec.strategy.canary or .spec.strategy.blueGreen'";
    problems.push(required('spec.strategy.strategy', message));
  } else if (canary !== undefined && blueGreen !== undefined) {
    const message = 'Multiple Strategies can not be listed';
    problems.push(invalid('spec.strategy.strategy', 'blueGreen: true canary: true', message));
  } else if (canary === undefined) {
    if (blueGreen !== undefined) problems.push(...validateBlueGreen(world, blueGreen));
  } else {
    problems.push(...validateCanary(canary), ...validateReferences(world, canary));
  }
  return problems;
}

function validateSpec(spec: RolloutSpec): string[] {
  const problems: string[] = [];
  if ((spec.replicas ?? 1) < 0) problems.push(notNegative('spec.replicas', spec.replicas));
  const labels = spec.template?.metadata?.labels ?? {};
  const matchLabels = Object.entries(spec.selector?.matchLabels ?? {});
  const expressions = spec.selector?.matchExpressions ?? [];
  if (spec.selector === undefined) {
    problems.push(required('spec.selector', "Rollout has missing field '.spec.selector'"));
  } else if (matchLabels.length + expressions.length === 0) {
    problems.push(invalid('spec.selector', '{}', 'empty selector is invalid for deployment'));
  } else if (matchLabels.some(([name, value]) => labels[name] !== value)) {
    const message = '`selector` does not match template `labels`';
    problems.push(invalid('spec.template.metadata.labels', JSON.stringify(labels), message));
  }
  if ((spec.template?.spec?.containers ?? []).length === 0)
    problems.push('spec.template.spec.containers: Required value');
  for (const [index, container] of (spec.template?.spec?.containers ?? []).entries()) {
    if (!container.image) problems.push(`spec.template.spec.containers[${index}].image: Required value`);
  }
  const minReady = spec.minReadySeconds ?? 0;
  const deadline = spec.progressDeadlineSeconds ?? 600;
  if (minReady < 0) problems.push(notNegative('spec.minReadySeconds', minReady));
  if ((spec.revisionHistoryLimit ?? 0) < 0)
    problems.push(notNegative('spec.revisionHistoryLimit', spec.revisionHistoryLimit));
  if (deadline <= minReady) {
    problems.push(invalid('spec.progressDeadlineSeconds', deadline, 'must be greater than minReadySeconds'));
  }
  return problems;
}

function notNegative(path: string, value: unknown): string {
  return invalid(path, value, 'must be greater than or equal to 0');
}
