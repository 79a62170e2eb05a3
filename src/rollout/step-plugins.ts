import { z } from 'zod';
import {
  formatTimestamp,
  parseTimestamp,
  readWebhookSettings,
  type WebhookSettings,
  webhookPlugin,
} from '../analysis/index.ts';
import type { Rollout } from './rollout.ts';
import type { RolloutStatus, StepPluginStatus } from './rollout-status.ts';
import type { Scene } from './scene.ts';
import type { CanaryStep } from './strategy-spec.ts';

/**
 * What `status.canary.stepPluginStatuses` says, as Argo keeps it: one entry for each thing that the other side is asked. The rollout's
 * turn adds entries and reads how they end; turns of their own key make the calls (`engine/step-plugin.ts`), so that a slow other side
 * holds up no abort. An entry carries all that its calls need, since the step may be gone from the spec by then.
 */
type Entries = readonly StepPluginStatus[];

/** What we keep in the entry's `status`. Its `key` is the same for every call about one attempt of one step. */
const Kept = z.looseObject({
  key: z.string(),
  config: z.unknown().default({}),
  /** What the other side's last answer carried. */
  answer: z.unknown().optional(),
});
type Kept = z.infer<typeof Kept>;

/** How long an operation may take where its step does not say. */
const DEFAULT_DEADLINE_MS = 600_000;
/** After a call that nobody answered; as Argo. */
const ERROR_BACKOFF_MS = 30_000;
const FIRST_ERROR_BACKOFF_MS = 2000;

function entriesOf({ canary }: RolloutStatus): Entries {
  return canary?.stepPluginStatuses ?? [];
}

/** Another plugin's entries, left by an Argo controller, are nobody's to write. */
function isOpen({ name, phase }: StepPluginStatus): boolean {
  return name === webhookPlugin && (phase === 'Running' || phase === 'Error');
}

function isRun({ operation }: StepPluginStatus): boolean {
  return operation === 'Run';
}

/** The attempt of the step that is stored; undefined: it was not begun, or is none of a plugin. */
function runOfStep(status: RolloutStatus, index: number): StepPluginStatus | undefined {
  return entriesOf(status).find((entry) => isRun(entry) && entry.index === index);
}

/** Why the present step's plugin aborts the rollout, in Argo's words. */
export function findPluginFailure(scene: Scene): string | undefined {
  if (scene.status.abort === true || scene.steps[scene.stepIndex]?.plugin === undefined) return undefined;
  const run = failedRun(scene.status, scene.stepIndex);
  return run === undefined ? undefined : `Step Plugin ${run.index} (${run.name}) failed: ${run.message ?? ''}`;
}

/** The attempt of this step, where it failed. */
export function failedRun(status: RolloutStatus, index: number): StepPluginStatus | undefined {
  const run = runOfStep(status, index);
  return run?.phase === 'Failed' ? run : undefined;
}

export function isPluginDone(scene: Scene): boolean {
  return runOfStep(scene.status, scene.stepIndex)?.phase === 'Successful';
}

/** Entries at this step: an attempt is begun, one that somebody skipped is ended. */
export function pluginsAtStep(
  scene: Scene,
  { index, isRetried, mayBegin }: { readonly index: number; readonly isRetried: boolean; readonly mayBegin: boolean },
): Entries | undefined {
  // As in Argo a retry begins anew; unlike Argo what is still to be taken back is not forgotten.
  const kept = isRetried ? callsLeft(scene) : endLeft(scene, entriesOf(scene.status), index);
  const step = scene.steps[index];
  const isBegun = kept.some((entry) => isRun(entry) && entry.index === index);
  if (step?.plugin === undefined || isBegun || !mayBegin) return orNothing(kept);
  return [...kept, begin(scene, step.plugin, index)];
}

/** A full promotion, or the end of the plan: nothing is waited for any more. */
export function pluginsAtEnd(scene: Scene): Entries | undefined {
  return orNothing(endLeft(scene, entriesOf(scene.status), undefined));
}

/** Another template, or other steps: what is under way is ended, and what was asked for before is still asked (unlike Argo). */
export function pluginsAtReset(scene: Scene): Entries | undefined {
  return orNothing(
    endLeft(scene, entriesOf(scene.status), undefined).filter((entry) => !isRun(entry) && isOpen(entry)),
  );
}

/** An abort takes back every step that was begun, the newest first. */
export function pluginsAtAbort(scene: Scene): Entries | undefined {
  const entries = entriesOf(scene.status);
  const isAbortOf = (run: StepPluginStatus, entry: StepPluginStatus) =>
    entry.operation === 'Abort' && keptOf(entry)?.key === keptOf(run)?.key;
  const begun = entries.filter((run) => isRun(run) && !entries.some((entry) => isAbortOf(run, entry)));
  if (begun.length === 0) return orNothing(entries);
  const ended = entries.map((entry) =>
    isRun(entry) && isOpen(entry) ? end(scene, entry, 'the rollout was aborted') : entry,
  );
  return [...ended, ...begun.toReversed().map((run) => follow(scene, run, 'Abort'))];
}

