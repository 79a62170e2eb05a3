import { type AnalysisRun, formatTimestamp, isCompleted, parseTimestamp } from '../analysis/index.ts';
import type { NoticeEvent } from '../notifications/index.ts';
import type { Rollout, VerificationCheck, World } from '../rollout/index.ts';
import type { DeliveryRecord } from './delivery-record.ts';
import type { NewEntry } from './records.ts';
import { finishedRuns, openChecks, type Seen, type Sight, sightFrom, sightOf } from './sight.ts';
import { guiltyFacts, verdictEntry } from './verdicts.ts';
import { askedFor, statusWriterSince, writerOf } from './who.ts';

/** What is seen now of the rollout whose record it is. */
export interface LookedAt {
  readonly world: World;
  readonly revision: number;
}

/** What happened since the last look, and what to remember of this one. */
export interface Derived {
  readonly entries: readonly NewEntry[];
  readonly seen: Seen;
}

/** A rollback that was not seen to be done by then needs a person. */
const VERIFY_WITHIN_MS = 60_000;
/** What is older at the first look of all happened before we were here: it is remembered, not told. */
const NEWS_MS = 600_000;
const checkWords: Readonly<Record<VerificationCheck, string>> = {
  weightZero: 'weight 0',
  noCanaryRequests: 'no canary requests',
  podsGone: 'canary pods gone',
  metricBack: 'the metric back inside its limit',
};
const FINAL: readonly string[] = ['live', 'rolledBack', 'superseded'];

/**
 * Derives the timeline from what is seen now and what was seen at the last look, never from a notification: so a crash, a lost event
 * or a doubled turn leaves nothing out and says nothing twice. `record.seen` holds the last look, and each `verified:<check>`.
 */
export function deriveEntries(record: DeliveryRecord, look: LookedAt): Derived {
  if (look.revision !== record.spec.rollout.revision) return deriveSuperseded(record, look);
  const now = sightOf(look.world);
  if (now.podHash === '')
    return { entries: invalidAtFirst(record, look, now), seen: { ...record.seen, invalid: now.invalid } };
  const last = sightFrom(record.seen);
  const before = last ?? { ...nothingSeen, podHash: now.podHash };
  const scene: Scene = {
    record,
    look,
    rollout: look.world.rollout,
    now,
    before,
    at: formatTimestamp(look.world.nowMs),
  };
  const runs = finishedRuns(look.world, look.revision).filter(
    ({ metadata }) => record.seen[`run:${metadata.name}`] === undefined,
  );
  const rollback = rollbackOf(scene);
  const seen = {
    ...rememberSight(now, before),
    ...keptOf(record.seen, now),
    ...Object.fromEntries(runs.map(({ metadata, status }) => [`run:${metadata.name}`, status.phase ?? ''])),
    rollback: rollback?.event ?? toldRollback(scene),
  };
  if (last === undefined && isOld(scene))
    return { entries: [], seen: { ...seen, rollback: now.abort === '' ? '' : 'old' } };
  const entries = [
    ...(last === undefined ? [started(scene)] : []),
    ...runs.map((run) => verdictEntry(run, look.world.nowMs)),
    ...personsActs(scene),
    ...progress(scene),
    ...troubles(scene),
    ...(rollback === undefined ? [] : [rollback]),
    ...(now.live !== '' && before.live === '' ? [entry(scene, 'live', {})] : []),
  ];
  return { entries, seen };
}

interface Scene {
  readonly record: DeliveryRecord;
  readonly look: LookedAt;
  readonly rollout: Rollout;
  readonly now: Sight;
  readonly before: Sight;
  readonly at: string;
}

const nothingSeen: Sight = {
  podHash: '',
  step: 0,
  gate: '',
  wait: '',
  paused: '',
  inconclusive: '',
  abort: '',
  full: '',
  live: '',
  invalid: '',
  stalled: '',
};

function entry(scene: Scene, event: NoticeEvent, more: Partial<NewEntry>): NewEntry {
  return { at: scene.at, event, text: '', facts: {}, ...more };
}

function started(scene: Scene): NewEntry {
  const { rollout, record, now, look } = scene;
  const ours = look.world.replicaSets.find(({ podHash }) => podHash === now.podHash);
  const asked = askedFor(record, ['start', 'undo'], 'started');
  return entry(scene, 'started', {
    at: ours === undefined ? scene.at : formatTimestamp(ours.createdAtMs),
    by: asked?.by ?? writerOf(rollout, ['spec', 'template']),
    text: asked?.text ?? '',
    facts: { image: rollout.spec.template?.spec?.containers[0]?.image ?? '', podHash: now.podHash },
  });
}

/** Whether all of this was over before the first look. */
function isOld({ now, look, rollout }: Scene): boolean {
  const isOver = now.live !== '' || now.abort !== '';
  const ours = look.world.replicaSets.find(({ podHash }) => podHash === now.podHash);
  const lastChangeMs = Math.max(ours?.createdAtMs ?? 0, parseTimestamp(rollout.status.abortedAt ?? '') ?? 0);
  return isOver && look.world.nowMs - lastChangeMs > NEWS_MS;
}

