import { collectTemplates, explainPlugin } from '../../analysis/index.ts';
import { managedByAnnotation, podHashLabel } from '../names.ts';
import type { AntiAffinity, PodMetadata } from '../pod-template.ts';
import { invalid } from '../problems.ts';
import type { RolloutAnalysis } from '../strategy-spec.ts';
import type { World } from '../world.ts';
import { composeRun } from './create-run.ts';
import { validateFieldRefs } from './validate-field-refs.ts';

// What both strategies can get wrong.

export function validateAntiAffinity(antiAffinity: AntiAffinity | undefined): string[] {
  if (antiAffinity === undefined) return [];
  const { preferredDuringSchedulingIgnoredDuringExecution: preferred } = antiAffinity;
  const isRequired = antiAffinity.requiredDuringSchedulingIgnoredDuringExecution !== undefined;
  // Argo leaves the strategy's name out of this path.
  const path = 'spec.strategy.antiAffinity';
  if (isRequired === (preferred !== undefined)) {
    const value = Object.entries({ Preferred: preferred !== undefined, Required: isRequired })
      .map(([kind, isListed]) => `antiAffinity.${kind}DuringSchedulingIgnoredDuringExecution: ${isListed}`)
      .join(' ');
    return [invalid(path, value, 'AntiAffinity must have exactly one strategy listed')];
  }
  if (preferred === undefined || (preferred.weight >= 1 && preferred.weight <= 100)) return [];
  return [invalid(`${path}.weight`, preferred.weight, 'AntiAffinity weight must be between 1-100')];
}

const takenWords = 'is managed by another Rollout';

/** Whether a Service is wanted that another Rollout has. */
export function saysTaken(problem: string): boolean {
  return problem.includes(`" ${takenWords}: "`);
}

/** A Service that the strategy names: there, of these pods, and nobody else's. */
export function validateService(world: World, path: string, name: string | undefined): string[] {
  if (name === undefined || name === '') return [];
  const service = world.services[name];
  if (service === undefined) return [invalid(path, name, `service "${name}" not found`)];
  const { template } = world.rollout.spec;
  const labels = template?.metadata?.labels ?? {};
  const problems: string[] = [];
  // Whose template is somewhere else, and missing there: that is said already.
  for (const [label, value] of template === undefined ? [] : Object.entries(service.selector)) {
    if (label === podHashLabel || labels[label] === value) continue;
    problems.push(invalid(path, name, `Service "${name}" has unmatch label "${label}" in rollout`));
  }
  const owner = service.annotations[managedByAnnotation];
  if (owner !== undefined && owner !== world.rollout.metadata.name) {
    const wayOut = `"${owner}" lets it go once it names it no more and no update of it is under way`;
    problems.push(invalid(path, name, `Service "${name}" ${takenWords}: ${wayOut}`));
  }
  return problems;
}

/** `ends`: a step waits for this analysis, so no metric of it may go on for ever. */
export function validateAnalysis(
  world: World,
  analysis: RolloutAnalysis,
  path: string,
  length: 'ends' | 'mayGoOn',
): string[] {
  const collected = collectTemplates(analysis.templates, world.templates);
  if (!collected.isComplete) return [invalid(path, collected.missing.templateName, collected.reason)];
  const names = collected.templates.map((template) => template.metadata.name).join(' ');
  const composed = composeRun(world, analysis, { canary: '', stable: '' });
  if (!composed.isComposed) return [invalid(path, `templateNames: [${names}]`, composed.reason)];
  if (composed.spec.metrics.length === 0) return [invalid(path, `templateNames: [${names}]`, 'no metrics specified')];
  const problems = validateFieldRefs(world, analysis, path.replace(/(templates|templateName)$/, 'args'));
  for (const { name, provider } of composed.spec.metrics) {
    for (const plugin of Object.keys(provider.plugin ?? {})) {
      const reason = explainPlugin(plugin);
      // Unlike Argo, where it fails with its first measurement: no pod is started for what cannot be measured.
      if (reason !== undefined) problems.push(invalid(path, `templateNames: [${names}]`, `metric ${name}: ${reason}`));
    }
  }
  if (length === 'mayGoOn') return problems;
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

/** Unlike Argo, whose ReplicaSet the API server would refuse without end: its pods have to match its selector. */
export function validateMetadata(world: World, path: string, metadata: PodMetadata | undefined): string[] {
  const { matchLabels } = world.rollout.spec.selector ?? {};
  const selected: Record<string, string | undefined> = { ...matchLabels, [podHashLabel]: undefined };
  return Object.entries(metadata?.labels ?? {}).flatMap(([label, value]) => {
    if (!(label in selected) || selected[label] === value) return [];
    return [invalid(path, `${label}=${value}`, 'must not change a label that the selector needs')];
  });
}