function callsLeft(scene: Scene): Entries {
  return entriesOf(scene.status).filter((entry) => !isRun(entry) && isOpen(entry));
}

/** Ends attempts that are open at another step than this one. */
function endLeft(scene: Scene, entries: Entries, index: number | undefined): Entries {
  const left = entries.filter((entry) => isRun(entry) && isOpen(entry) && entry.index !== index);
  if (left.length === 0) return entries;
  const kept = entries.map((entry) =>
    left.includes(entry) ? end(scene, entry, 'nobody waits for it any more') : entry,
  );
  return [...kept, ...left.map((run) => follow(scene, run, 'Terminate'))];
}

function end(scene: Scene, entry: StepPluginStatus, message: string): StepPluginStatus {
  const at = formatTimestamp(scene.nowMs);
  return { ...entry, phase: 'Failed', message, updatedAt: at, finishedAt: at };
}

function begin(scene: Scene, plugin: NonNullable<CanaryStep['plugin']>, index: number): StepPluginStatus {
  const { uid, resourceVersion = '' } = scene.rollout.metadata;
  // Each attempt of a step is another version of the Rollout; the same decision taken twice gives the same key.
  const status: Kept = { key: `${uid}/${scene.podHash}/${index}/${resourceVersion}`, config: plugin.config ?? {} };
  return opened(scene, { index, name: plugin.name, operation: 'Run', status });
}

function follow(scene: Scene, run: StepPluginStatus, operation: 'Terminate' | 'Abort'): StepPluginStatus {
  return opened(scene, { index: run.index, name: run.name, operation, status: run.status });
}

function opened(
  scene: Scene,
  entry: Pick<StepPluginStatus, 'index' | 'name' | 'operation' | 'status'>,
): StepPluginStatus {
  return { ...entry, phase: 'Running', startedAt: formatTimestamp(scene.nowMs) };
}

function orNothing(entries: Entries): Entries | undefined {
  return entries.length === 0 ? undefined : entries;
}

function keptOf({ status }: StepPluginStatus): Kept | undefined {
  return Kept.safeParse(status).data;
}

/** One call that is to be made, or the time of the next one. */
export type PluginCall =
  | {
      readonly kind: 'call';
      readonly entry: StepPluginStatus;
      readonly key: string;
      readonly settings: WebhookSettings;
      readonly answer: unknown;
    }
  /** It can never be called: its settings were changed by hand, or another controller wrote it. */
  | { readonly kind: 'broken'; readonly entry: StepPluginStatus; readonly message: string }
  | { readonly kind: 'wait'; readonly untilMs: number };

/**
 * What to ask the other side next; undefined: nothing. What takes back goes first. Nothing is begun for a rollout that is aborted,
 * paused by a person, or at another step.
 */
export function nextPluginCall(rollout: Rollout, nowMs: number): PluginCall | undefined {
  const open = entriesOf(rollout.status).filter((entry) => isOpen(entry) && (!isRun(entry) || mayRun(rollout, entry)));
  const due = [...open.filter((entry) => !isRun(entry)), ...open.filter(isRun)].find(
    (entry) => dueAtMs(rollout, entry) <= nowMs,
  );
  if (due === undefined) {
    const times = open.map((entry) => dueAtMs(rollout, entry));
    return times.length === 0 ? undefined : { kind: 'wait', untilMs: Math.min(...times) };
  }
  const kept = keptOf(due);
  const read = readWebhookSettings(kept?.config);
  if (kept === undefined) return { kind: 'broken', entry: due, message: 'its status was not written by Stepwise' };
  if (!read.isValid) return { kind: 'broken', entry: due, message: read.mistakes.join('; ') };
  return { kind: 'call', entry: due, key: kept.key, settings: read.settings, answer: kept.answer };
}

/** Whether its key has turns ahead. */
export function hasPluginCalls({ status }: Rollout): boolean {
  return entriesOf(status).some(isOpen);
}

function mayRun({ spec, status }: Rollout, entry: StepPluginStatus): boolean {
  const isPresent = entry.index === status.currentStepIndex && status.stableRS !== status.currentPodHash;
  return isPresent && status.abort !== true && status.promoteFull !== true && spec.paused !== true;
}

/** When it is asked next: as the other side, or our patience, has it, and once more at its deadline. */
function dueAtMs(rollout: Rollout, entry: StepPluginStatus): number {
  const { updatedAt, backoff, startedAt } = entry;
  if (updatedAt === undefined) return parseTimestamp(startedAt ?? '') ?? 0;
  return Math.min((parseTimestamp(updatedAt) ?? 0) + (parseMs(backoff) ?? 0), deadlineAtMs(rollout, entry));
}

