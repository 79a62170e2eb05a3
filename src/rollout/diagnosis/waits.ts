import { experimentWaitOf } from '../experiment-wait.ts';
import { heldByOf } from '../point-of-no-return.ts';
import { readPutBackNote, retryAtMs, settledAtMs } from '../put-back-note.ts';
import { pluginWaitOf } from '../step-plugins.ts';
import { waitOf } from '../wait.ts';
import type { Cause } from './cause.ts';
import type { DiagnosisFacts } from './diagnosis-facts.ts';

// Waits in which nothing is wrong: a freeze, a person, the clock.

/** A Slack user's id: that pause is asked for with us, and ended with us. */
const slackUser = /^[UW][A-Z0-9]+$/;

/**
 * Stopped from outside. There is no freeze of our own yet: what counts is `spec.paused` written by somebody who is not a person of
 * Stepwise (kubectl, Argo CD, Helm), and a namespace that is being deleted.
 */
export function frozen({ world, pausedBy }: DiagnosisFacts): Cause | undefined {
  const refused = world.replicaSets.find(({ failure }) => failure !== undefined && isBeingDeleted(failure.message));
  if (refused !== undefined)
    return { kind: 'frozen', by: `the deletion of namespace ${world.rollout.metadata.namespace}` };
  if (world.rollout.spec.paused !== true || pausedBy === undefined || slackUser.test(pausedBy)) return undefined;
  return { kind: 'frozen', by: pausedBy };
}

/** Until what was put back is written again, and has stood for a while, no step completes. */
export function putBack({ world }: DiagnosisFacts): Cause | undefined {
  const note = readPutBackNote(world.rollout, world.rollout.status.currentPodHash ?? '');
  if (note === undefined || world.nowMs >= settledAtMs(note)) return undefined;
  return { kind: 'putBack', manager: note.manager, what: note.what, retryAtMs: retryAtMs(note) };
}

export function isBeingDeleted(message: string): boolean {
  return message.includes('because it is being terminated');
}

export function waitsForPerson(facts: DiagnosisFacts): Cause | undefined {
  const { world, pausedBy } = facts;
  const { spec, status } = world.rollout;
  if (status.abort === true) return undefined;
  if (heldByOf(world.rollout) === 'verdict') return { kind: 'waitsForPerson', for: 'frozen', by: undefined };
  if (spec.paused === true && frozen(facts) === undefined)
    return { kind: 'waitsForPerson', for: 'resume', by: pausedBy };
  if (hasPause(facts, 'InconclusiveAnalysisRun') || hasPause(facts, 'InconclusiveExperiment'))
    return { kind: 'waitsForPerson', for: 'decision', by: undefined };
  if (waitOf(world.rollout)?.kind !== 'gate') return undefined;
  return { kind: 'waitsForPerson', for: 'promote', by: undefined };
}

export function timedUntil(facts: DiagnosisFacts): Cause | undefined {
  const { status } = facts.world.rollout;
  const wait = waitOf(facts.world.rollout);
  return status.abort === true || wait?.kind !== 'timed' ? undefined : { kind: 'timedUntil', untilMs: wait.endsAtMs };
}

export function experiment({ world }: DiagnosisFacts): Cause | undefined {
  const wait = experimentWaitOf(world);
  return wait === undefined || wait.phase === 'Inconclusive' ? undefined : { kind: 'experiment', ...wait };
}

export function webhook({ world }: DiagnosisFacts): Cause | undefined {
  const wait = pluginWaitOf(world.rollout);
  return wait === undefined ? undefined : { kind: 'webhook', ...wait };
}

/** Something that is no lack of pods holds it: a gate, a timer, somebody's pause. */
export function isPausedNow({ world }: DiagnosisFacts): boolean {
  const { spec, status } = world.rollout;
  return status.abort !== true && (spec.paused === true || (status.pauseConditions ?? []).length > 0);
}

/** The present step is an analysis: pods that start meanwhile hold nothing up. */
export function isInAnalysis(facts: DiagnosisFacts): boolean {
  const { status } = facts.world.rollout;
  return status.abort !== true && isAnalysisStep(facts);
}

function hasPause({ world }: DiagnosisFacts, reason: string): boolean {
  return world.rollout.status.pauseConditions?.some((pause) => pause.reason === reason) === true;
}

function isAnalysisStep({ world }: DiagnosisFacts): boolean {
  const { spec, status } = world.rollout;
  if (spec.strategy?.blueGreen !== undefined) return waitOf(world.rollout)?.kind === 'analysis';
  return spec.strategy?.canary?.steps?.[status.currentStepIndex ?? 0]?.analysis !== undefined;
}
