import type { Effect } from '../../effect.ts';
import { runTypeLabel, stepIndexLabel } from '../../names.ts';
import type { Scene } from '../../scene.ts';
import { createRun } from '../create-run.ts';
import { isFinished } from '../runs.ts';
import { isDoubtReason, type Posture } from './posture.ts';

/** Creates the runs that the stored status names, ends those that nobody waits for. */
export function planAnalysis(scene: Scene, posture: Posture): Effect[] {
  const { runs } = posture;
  const isOver = posture.abort !== undefined || posture.isFull || posture.isFirst || posture.isPromoted;
  const effects: Effect[] = [];
  const wanted = isOver ? [] : [runs.stepName, runs.backgroundName];
  for (const run of scene.world.analysisRuns) {
    if (wanted.includes(run.metadata.name) || isFinished(run) || run.spec.terminate === true) continue;
    effects.push({ kind: 'terminateAnalysisRun', name: run.metadata.name });
  }
  if (isOver || posture.isRetried || isLeftToPeople(scene)) return effects;
  const step = scene.steps[scene.stepIndex]?.analysis;
  if (runs.stepName !== undefined && runs.step === undefined && step !== undefined) {
    const labels = { [runTypeLabel]: 'Step', [stepIndexLabel]: String(scene.stepIndex) };
    effects.push(...createRun(scene, runs.stepName, step, labels));
  }
  const background = scene.strategy.analysis;
  if (runs.backgroundName !== undefined && runs.background === undefined && background !== undefined) {
    effects.push(...createRun(scene, runs.backgroundName, background, { [runTypeLabel]: 'Background' }));
  }
  return effects;
}

function isLeftToPeople(scene: Scene): boolean {
  return (scene.status.pauseConditions ?? []).some(({ reason }) => isDoubtReason(reason));
}