function parseMs(backoff: string | undefined): number | undefined {
  const seconds = /^(\d+)s$/.exec(backoff ?? '')?.[1];
  return seconds === undefined ? undefined : Number(seconds) * 1000;
}

/** What a call came to. */
export type PluginOutcome =
  | {
      readonly kind: 'answered';
      readonly phase: 'Running' | 'Successful' | 'Failed';
      readonly message: string | undefined;
      readonly requeueAfterMs: number;
      readonly status: unknown;
    }
  | { readonly kind: 'unanswered'; readonly message: string };

/** The Rollout's status after a call; undefined: nobody waits for what was asked any more, or somebody else has asked meanwhile. */
export function recordPluginCall(
  rollout: Rollout,
  asked: StepPluginStatus,
  outcome: PluginOutcome,
  nowMs: number,
): RolloutStatus | undefined {
  const { status } = rollout;
  const entries = entriesOf(status);
  const place = entries.findIndex((entry) => isSame(entry, asked));
  const before = entries[place];
  if (before === undefined || !isOpen(before)) return undefined;
  const after = limited(advanced(before, outcome, nowMs), rollout, nowMs);
  return { ...status, canary: { ...status.canary, stepPluginStatuses: entries.with(place, after) } };
}

function isSame(entry: StepPluginStatus, asked: StepPluginStatus): boolean {
  return (
    entry.operation === asked.operation &&
    keptOf(entry)?.key === keptOf(asked)?.key &&
    (entry.executions ?? 0) === (asked.executions ?? 0)
  );
}

function advanced(before: StepPluginStatus, outcome: PluginOutcome, nowMs: number): StepPluginStatus {
  const { message: _, backoff: __, ...rest } = before;
  const counted = { ...rest, executions: (before.executions ?? 0) + 1, updatedAt: formatTimestamp(nowMs) };
  if (outcome.kind === 'unanswered') {
    // The first try again soon: most often the other side is just being replaced.
    const backoffMs = before.phase === 'Error' ? ERROR_BACKOFF_MS : FIRST_ERROR_BACKOFF_MS;
    return { ...counted, phase: 'Error', message: outcome.message, backoff: `${backoffMs / 1000}s` };
  }
  const { phase, message, requeueAfterMs } = outcome;
  const kept = keptOf(before);
  const status = { ...kept, ...(outcome.status === undefined ? {} : { answer: outcome.status }) };
  const said = { ...counted, phase, status, ...(message === undefined ? {} : { message }) };
  if (phase === 'Running') return { ...said, backoff: `${Math.ceil(requeueAfterMs / 1000)}s` };
  return { ...said, finishedAt: formatTimestamp(nowMs) };
}

/** What is not done by its deadline has failed: nobody waits for ever, and nothing is promoted without an answer. */
function limited(entry: StepPluginStatus, rollout: Rollout, nowMs: number): StepPluginStatus {
  if (!isOpen(entry)) return entry;
  if (nowMs < deadlineAtMs(rollout, entry)) return entry;
  const last = entry.message === undefined ? '' : `: ${entry.message}`;
  const message = `not done after ${pluginDeadlineMs(rollout, entry) / 1000} s${last}`;
  return { ...entry, phase: 'Failed', message, finishedAt: formatTimestamp(nowMs) };
}

function deadlineAtMs(rollout: Rollout, entry: StepPluginStatus): number {
  return (parseTimestamp(entry.startedAt ?? '') ?? 0) + pluginDeadlineMs(rollout, entry);
}

/** As its step says; else the time that the rollout has for any progress, as Argo. */
function pluginDeadlineMs({ spec }: Rollout, entry: StepPluginStatus): number {
  const read = readWebhookSettings(keptOf(entry)?.config);
  const own = read.isValid ? read.settings.deadlineMs : undefined;
  return (
    own ?? (spec.progressDeadlineSeconds === undefined ? DEFAULT_DEADLINE_MS : spec.progressDeadlineSeconds * 1000)
  );
}

/** Whom the present step waits for: `deploys.acme.dev`, and what it said last. */
export function pluginWaitOf(
  rollout: Rollout,
): { readonly host: string; readonly message: string | undefined; readonly untilMs: number } | undefined {
  const { spec, status } = rollout;
  const index = status.currentStepIndex ?? 0;
  const step = spec.strategy?.canary?.steps?.[index];
  if (step?.plugin === undefined || status.stableRS === status.currentPodHash || status.abort === true)
    return undefined;
  const run = runOfStep(status, index);
  if (run === undefined || !isOpen(run)) return undefined;
  const read = readWebhookSettings(keptOf(run)?.config);
  const host = read.isValid ? new URL(read.settings.url).host : step.plugin.name;
  return {
    host,
    message: run.message,
    untilMs: deadlineAtMs(rollout, run),
  };
}
