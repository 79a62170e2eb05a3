import { formatTimestamp, parseTimestamp } from '../analysis/index.ts';
import {
  isUndo,
  mainImage,
  passedReturnOf,
  revisionHistoryAnnotation,
  revisionOf,
  stepCountOf,
  stepVerdict,
} from '../rollout/index.ts';
import type { DeliveryRecord } from './delivery-record.ts';
import { personsActs } from './persons-acts.ts';
import { putBackOf } from './put-back.ts';
import type { NewEntry } from './records.ts';
import { rollingMoves } from './rolling-moves.ts';
import { decidingRun, entry, isNewAbort, type LookedAt, type Scene } from './scene.ts';
import { finishedRuns, type Seen, type Sight, sightFrom, sightOf } from './sight.ts';
import { guiltyFacts, verdictEntry } from './verdicts.ts';
import type { WasLive } from './was-live.ts';
import { watchesOf } from './watches.ts';
import { aborted, rollbackOf, toldRollback } from './way-back.ts';
import { askedFor, templateWriterOf, writerOf } from './who.ts';

/** What happened since the last look, and what to remember of this one. */
export interface Derived {
  readonly entries: readonly NewEntry[];
  readonly seen: Seen;
}

/** What is older at the first look of all happened before we were here: it is remembered, not told. */
const NEWS_MS = 600_000;
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
  const watches = watchesOf(scene);
  const rolling = rollingMoves(scene);
  const rollback = rollbackOf(scene);
  const seen = {
    ...rememberSight(now, before),
    ...keptOf(record.seen, now),
    ...Object.fromEntries(runs.map(({ metadata, status }) => [`run:${metadata.name}`, status.phase ?? ''])),
    ...watches.seen,
    ...rolling.seen,
    rollback: rollback?.event ?? toldRollback(scene),
  };
  if (last === undefined && isOld(scene))
    return { entries: [], seen: { ...seen, rollback: now.abort === '' ? '' : 'old' } };
  const entries = [
    ...(last === undefined ? [started(scene)] : []),
    ...runs.map((run) => verdictEntry(run, look.world.nowMs)),
    ...watches.entries,
    ...personsActs(scene),
    ...progress(scene),
    ...rolling.entries,
    ...troubles(scene),
    ...putBackOf(scene),
    ...(rollback === undefined ? [] : [rollback]),
    ...(now.live !== '' && before.live === '' ? [entry(scene, 'live', {})] : []),
  ];
  return { entries, seen };
}

const nothingSeen: Sight = {
  podHash: '',
  step: 0,
  switched: '',
  gate: '',
  wait: '',
  paused: '',
  inconclusive: '',
  frozen: '',
  abort: '',
  full: '',
  live: '',
  invalid: '',
  stalled: '',
  restart: '',
};

function started(scene: Scene): NewEntry {
  const { rollout, record, now, look } = scene;
  const ours = look.world.replicaSets.find(({ podHash }) => podHash === now.podHash);
  const isReused = ours?.annotations[revisionHistoryAnnotation] !== undefined;
  const asked = askedFor(record, ['start', 'undo'], 'started');
  return entry(scene, isUndo(rollout, look.revision) ? 'undone' : 'started', {
    // A ReplicaSet that served before tells when it was made, not when it was asked for again.
    at: ours === undefined || isReused ? (asked?.at ?? scene.at) : formatTimestamp(ours.createdAtMs),
    by: asked?.by ?? templateWriterOf(rollout),
    text: asked?.text ?? '',
    facts: { image: mainImage(rollout.spec.template, rollout.metadata.name) ?? '', podHash: now.podHash },
  });
}

/** Whether all of this was over before the first look. */
function isOld({ now, look, rollout }: Scene): boolean {
  const isOver = now.live !== '' || now.abort !== '';
  const ours = look.world.replicaSets.find(({ podHash }) => podHash === now.podHash);
  const lastChangeMs = Math.max(ours?.createdAtMs ?? 0, parseTimestamp(rollout.status.abortedAt ?? '') ?? 0);
  return isOver && look.world.nowMs - lastChangeMs > NEWS_MS;
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
  entries.push(...switched(scene));
  const isSameGate = now.gate === before.gate && now.step === before.step;
  if (now.gate !== '' && !isSameGate && now.abort === '') {
    entries.push(
      entry(scene, 'gateReached', { at: now.gate, facts: { step: `${now.step + 1}`, of: `${stepCountOf(rollout)}` } }),
    );
  }
  return entries;
}

