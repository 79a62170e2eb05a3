import {
  AnalysisTemplate,
  Metric,
  readSight,
  type SightScope,
  sightWords,
  substituteArguments,
  validateTemplate,
} from '../analysis/index.ts';
import type { Finding } from './finding.ts';
import { type SourceDocument, unreadable } from './source-document.ts';

/** What is wrong with an AnalysisTemplate, and which of its metrics are blind. */
export function checkTemplate(document: SourceDocument, hasMistakes: boolean): readonly Finding[] {
  const parsed = AnalysisTemplate.safeParse(document.content);
  if (!parsed.success) return hasMistakes ? [] : unreadable(document, parsed.error);
  const { spec } = parsed.data;
  const mistakes = validateTemplate(spec).map((problem) => {
    const index = /^metrics\[(\d+)\]: (?:invalid )?(\w+)/.exec(problem);
    const field = index?.[2] === 'startDelay' ? 'initialDelay' : (index?.[2] ?? '');
    const path = index === null ? ['spec'] : ['spec', 'metrics', Number(index[1]), field];
    return document.find(path, 'mistake', `spec.${problem}`);
  });
  const blind = spec.metrics.flatMap((metric, index) => {
    const words = blindness(metric, spec.args);
    return words === undefined
      ? []
      : [document.find(['spec', 'metrics', index], 'warning', `spec.metrics[${index}]: ${metric.name} is ${words}`)];
  });
  return [...mistakes, ...blind];
}

/** Without a rollout it is not known which pods are the canary's; that a metric makes numbers up is known all the same. */
const nobody: SightScope = {};

function blindness(metric: Metric, args: AnalysisTemplate['spec']['args']): string | undefined {
  const open = args.map(({ name, value }) => ({ name, value: value ?? 'x' }));
  const substituted = substituteArguments(metric, open);
  if (!substituted.isResolved) return undefined;
  const sight = readSight(Metric.parse(substituted.value), nobody);
  return sight.kind === 'blind' ? sightWords(sight, undefined) : undefined;
}
