import { isCompleted } from '../../../analysis/index.ts';
import { findCondition } from '../../conditions.ts';
import type { Effect } from '../../effect.ts';
import { announceEvent } from '../../events.ts';
import type { Experiment } from '../../experiment.ts';
import { heldPauseReason } from '../../point-of-no-return.ts';
import type { Scene } from '../../scene.ts';
import { runBase } from '../runs.ts';
import { newExperiment } from './new-experiment.ts';
import type { Posture } from './posture.ts';

/**
 * The Experiment that counts now. The status names it *before* it is created: after a crash nobody has to guess whether there is one
 * (Argo creates first, and finds its own by comparing specs).
 */
export interface ExperimentInForce {
  readonly name: string | undefined;
  /** Undefined: named, but not created yet. */
  readonly present: Experiment | undefined;
}

export function readExperimentInForce(scene: Scene): ExperimentInForce {
  const name = scene.status.canary?.currentExperiment;
  // One left over from a step that somebody skipped has no say about the next one.
  if (name === undefined || !isOfStep(scene, name, scene.stepIndex)) return { name: undefined, present: undefined };
  return { name, present: scene.world.experiments?.find(({ metadata }) => metadata.name === name) };
}

function isOfStep(scene: Scene, name: string, stepIndex: number): boolean {
  if (scene.steps[stepIndex]?.experiment === undefined) return false;
  const base = baseOf(scene, stepIndex);
  return name === base || /^-\d+$/.test(name.startsWith(base) ? name.slice(base.length) : '');
}

function baseOf(scene: Scene, stepIndex: number): string {
  return `${runBase(scene)}-${stepIndex}`;
}

/** What Argo writes behind `Rollout aborted update to revision N: ` when an Experiment came to a bad end. */
export function findFault({ present }: ExperimentInForce): string | undefined {
  if (present === undefined) return undefined;
  const { phase, message, conditions } = present.status;
  // Unlike Argo, which waits for ever: it will never begin.
  const isInvalid = !isCompleted(phase) && findCondition(conditions, 'InvalidSpec')?.status === 'True';
  const why = isInvalid ? (findCondition(conditions, 'InvalidSpec')?.message ?? '') : (message ?? '');
  const isBad = phase === 'Failed' || phase === 'Error' || isInvalid;
  return isBad ? `Experiment analysis phase is error/failed: ${why}` : undefined;
}

/**
 * Which Experiment the status names next, and whether it left a doubt that a person has to resolve. One that a person let go of is
 * begun anew under another name: we have paused for it, and the pause is gone.
 */
export function chooseExperiment(
  scene: Scene,
  posture: Posture,
  stepIndex: number,
  isEntered: boolean,
): { readonly name: string | undefined; readonly doubt: Doubt | undefined } {
  if (scene.steps[stepIndex]?.experiment === undefined) return { name: undefined, doubt: undefined };
  const { name } = posture.experiment;
  const doubt = doubtOf(posture);
  const isAnew = doubt !== undefined && isLetGo(scene, posture);
  if (isEntered || name === undefined || posture.isRetried || isAnew) {
    return { name: freeName(scene, stepIndex), doubt: undefined };
  }
  return { name, doubt };
}

/** Why somebody has to look before anything goes on: the reason of the pause. */
export type Doubt = 'InconclusiveAnalysisRun' | 'InconclusiveExperiment' | typeof heldPauseReason;

function doubtOf({ experiment, passedReturn }: Posture): Doubt | undefined {
  if (experiment.present?.status.phase === 'Inconclusive') return 'InconclusiveExperiment';
  return passedReturn !== undefined && findFault(experiment) !== undefined ? heldPauseReason : undefined;
}

/** We have paused, and somebody has let go of all of it. */
export function isLetGo({ status }: Scene, { isFull }: Posture): boolean {
  return !isFull && status.controllerPause === true && (status.pauseConditions ?? []).length === 0;
}

/** The first free name: `base`, `base-1`, `base-2` … */
function freeName(scene: Scene, stepIndex: number): string {
  const taken = new Set((scene.world.experiments ?? []).map(({ metadata }) => metadata.name));
  const named = scene.status.canary?.currentExperiment;
  if (named !== undefined) taken.add(named);
  const base = baseOf(scene, stepIndex);
  let name = base;
  for (let count = 1; taken.has(name); count++) name = `${base}-${count}`;
  return name;
}

/** Creates the Experiment that the stored status names, ends those that nobody waits for. */
export function planExperiments(scene: Scene, posture: Posture): Effect[] {
  const isOver = posture.abort !== undefined || posture.isFull || posture.isFirst || posture.isPromoted;
  const wanted = isOver || posture.isRetried ? undefined : posture.experiment.name;
  const effects: Effect[] = [];
  for (const { metadata, spec, status } of scene.world.experiments ?? []) {
    if (metadata.name === wanted || isCompleted(status.phase) || spec.terminate === true) continue;
    effects.push({ kind: 'terminateExperiment', name: metadata.name });
  }
  if (wanted === undefined || posture.experiment.present !== undefined) return effects;
  const step = scene.steps[scene.stepIndex]?.experiment;
  const created = step === undefined ? undefined : newExperiment(scene, wanted, step);
  if (created === undefined) return effects;
  const message = `Created Experiment '${wanted}'`;
  return [
    ...effects,
    { kind: 'createExperiment', experiment: created },
    announceEvent(scene, { reason: 'ExperimentCreated', message, occasion: wanted }),
  ];
}
