import type { Effect } from '../../effect.ts';
import { runTypeLabel } from '../../names.ts';
import type { BlueGreenScene } from '../../scene.ts';
import { createRun } from '../create-run.ts';
import { isFinished } from '../runs.ts';
import type { NamedRun, Posture } from './posture.ts';

/** Creates the runs that the stored status names, ends those that nobody waits for. */
export function planAnalysis(scene: BlueGreenScene, posture: Posture): Effect[] {
  const isOver = posture.abort !== undefined || posture.isFull || posture.isFirst || posture.isPromoted;
  const wanted = isOver ? [] : [posture.pre.name, posture.post.name];
  const effects: Effect[] = [];
  for (const run of scene.world.analysisRuns) {
    if (wanted.includes(run.metadata.name) || isFinished(run) || run.spec.terminate === true) continue;
    effects.push({ kind: 'terminateAnalysisRun', name: run.metadata.name });
  }
  if (isOver || posture.isRetried) return effects;
  return [
    ...effects,
    ...createNamed(scene, posture.pre, 'PrePromotion'),
    ...createNamed(scene, posture.post, 'PostPromotion'),
  ];
}

/** A run that has been stored as finished was there once: deleted, it is not made again. */
function createNamed(scene: BlueGreenScene, { name, run, analysis }: NamedRun, type: string): Effect[] {
  if (name === undefined || run !== undefined || analysis === undefined) return [];
  return createRun(scene, name, analysis, { [runTypeLabel]: type });
}
