import { explainLabelSelector, matchesLabels } from './label-selector.ts';
import { findReturnProblem } from './point-of-no-return.ts';
import { invalid, required } from './problems.ts';
import type { Rollout, RolloutSpec } from './rollout.ts';
import { validateBlueGreen } from './strategies/blue-green/validate-blue-green.ts';
import { validateCanary } from './strategies/canary/validate-canary.ts';
import { validateReferences } from './strategies/canary/validate-references.ts';
import { validateTemplate } from './validate-template.ts';
import { validateWorkload } from './workload.ts';
import type { World } from './world.ts';

/** Says what a Rollout asks for that cannot be, everything at once, in Argo's words where Argo has words for it. */
export function validateRollout(world: World): readonly string[] {
  const { spec } = world.rollout;
  const problems = [...validateWorkload(world)];
  const named = validateName(world.rollout);
  // Without the workload's template nothing can be said of it.
  if (problems.length === 0) problems.push(...validateSpec(spec));
  problems.push(...named);
  const noReturn = findReturnProblem(world.rollout);
  if (noReturn !== undefined) problems.push(noReturn);
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
    problems.push(invalid('spec.selector', {}, 'empty selector is invalid for deployment'));
  } else if (explainLabelSelector(spec.selector) !== undefined) {
    problems.push(`spec.selector.${explainLabelSelector(spec.selector)}`);
  } else if (!matchesLabels(spec.selector, labels)) {
    const message = '`selector` does not match template `labels`';
    const sorted = Object.fromEntries(Object.entries(labels).sort(([one], [other]) => (one < other ? -1 : 1)));
    problems.push(invalid('spec.template.metadata.labels', sorted, message));
  }
  problems.push(...validateTemplate(spec.template));
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

/** Its ReplicaSets are called `<name>-<hash>`, its analysis runs `<name>-<hash>-<revision>-<step>.<try>`. */
const LONGEST_NAME = { withoutRuns: 253 - '-0123456789'.length, withRuns: 253 - '-0123456789-99999-999.99'.length };

/** Unlike Argo, whose ReplicaSet the API server would refuse without end. */
function validateName({ metadata, spec }: Rollout): string[] {
  const { canary, blueGreen } = spec.strategy ?? {};
  const hasRuns =
    canary?.analysis !== undefined ||
    canary?.steps?.some((step) => step.analysis !== undefined || step.experiment !== undefined) === true ||
    blueGreen?.prePromotionAnalysis !== undefined ||
    blueGreen?.postPromotionAnalysis !== undefined;
  const most = hasRuns ? LONGEST_NAME.withRuns : LONGEST_NAME.withoutRuns;
  if (metadata.name.length <= most) return [];
  const what = hasRuns ? 'ReplicaSets and analysis runs' : 'ReplicaSets';
  return [
    invalid('metadata.name', metadata.name, `must be no more than ${most} characters: its ${what} are named after it`),
  ];
}

function notNegative(path: string, value: unknown): string {
  return invalid(path, value, 'must be greater than or equal to 0');
}
