import { parseDuration, parseTimestamp } from '../analysis/index.ts';
import type { World } from './world.ts';

/** What an experiment step waits for, as far as anybody can say. */
export interface ExperimentWait {
  readonly experiment: string;
  /** As its status says; undefined: it has not begun. */
  readonly phase: string | undefined;
  readonly message: string | undefined;
  /** Templates whose pods are not all available: `candidate 0 of 2 pods`. */
  readonly missing: readonly string[];
  /** When its duration is over; undefined: it has none, or does not count yet. */
  readonly untilMs: number | undefined;
  /** Analyses that it cannot end without, and that are not over. */
  readonly required: readonly string[];
}

export function experimentWaitOf({ rollout, experiments = [] }: World): ExperimentWait | undefined {
  const { status, spec } = rollout;
  const step = spec.strategy?.canary?.steps?.[status.currentStepIndex ?? 0]?.experiment;
  const name = status.canary?.currentExperiment;
  if (step === undefined || name === undefined || status.abort === true) return undefined;
  const present = experiments.find(({ metadata }) => metadata.name === name);
  const { phase, message, availableAt, templateStatuses = [], analysisRuns = [] } = present?.status ?? {};
  const missing = (present?.spec.templates ?? []).flatMap((template) => {
    const available = templateStatuses.find((one) => one.name === template.name)?.availableReplicas ?? 0;
    const wanted = template.replicas ?? 1;
    return available >= wanted ? [] : [`${template.name} ${available} of ${wanted} pods`];
  });
  const duration = step.duration ? parseDuration(step.duration) : undefined;
  const fromMs = parseTimestamp(availableAt ?? '');
  const required = step.analyses.filter((analysis) => analysis.requiredForCompletion === true);
  return {
    experiment: name,
    phase,
    message: message || undefined,
    missing,
    untilMs: fromMs === undefined || duration?.isValid !== true ? undefined : fromMs + duration.ms,
    required: required
      .map((analysis) => analysis.name)
      .filter((one) => analysisRuns.find((run) => run.name === one)?.phase !== 'Successful'),
  };
}

/** `experiment checkout-… runs: waits for its analysis errors` */
export function experimentWords({ experiment, phase, missing, required }: ExperimentWait): string {
  if (phase === undefined) return `experiment ${experiment} begins`;
  if (phase === 'Pending') {
    const pods = missing.length === 0 ? '' : `: ${missing.join(', ')}`;
    return `experiment ${experiment} waits for its pods${pods}`;
  }
  const awaited = required.length === 0 ? '' : `, and waits for its analysis ${required.join(' and ')}`;
  return `experiment ${experiment} runs${awaited}`;
}
