import { parsePauseSeconds, parseTimestamp } from '../analysis/index.ts';
import type { Rollout } from './rollout.ts';
import type { RunReference } from './rollout-status.ts';
import { pluginWaitOf } from './step-plugins.ts';

/** What an update under way waits for besides its pods, whatever its strategy. */
export type Wait =
  /** A person's promote. `since`: the pause's startTime. */
  | { readonly kind: 'gate'; readonly since: string }
  | { readonly kind: 'timed'; readonly endsAtMs: number }
  | { readonly kind: 'analysis'; readonly run: string }
  | { readonly kind: 'experiment'; readonly experiment: string }
  /** The other side of a plugin step. `message`: what it said last. */
  | {
      readonly kind: 'webhook';
      readonly host: string;
      readonly message: string | undefined;
      readonly untilMs: number;
    };

export function waitOf(rollout: Rollout): Wait | undefined {
  return rollout.spec.strategy?.blueGreen === undefined ? waitOfCanary(rollout) : waitOfBlueGreen(rollout);
}

/** How far it has come: a canary's step index; blue-green is at 0 until its preview was found good, then at 1. */
export function stepIndexOf({ spec, status }: Rollout): number {
  if (spec.strategy?.blueGreen === undefined) return status.currentStepIndex ?? 0;
  return status.blueGreen?.scaleUpPreviewCheckPoint === true || isSwitched(status) ? 1 : 0;
}

/** The steps of its plan; the switch of blue-green is one. */
export function stepCountOf({ spec }: Rollout): number {
  return spec.strategy?.blueGreen === undefined ? (spec.strategy?.canary?.steps ?? []).length : 1;
}

/** The active Service goes, or has gone, to the revision asked for. */
function isSwitched({ blueGreen, currentPodHash }: Rollout['status']): boolean {
  return currentPodHash !== undefined && blueGreen?.activeSelector === currentPodHash;
}

function waitOfCanary(rollout: Rollout): Wait | undefined {
  const { spec, status } = rollout;
  const step = spec.strategy?.canary?.steps?.[status.currentStepIndex ?? 0];
  if (step?.pause !== undefined) return waitOfPause(pauseOf(rollout, 'CanaryPauseStep'), step.pause.duration);
  const asked = pluginWaitOf(rollout);
  if (asked !== undefined) return { kind: 'webhook', ...asked };
  const experiment = status.canary?.currentExperiment;
  const isDecided = status.pauseConditions?.some(({ reason }) => reason === 'InconclusiveExperiment');
  if (step?.experiment !== undefined)
    return experiment === undefined || isDecided ? undefined : { kind: 'experiment', experiment };
  const run = status.canary?.currentStepAnalysisRunStatus;
  return step?.analysis === undefined || run === undefined ? undefined : { kind: 'analysis', run: run.name };
}

function waitOfPause(since: string | undefined, duration: number | string | undefined): Wait | undefined {
  if (since === undefined) return undefined;
  if (duration === undefined) return { kind: 'gate', since };
  const startedAtMs = parseTimestamp(since);
  const seconds = parsePauseSeconds(duration);
  if (startedAtMs === undefined || seconds === undefined) return undefined;
  return { kind: 'timed', endsAtMs: startedAtMs + seconds * 1000 };
}

function waitOfBlueGreen(rollout: Rollout): Wait | undefined {
  const { blueGreen: strategy } = rollout.spec.strategy ?? {};
  const { status } = rollout;
  if (status.stableRS === undefined || status.stableRS === status.currentPodHash) return undefined;
  const since = pauseOf(rollout, 'BlueGreenPause');
  if (since !== undefined) {
    return waitOfPause(since, strategy?.autoPromotionEnabled === false ? undefined : strategy?.autoPromotionSeconds);
  }
  const { prePromotionAnalysisRunStatus: pre, postPromotionAnalysisRunStatus: post } = status.blueGreen ?? {};
  const run = isSwitched(status) ? post : pre;
  return isPending(run) ? { kind: 'analysis', run: run.name } : undefined;
}

function isPending(run: RunReference | undefined): run is RunReference {
  return run !== undefined && run.status !== 'Successful';
}

/** A verdict that decided nothing: a person has to. */
export function isInconclusivePause(reason: string): boolean {
  return reason === 'InconclusiveAnalysisRun' || reason === 'InconclusiveExperiment';
}

function pauseOf({ status }: Rollout, reason: string): string | undefined {
  return status.pauseConditions?.find((pause) => pause.reason === reason)?.startTime;
}
