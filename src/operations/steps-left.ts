import { type BlueGreenStrategy, type Rollout, stepIndexOf } from '../rollout/index.ts';

/** What finish would leave out, in words: gates and analyses of the steps that are still to come, and what measures beside them. */
export function stepsLeft(rollout: Rollout): {
  readonly gates: string;
  readonly analyses: string;
  readonly left: string;
} {
  const { status, spec } = rollout;
  if (spec.strategy?.blueGreen !== undefined) return blueGreenLeft(rollout, spec.strategy.blueGreen);
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
    if (step.experiment !== undefined) {
      analyses += 1;
      left.push(`experiment at ${percent} %`);
    }
    if (step.plugin !== undefined) {
      analyses += 1;
      left.push(`${step.plugin.name} at ${percent} %`);
    }
  }
  return { gates: String(gates), analyses: String(analyses), left: left.join(', ') };
}

/** An aborted revision begins again: all of it is left out. */
function blueGreenLeft(rollout: Rollout, strategy: BlueGreenStrategy): ReturnType<typeof stepsLeft> {
  const { blueGreen, abort } = rollout.status;
  const isAtStart = abort === true || stepIndexOf(rollout) === 0;
  const isOpen = (run: { readonly status?: string | undefined } | undefined) =>
    abort === true || run?.status !== 'Successful';
  const pre = isAtStart && isOpen(blueGreen?.prePromotionAnalysisRunStatus) ? strategy.prePromotionAnalysis : undefined;
  const post = isOpen(blueGreen?.postPromotionAnalysisRunStatus) ? strategy.postPromotionAnalysis : undefined;
  const isGate = isAtStart && strategy.autoPromotionEnabled === false;
  const left = [
    ...(pre === undefined ? [] : [`${namesOf(pre.templates)} before the switch`]),
    ...(isGate ? ['gate before the switch'] : []),
    ...(post === undefined ? [] : [`${namesOf(post.templates)} after the switch`]),
  ];
  const analyses = [pre, post].filter((analysis) => analysis !== undefined).length;
  return { gates: isGate ? '1' : '0', analyses: String(analyses), left: left.join(', ') };
}

function namesOf(templates: readonly { readonly templateName?: string | undefined }[] | undefined): string {
  const names = (templates ?? []).flatMap(({ templateName }) => (templateName === undefined ? [] : [templateName]));
  return names.length === 0 ? 'analysis' : names.join(' and ');
}
