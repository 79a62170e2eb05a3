import type { AnalysisRun } from '../../../analysis/index.ts';
import { stepIndexLabel } from '../../names.ts';
import type { Scene } from '../../scene.ts';
import { findRun, runBase } from '../runs.ts';

/**
 * The analysis that counts now. The status names a run *before* it is created: whatever is not named there belongs to an earlier
 * attempt, so after a crash nobody has to guess (Argo creates first, and may lose sight of a run that failed).
 */
export interface RunsInForce {
  readonly stepName: string | undefined;
  readonly backgroundName: string | undefined;
  /** Undefined: named, but not created yet. */
  readonly step: AnalysisRun | undefined;
  readonly background: AnalysisRun | undefined;
}

export function readRunsInForce(scene: Scene): RunsInForce {
  const { canary } = scene.status;
  const stepName = canary?.currentStepAnalysisRunStatus?.name;
  const backgroundName = canary?.currentBackgroundAnalysisRunStatus?.name;
  const step = findRun(scene, stepName);
  const isStepInForce = stepName !== undefined && isRunOfStep(scene, stepName, step);
  return {
    stepName: isStepInForce ? stepName : undefined,
    backgroundName,
    step: isStepInForce ? step : undefined,
    background: findRun(scene, backgroundName),
  };
}

/** A run left over from a step that somebody skipped has no say about the next one. */
function isRunOfStep(scene: Scene, name: string, run: AnalysisRun | undefined): boolean {
  const label = run?.metadata.labels[stepIndexLabel];
  if (label !== undefined) return label === String(scene.stepIndex);
  const base = stepRunBase(scene, scene.stepIndex);
  return name === base || name.startsWith(`${base}.`);
}

export function stepRunBase(scene: Scene, stepIndex: number): string {
  return `${runBase(scene)}-${stepIndex}`;
}