/** What people did, as far as it can be told from what it changed. */
function personsActs(scene: Scene): NewEntry[] {
  const { now, before, rollout } = scene;
  const acts: NewEntry[] = [];
  if (before.abort !== '' && now.abort === '' && now.live === '' && now.full === '') {
    acts.push(act(scene, 'retried', ['retry'], writerOf(rollout, ['status', 'abort'])));
  }
  if (now.full !== '' && before.full === '') {
    acts.push(act(scene, 'finished', ['finish', 'undo'], writerOf(rollout, ['status', 'promoteFull'])));
  }
  if (now.paused !== before.paused) {
    const by = writerOf(rollout, ['spec', 'paused']);
    // Promote and finish let go of a pause, too: they are told by their own line.
    if (now.paused !== '') acts.push(act(scene, 'paused', ['pause'], by));
    else if (now.step <= before.step) acts.push(act(scene, 'resumed', ['resume'], by));
  }
  if (now.step > before.step && now.abort === '' && now.full === '') acts.push(...movedOn(scene));
  return acts;
}

/** Who moved it on: nobody, where what the step waited for was over. */
function movedOn(scene: Scene): NewEntry[] {
  const { before, rollout, look } = scene;
  const sinceMs = parseTimestamp(before.gate === '' ? before.inconclusive : before.gate) ?? 0;
  const by = statusWriterSince(rollout, sinceMs);
  if (before.gate !== '' || before.inconclusive !== '')
    return [act(scene, 'promoted', ['promote', 'approve', 'skip'], by)];
  const [kind, what = ''] = before.wait.split(' ');
  const isCutShort =
    (kind === 'pause' && look.world.nowMs < Number(what)) || (kind === 'analysis' && isCutShortRun(look.world, what));
  return isCutShort ? [act(scene, 'skipped', ['skip', 'promote'], by)] : [];
}

function isCutShortRun(world: World, name: string): boolean {
  const run = world.analysisRuns.find(({ metadata }) => metadata.name === name);
  return run !== undefined && (run.spec.terminate === true || !isCompleted(run.status.phase));
}

/** An act, with the words and the name that the person gave where they asked us. */
function act(scene: Scene, event: NoticeEvent, verbs: readonly string[], by: string | undefined): NewEntry {
  const asked = askedFor(scene.record, verbs, event);
  return entry(scene, event, { by: asked?.by ?? by, text: asked?.text ?? '' });
}

/** The first revision of all, and the stable template asked for again, are at the end of the plan without having been anybody's canary. */
function skipsItsSteps({ look, record, rollout }: Scene): boolean {
  const isStable = rollout.status.stableRS === rollout.status.currentPodHash;
  return look.revision === 1 || (isStable && record.seen.podHash === undefined);
}

function progress(scene: Scene): NewEntry[] {
  const { now, before, rollout } = scene;
  const canary = rollout.spec.strategy?.canary;
  const steps = canary?.steps ?? [];
  const whole = canary?.trafficRouting?.maxTrafficWeight ?? 100;
  const entries: NewEntry[] = [];
  // Aborted or finished, the index jumps to the end: those steps were not reached. Retried, it begins again.
  const isOnItsWay = now.abort === '' && now.full === '' && before.full === '' && !skipsItsSteps(scene);
  const from = before.abort === '' ? Math.min(before.step, now.step) : 0;
  for (let index = from; isOnItsWay && index < Math.min(now.step, steps.length); index++) {
    const weight = steps[index]?.setWeight;
    if (weight === undefined) continue;
    const percent = String(Math.round((weight * 10_000) / whole) / 100);
    entries.push(
      entry(scene, 'stepReached', {
        text: `canary at ${percent} %`,
        facts: { percent, step: `${index + 1}`, of: `${steps.length}` },
      }),
    );
  }
  const isSameGate = now.gate === before.gate && now.step === before.step;
  if (now.gate !== '' && !isSameGate && now.abort === '') {
    entries.push(
      entry(scene, 'gateReached', { at: now.gate, facts: { step: `${now.step + 1}`, of: `${steps.length}` } }),
    );
  }
  return entries;
}

function troubles(scene: Scene): NewEntry[] {
  const { now, before, rollout } = scene;
  const entries: NewEntry[] = [];
  if (now.inconclusive !== '' && now.inconclusive !== before.inconclusive) {
    const run = decidingRun(scene, 'Inconclusive');
    entries.push(
      entry(scene, 'inconclusive', {
        at: now.inconclusive,
        text: run?.status.message ?? '',
        facts: run === undefined ? {} : guiltyFacts(run),
      }),
    );
  }
  if (now.invalid !== '' && now.invalid !== before.invalid) {
    entries.push(entry(scene, 'invalidSpec', { by: writerOf(rollout, ['spec']), text: now.invalid }));
  }
  if (now.stalled !== '' && now.stalled !== before.stalled) {
    const condition = rollout.status.conditions?.find(({ reason }) => reason === 'ProgressDeadlineExceeded');
    entries.push(entry(scene, 'stalled', { text: condition?.message ?? '' }));
  }
  if (isNewAbort(scene)) entries.push(aborted(scene));
  return entries;
}

