import { z } from 'zod';
import { JsonText } from './json-text.ts';
import {
  liveReturnAnnotation,
  passedReturnAnnotation,
  pointOfNoReturnAnnotation,
  revisionAnnotation,
} from './names.ts';
import { invalid } from './problems.ts';
import { revisionOf } from './replica-sets.ts';
import type { Rollout } from './rollout.ts';
import { describeStep } from './steps.ts';
import type { CanaryStep } from './strategy-spec.ts';
import type { ReplicaSetView } from './world.ts';

/** Argo's `pauseConditions[].reason` of a rollout that is held behind its point of no return. */
export const heldPauseReason = 'PointOfNoReturn' as const;

/**
 * That an update has reached its point of no return, noted on the Rollout before the step itself is stored: from then on stable may no
 * longer work with what was migrated. It is about the stable revision, so it holds for whatever comes after the update that passed it
 * (a fixed version) until something new is stable, or somebody went back all the same.
 */
const PassedReturn = z.object({
  /** The pod hash that was stable then: what going back would mean. */
  stable: z.string(),
  /** The revision that reached it. */
  revision: z.number(),
  /** From 0. */
  step: z.number(),
  /** The step in words: `step 4/6 (analysis contract-schema)`. */
  what: z.string(),
  /** An abort was stored since: stable serves again, whether it works or not. */
  isGoneBack: z.literal(true).optional(),
});
export type PassedReturn = z.infer<typeof PassedReturn>;

/** Of a release that passed it and is live since. Kept until another one does the same. */
const LiveReturn = z.object({
  what: z.string(),
  /** The revision that reached it. */
  revision: z.number(),
  /** The pod hashes from before: their templates may not work with what was migrated. */
  before: z.array(z.string()),
});
export type LiveReturn = z.infer<typeof LiveReturn>;

export interface PointOfNoReturn {
  /** Index of the step, from 0, as `status.currentStepIndex`. */
  readonly step: number;
  readonly what: string;
}

type Asked = Pick<Rollout, 'metadata' | 'spec'>;

/** The step that the author named; undefined where there is none, or none that can be (`findReturnProblem` says why). */
export function readPointOfNoReturn(rollout: Asked): PointOfNoReturn | undefined {
  const text = rollout.metadata.annotations[pointOfNoReturnAnnotation];
  const steps = rollout.spec.strategy?.canary?.steps ?? [];
  if (text === undefined || !/^\d+$/.test(text)) return undefined;
  const step = steps[Number(text)];
  return step === undefined ? undefined : { step: Number(text), what: stepName(step, Number(text), steps.length) };
}

/** What is wrong with the annotation: a guard that does not do what it says must be heard of before it is needed. */
export function findReturnProblem(rollout: Asked): string | undefined {
  const text = rollout.metadata.annotations[pointOfNoReturnAnnotation];
  if (text === undefined || readPointOfNoReturn(rollout) !== undefined) return undefined;
  const path = `metadata.annotations[${pointOfNoReturnAnnotation}]`;
  const { canary } = rollout.spec.strategy ?? {};
  const count = canary?.steps?.length ?? 0;
  if (count === 0)
    return invalid(path, text, 'there is no such step: only a canary with steps has a point of no return');
  const range = count === 1 ? '0' : `0 to ${count - 1}`;
  return invalid(path, text, `must be the index of a step of spec.strategy.canary.steps, ${range}`);
}

/** `step 4/6 (analysis contract-schema)`, counted from 1 as people do. */
function stepName(step: CanaryStep, index: number, count: number): string {
  const templates = step.analysis?.templates.map(({ templateName }) => templateName) ?? [];
  const words = templates.length === 0 ? describeStep(step) : `analysis ${templates.join(', ')}`;
  return `step ${index + 1}/${count} (${words})`;
}

/** What is noted, whatever became of it. */
export function readPassedReturn({ metadata }: Pick<Rollout, 'metadata'>): PassedReturn | undefined {
  const text = metadata.annotations[passedReturnAnnotation];
  return text === undefined ? undefined : JsonText.pipe(PassedReturn).safeParse(text).data;
}

/** The note, while going back to stable would mean what it warns of; also where a controller that knows no notes has stored the step. */
export function passedReturnOf(rollout: Rollout): PassedReturn | undefined {
  const note = readPassedReturn(rollout);
  const { stableRS = '', currentPodHash, currentStepIndex = 0, abort, promoteFull } = rollout.status;
  if (stableRS === '' || stableRS === currentPodHash || abort === true) return undefined;
  if (note?.stable === stableRS && note.isGoneBack !== true) return note;
  const asked = readPointOfNoReturn(rollout);
  // To finish is to leave out the rest of the plan: a migration that is one of its steps does not run.
  if (asked === undefined || currentStepIndex < asked.step || promoteFull === true) return undefined;
  const revision = Number(rollout.metadata.annotations[revisionAnnotation] ?? 0);
  return { stable: stableRS, revision, ...asked };
}

/** This update was aborted though it, or one before it, had passed the point of no return. */
export function wentBackPast(rollout: Rollout): PassedReturn | undefined {
  const note = readPassedReturn(rollout);
  const { stableRS, currentPodHash, abort } = rollout.status;
  return abort === true && note?.stable === stableRS && stableRS !== currentPodHash ? note : undefined;
}

/** Who holds what has passed its point of no return; undefined: nobody does, or it has not passed it. */
export function heldByOf(rollout: Rollout): 'verdict' | 'person' | undefined {
  if (passedReturnOf(rollout) === undefined) return undefined;
  if (rollout.spec.paused === true) return 'person';
  const isHeld = rollout.status.pauseConditions?.some(({ reason }) => reason === heldPauseReason) === true;
  return isHeld ? 'verdict' : undefined;
}

/**
 * What an undo to these pods would go back past: `step 4/6 (analysis contract-schema)`. A controller that knows no notes leaves none
 * (`isDriven`): there each release that is live has passed the step that its author names.
 */
export function behindReturn(rollout: Rollout, target: ReplicaSetView, isDriven: boolean): string | undefined {
  const text = rollout.metadata.annotations[liveReturnAnnotation];
  const note = text === undefined ? undefined : JsonText.pipe(LiveReturn).safeParse(text).data;
  if (note?.before.includes(target.podHash) === true) return note.what;
  const { stableRS, currentPodHash } = rollout.status;
  if (!isDriven || stableRS === undefined || stableRS !== currentPodHash) return undefined;
  const isEarlier = revisionOf(target) < Number(rollout.metadata.annotations[revisionAnnotation] ?? 0);
  return isEarlier ? readPointOfNoReturn(rollout)?.what : undefined;
}
