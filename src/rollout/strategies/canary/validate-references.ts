import { collectTemplates } from '../../../analysis/index.ts';
import { managedByAnnotation, podHashLabel } from '../../names.ts';
import { routerKindsOf } from '../../needs.ts';
import { invalid } from '../../problems.ts';
import type { CanaryStrategy, RolloutAnalysis } from '../../rollout.ts';
import type { World } from '../../world.ts';
import { composeRun } from './analysis.ts';

const PATH = 'spec.strategy.canary';

/** What the strategy names that is missing, belongs to somebody else, or does not fit. */
export function validateReferences(world: World, canary: CanaryStrategy): string[] {
  const problems = [
    ...validateService(world, 'canaryService', canary.canaryService),
    ...validateService(world, 'stableService', canary.stableService),
  ];
  for (const [index, step] of (canary.steps ?? []).entries()) {
    if (step.analysis === undefined) continue;
    problems.push(...validateAnalysis(world, step.analysis, `${PATH}.steps[${index}].analysis.templates`, 'ends'));
  }
  if (canary.analysis !== undefined && canary.analysis.templates.length > 0) {
    problems.push(...validateAnalysis(world, canary.analysis, `${PATH}.analysis.templates`, 'mayGoOn'));
  }
  if (canary.trafficRouting !== undefined) {
    const kinds = routerKindsOf(canary.trafficRouting).join(', ');
    const problem = world.router?.problem;
    if (problem !== undefined) problems.push(invalid(`${PATH}.trafficRouting`, kinds, problem));
  }
  return problems;
}

function validateService(world: World, field: string, name: string | undefined): string[] {
  if (name === undefined || name === '') return [];
  const path = `${PATH}.${field}`;
  const service = world.services[name];
  if (service === undefined) return [invalid(path, name, `service "${name}" not found`)];
  const labels = world.rollout.spec.template?.metadata?.labels ?? {};
  const problems: string[] = [];
  for (const [label, value] of Object.entries(service.selector)) {
    if (label === podHashLabel || labels[label] === value) continue;
    problems.push(invalid(path, name, `Service "${name}" has unmatch label "${label}" in rollout`));
  }
  const owner = service.annotations[managedByAnnotation];
  if (owner !== undefined && owner !== world.rollout.metadata.name) {
    problems.push(invalid(path, name, `Service "${name}" is managed by another Rollout`));
  }
  return problems;
}

/** `ends`: a step waits for this analysis, so no metric of it may go on for ever. */
function validateAnalysis(world: World, analysis: RolloutAnalysis, path: string, length: 'ends' | 'mayGoOn'): string[] {
  const collected = collectTemplates(analysis.templates, world.templates);
  if (!collected.isComplete) return [invalid(path, collected.missing.templateName, collected.reason)];
  const names = collected.templates.map((template) => template.metadata.name).join(' ');
  const composed = composeRun(world, analysis, { canary: '', stable: '' });
  if (!composed.isComposed) return [invalid(path, `templateNames: [${names}]`, composed.reason)];
  if (composed.spec.metrics.length === 0) return [invalid(path, `templateNames: [${names}]`, 'no metrics specified')];
  if (length === 'mayGoOn') return [];
  const problems: string[] = [];
  for (const template of collected.templates) {
    for (const metric of template.spec.metrics) {
      if (!metric.interval || (metric.count !== undefined && metric.count !== 0 && metric.count !== '')) continue;
      const { name } = template.metadata;
      const message = `AnalysisTemplate ${name} has metric ${metric.name} which runs indefinitely. Invalid value for count: ${metric.count ?? '<nil>'}`;
      problems.push(invalid(path, name, message));
    }
  }
  return problems;
}