/** `pending` becomes a time when the controller has seen it: that is the same abort. */
function isNewAbort({ now, before }: Scene): boolean {
  return now.abort !== '' && now.abort !== before.abort && before.abort !== 'pending';
}

function aborted(scene: Scene): NewEntry {
  const { rollout, record, now } = scene;
  const run = decidingRun(scene, 'Failed') ?? decidingRun(scene, 'Error');
  const asked = askedFor(record, ['abort', 'reject'], 'aborted');
  const by = asked?.by ?? writerOf(rollout, ['status', 'abort']);
  const message = rollout.status.message?.replace(/^RolloutAborted: /, '') ?? '';
  return entry(scene, 'aborted', {
    at: now.abort === 'pending' ? scene.at : now.abort,
    by,
    text: asked?.text ?? (by === undefined ? message : ''),
    facts: run === undefined ? {} : { run: run.metadata.name, ...guiltyFacts(run) },
  });
}

/** The run that the status names, where it ended so. */
function decidingRun({ rollout, look }: Scene, phase: string): AnalysisRun | undefined {
  const { currentStepAnalysisRunStatus, currentBackgroundAnalysisRunStatus } = rollout.status.canary ?? {};
  const names = [currentStepAnalysisRunStatus?.name, currentBackgroundAnalysisRunStatus?.name];
  return look.world.analysisRuns.find((run) => run.status.phase === phase && names.includes(run.metadata.name));
}

/** A rollback is told done when every check of it was seen, and as not seen when that takes too long. Done may still follow. */
function rollbackOf(scene: Scene): NewEntry | undefined {
  const { now, before, record, look } = scene;
  const told = toldRollback(scene);
  // What was seen before a second abort says nothing of this one.
  const isAnother = isNewAbort(scene) && before.abort !== '';
  if (now.abort === '' || told === 'rolledBack' || told === 'old' || isAnother) return undefined;
  const open = openChecks(record.seen, scene.rollout);
  if (open.length === 0) return entry(scene, 'rolledBack', {});
  const abortedMs = parseTimestamp(now.abort);
  const isLate = abortedMs !== undefined && look.world.nowMs - abortedMs > VERIFY_WITHIN_MS;
  if (!isLate || told === 'notVerified') return undefined;
  const notSeen = open.map((check) => checkWords[check]).join(', ');
  return entry(scene, 'notVerified', {
    text: `not seen after ${VERIFY_WITHIN_MS / 1000} s: ${notSeen}`,
    facts: { notSeen: open.join(', ') },
  });
}

/** What was told of the way back from this abort. */
function toldRollback(scene: Scene): string {
  return scene.now.abort === '' || isNewAbort(scene) ? '' : (scene.record.seen.rollback ?? '');
}

/** Live once is live for good: pods that go and come back later are no second arrival. */
function rememberSight(now: Sight, before: Sight): Record<string, string> {
  return { ...now, step: String(now.step), live: before.live === '' ? now.live : before.live };
}

/** Verdicts stay known; ticks of a rollback only as long as it is the same one. */
function keptOf(seen: Seen, now: Sight): Record<string, string> {
  const isSameAbort =
    now.abort !== '' && (seen.abort === now.abort || seen.abort === 'pending' || (seen.abort ?? '') === '');
  return Object.fromEntries(
    Object.entries(seen).filter(([key]) => key.startsWith('run:') || (isSameAbort && key.startsWith('verified:'))),
  );
}

/** A spec that is invalid from the first: there is no revision to start, and people want to know. */
function invalidAtFirst(record: DeliveryRecord, look: LookedAt, now: Sight): NewEntry[] {
  if (now.invalid === '' || now.invalid === record.seen.invalid) return [];
  const by = writerOf(look.world.rollout, ['spec']);
  return [{ at: formatTimestamp(look.world.nowMs), event: 'invalidSpec', by, text: now.invalid, facts: {} }];
}

/** Another revision took its place: told once, unless this one had ended. */
function deriveSuperseded(record: DeliveryRecord, look: LookedAt): Derived {
  const isOver = record.entries.some(({ event }) => FINAL.includes(event));
  const hasBegun = record.entries.some(({ event }) => event === 'started');
  if (look.revision < record.spec.rollout.revision || isOver || !hasBegun) return { entries: [], seen: record.seen };
  const facts = { revision: String(look.revision) };
  return {
    entries: [
      {
        at: formatTimestamp(look.world.nowMs),
        event: 'superseded',
        text: `revision ${look.revision} took its place`,
        facts,
      },
    ],
    seen: record.seen,
  };
}
