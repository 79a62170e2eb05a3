import { isCompleted } from '../analysis/index.ts';
import type { Experiment, ExperimentStatus } from '../rollout/index.ts';
import type { ExperimentEffect } from './effect.ts';

type SendEvent = Extract<ExperimentEffect, { kind: 'sendEvent' }>;

/** What a change of the status deserves, as Argo words it. */
export function eventsOf(experiment: Experiment, next: ExperimentStatus): readonly SendEvent[] {
  const { status: stored, metadata } = experiment;
  const events: SendEvent[] = [];
  // Two replicas that decide on the same reading send one event; the same thing happening again later is another.
  const occasion = (what: string) => `${what}.${metadata.resourceVersion ?? ''}`;
  for (const { name, status, message } of next.templateStatuses ?? []) {
    const before = stored.templateStatuses?.find((one) => one.name === name)?.status ?? '';
    if (status === undefined || before === status) continue;
    events.push({
      kind: 'sendEvent',
      regarding: 'experiment',
      type: status === 'Failed' || status === 'Error' ? 'Warning' : 'Normal',
      reason: `Template${status}`,
      message: withReason(`Template '${name}' transitioned from ${before} -> ${status}`, message),
      occasion: occasion(name),
    });
  }
  for (const { name, phase, message } of next.analysisRuns ?? []) {
    const before = stored.analysisRuns?.find((one) => one.name === name)?.phase ?? '';
    if (phase === '' || before === phase) continue;
    events.push({
      kind: 'sendEvent',
      regarding: 'both',
      type: isCompleted(phase) && phase !== 'Successful' ? 'Warning' : 'Normal',
      reason: `AnalysisRun${phase}`,
      message: withReason(`AnalysisRun '${name}' transitioned from ${before} -> ${phase}`, message),
      occasion: occasion(name),
    });
  }
  const { phase } = next;
  if (phase !== undefined && phase !== stored.phase) {
    events.push({
      kind: 'sendEvent',
      regarding: 'experiment',
      type: isCompleted(phase) && phase !== 'Successful' ? 'Warning' : 'Normal',
      reason: `Experiment${phase}`,
      message: `Experiment transitioned from ${stored.phase ?? ''} -> ${phase}`,
      occasion: occasion('experiment'),
    });
  }
  return events;
}

function withReason(text: string, reason: string | undefined): string {
  return reason ? `${text}: ${reason}` : text;
}
