import type { Rollout } from '../rollout/index.ts';

/** What finish would leave out, in words: gates and analyses of the steps that are still to come, and what measures beside them. */
export function stepsLeft(rollout: Rollout): {
  readonly gates: string;
  readonly analyses: string;
  readonly left: string;
} {
  const { status, spec } = rollout;
  const canary = spec.strategy?.canary;
  const steps = canary?.steps ?? [];
  // An aborted revision begins again: all of its plan is left out.
  const from = status.abort === true ? 0 : (status.currentStepIndex ?? 0);
  const left: string[] = [];
  let percent = 0;
  let gates = 0;
  let analyses = 0;
  for (const [index, step] of steps.entries()) {
    if (step.setWeight !== undefined) percent = step.setWeight;
    if (index < from) continue;
    if (step.pause !== undefined && step.pause.duration === undefined) {
      gates += 1;
      left.push(`gate at ${percent} %`);
    }
    if (step.analysis !== undefined) {
      analyses += 1;
      left.push(`${namesOf(step.analysis.templates)} at ${percent} %`);
    }
  }
  return { gates: String(gates), analyses: String(analyses), left: left.join(', ') };
}

function namesOf(templates: readonly { readonly templateName?: string | undefined }[] | undefined): string {
  const names = (templates ?? []).flatMap(({ templateName }) => (templateName === undefined ? [] : [templateName]));
  return names.length === 0 ? 'analysis' : names.join(' and ');
}