/** The active Service of blue-green has gone over. */
function switched({ now, before, ...scene }: Scene): NewEntry[] {
  if (now.switched === '' || before.switched !== '' || now.abort !== '') return [];
  return [
    entry({ now, before, ...scene }, 'stepReached', {
      text: 'is active',
      facts: { percent: '100', step: '1', of: '1' },
    }),
  ];
}

function troubles(scene: Scene): NewEntry[] {
  const { now, before, rollout } = scene;
  const entries: NewEntry[] = [];
  if (now.inconclusive !== '' && now.inconclusive !== before.inconclusive) {
    const run = decidingRun(scene, 'Inconclusive');
    entries.push(
      entry(scene, 'inconclusive', {
        at: now.inconclusive,
        text: run?.status.message ?? stepVerdict(scene.look.world) ?? '',
        facts: run === undefined ? {} : guiltyFacts(run),
      }),
    );
  }
  if (now.frozen !== '' && now.frozen !== before.frozen) {
    const run = decidingRun(scene, 'Failed') ?? decidingRun(scene, 'Error');
    const point = passedReturnOf(rollout)?.what ?? '';
    entries.push(
      entry(scene, 'frozen', {
        at: now.frozen,
        text: run?.status.message ?? stepVerdict(scene.look.world) ?? '',
        facts: { point, ...(run === undefined ? {} : { run: run.metadata.name, ...guiltyFacts(run) }) },
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
  const { revision } = record.spec.rollout;
  const isOver = record.entries.some(({ event }) => FINAL.includes(event));
  const hasBegun = record.entries.some(({ event }) => event === 'started' || event === 'undone');
  const beginning = hasBegun ? undefined : unseenBeginning(record, look);
  if (look.revision < revision || isOver || (!hasBegun && beginning === undefined)) {
    return { entries: [], seen: record.seen };
  }
  const at = formatTimestamp(look.world.nowMs);
  const podHash = record.seen.podHash ?? beginning?.facts.podHash;
  const facts = { revision: String(look.revision), wasStable: wasStable(podHash, look) };
  const end = { at, event: 'superseded', text: `revision ${look.revision} took its place`, facts };
  return { entries: beginning === undefined ? [end] : [beginning, end], seen: record.seen };
}

/** How a revision began that was overtaken before its first look, by what is left of it; undefined: it is not news, or not known. */
function unseenBeginning(record: DeliveryRecord, { world }: LookedAt): NewEntry | undefined {
  if (record.seen.podHash !== undefined) return undefined;
  const { name, revision } = record.spec.rollout;
  const ours = world.replicaSets.find((one) => revisionOf(one) === revision);
  if (ours === undefined || world.nowMs - ours.createdAtMs > NEWS_MS) return undefined;
  // A Deployment's revision that serves again is the undo of another, whose own card tells of it.
  const isReused = ours.annotations[revisionHistoryAnnotation] !== undefined;
  if (isReused && world.rollout.status.rolling !== undefined) return undefined;
  const asked = askedFor(record, ['start', 'undo'], 'started');
  return {
    at: formatTimestamp(ours.createdAtMs),
    event: 'started',
    by: asked?.by,
    text: asked?.text ?? '',
    facts: { image: ours.image ?? mainImage(ours.template, name) ?? '', podHash: ours.podHash },
  };
}

/** Stable is only what was live; the next revision may have pushed it out before anybody looked. */
function wasStable(podHash: string | undefined, { world }: LookedAt): WasLive {
  const { stableRS, currentPodHash } = world.rollout.status;
  if (stableRS === podHash) return 'yes';
  return stableRS === currentPodHash ? 'unclear' : 'no';
}
