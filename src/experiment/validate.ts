import { parseDuration } from '../analysis/index.ts';
import type { Experiment } from '../rollout/index.ts';

const DEFAULT_DEADLINE_SECONDS = 600;

export function progressDeadlineSecondsOf({ spec }: Experiment): number {
  return spec.progressDeadlineSeconds ?? DEFAULT_DEADLINE_SECONDS;
}

export interface ExperimentProblem {
  readonly path: readonly (string | number)[];
  readonly message: string;
}

/** Why an Experiment cannot be, in Argo's words where it has some; undefined: it can. */
export function validateExperiment(experiment: Experiment): ExperimentProblem | undefined {
  const { metadata, spec } = experiment;
  const names = new Set<string>();
  for (const [index, { name, selector, minReadySeconds = 0 }] of spec.templates.entries()) {
    const at = (field: string, message: string) => ({ path: ['spec', 'templates', index, field], message });
    // Argo's message is that of a Rollout.
    if (selector === undefined) return at('selector', `Rollout has missing field '.Spec.Templates[${index}].Selector'`);
    const selected = Object.keys(selector.matchLabels ?? {}).length + (selector.matchExpressions ?? []).length;
    if (selected === 0)
      return at(
        'selector',
        `This experiment is selecting all pods at index ${index}. A non-empty selector is required.`,
      );
    if (minReadySeconds > progressDeadlineSecondsOf(experiment)) {
      const message = 'MinReadySeconds cannot be longer than ProgressDeadlineSeconds. Check template index';
      return at('minReadySeconds', `${message} ${index}`);
    }
    if (name === '') return at('name', `Experiment ${metadata.name} has empty template name at index ${index}`);
    if (names.has(name))
      return at('name', `Experiment ${metadata.name} has repeated template name '${name}' in templates`);
    names.add(name);
  }
  return validateRest(experiment);
}

/** Unlike Argo, which says nothing of these: what has no templates succeeds at once there, and a bad duration never ends. */
function validateRest({ metadata, spec }: Experiment): ExperimentProblem | undefined {
  const experiment = `Experiment ${metadata.name}`;
  if (spec.templates.length === 0) return { path: ['spec', 'templates'], message: `${experiment} has no templates` };
  const duration = spec.duration ? parseDuration(spec.duration) : undefined;
  if (duration?.isValid === false)
    return { path: ['spec', 'duration'], message: `${experiment} has an invalid duration: ${duration.reason}` };
  const names = spec.analyses.map(({ name }) => name);
  const doubled = names.findIndex((name, index) => names.indexOf(name) !== index);
  if (doubled < 0) return undefined;
  const message = `${experiment} has repeated analysis name '${names[doubled]}' in analyses`;
  return { path: ['spec', 'analyses', doubled, 'name'], message };
}

/** How long it runs once it is available; undefined: until its analyses or a person end it. */
export function durationMsOf({ spec }: Experiment): number | undefined {
  const duration = spec.duration ? parseDuration(spec.duration) : undefined;
  return duration?.isValid === true ? duration.ms : undefined;
}
