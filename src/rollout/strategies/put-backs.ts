import { type AnalysisRun, parseTimestamp } from '../../analysis/index.ts';
import { isGitOpsManager } from '../git-owner.ts';
import type { Writer } from '../managed-fields.ts';
import { managedByAnnotation, podHashLabel } from '../names.ts';
import { neededServices } from '../needs.ts';
import { type PutBackNote, readAnyPutBackNote, readPutBackNote, retryAtMs, settledAtMs } from '../put-back-note.ts';
import type { Ground } from '../scene.ts';

/** Whether somebody puts back what we write, and what that holds up. What lowers the canary's share is never held up. */
export interface Contest {
  readonly note: PutBackNote | undefined;
  /** Nothing that was put back is written again yet. */
  readonly isWaiting: boolean;
  /** No step completes: it is not known to stand yet. */
  readonly isUnsettled: boolean;
  /** When one of these ends. */
  readonly wakeAtMs: number | undefined;
  /** When what was put back was, or is, written again. */
  readonly writtenAgainAtMs: number | undefined;
}

export function judgeContest(scene: Ground): Contest {
  const note = readPutBackNote(scene.rollout, scene.podHash);
  if (note === undefined)
    return { note, isWaiting: false, isUnsettled: false, wakeAtMs: undefined, writtenAgainAtMs: undefined };
  const isWaiting = scene.nowMs < retryAtMs(note);
  const isUnsettled = scene.nowMs < settledAtMs(note);
  const wakeAtMs = isWaiting ? retryAtMs(note) : settledAtMs(note);
  const writtenAgainAtMs = retryAtMs(note);
  return { note, isWaiting, isUnsettled, wakeAtMs: isUnsettled ? wakeAtMs : undefined, writtenAgainAtMs };
}

/**
 * A run that began before what was put back stood again has measured a share that was not there: that it passes is no evidence. What it
 * says against the canary counts all the same.
 */
export function isMeasuredAnew(run: AnalysisRun | undefined, { isUnsettled, writtenAgainAtMs }: Contest): boolean {
  if (run === undefined || isUnsettled || writtenAgainAtMs === undefined) return false;
  const beganAtMs = parseTimestamp(run.metadata.creationTimestamp ?? '');
  return beganAtMs !== undefined && beganAtMs < writtenAgainAtMs;
}

/**
 * The note as it should stand: a tool that heals may have put something back since. What a person or a pipeline has changed once is
 * written again at once, without a word: nobody repeats it.
 */
export function nextPutBackNote(scene: Ground): PutBackNote | undefined {
  const found = findPutBacks(scene);
  const newest = found.toSorted((a, b) => b.writer.atMs - a.writer.atMs)[0];
  const before = readAnyPutBackNote(scene.rollout);
  if (newest === undefined) return before?.podHash === scene.podHash ? before : undefined;
  const { manager, atMs } = newest.writer;
  const what = found.map((one) => one.what);
  if (before === undefined || atMs > before.atMs) {
    // Only what was written again, and put back again, makes the pauses longer.
    const isSame = before?.podHash === scene.podHash;
    const count = isSame ? before.count + (atMs >= retryAtMs(before) ? 1 : 0) : 1;
    return { podHash: scene.podHash, count, manager, atMs, what: what.join(', ') };
  }
  // Times are whole seconds: one sync takes back one object after the other.
  const known = before.what.split(', ');
  const added =
    atMs < before.atMs || before.podHash !== scene.podHash ? [] : what.filter((one) => !known.includes(one));
  return added.length === 0 ? before : { ...before, what: [...known, ...added].join(', ') };
}

interface FoundPutBack {
  readonly writer: Writer;
  readonly what: string;
}

function findPutBacks(scene: Ground): readonly FoundPutBack[] {
  return [...findLoweredWeights(scene), ...findClearedSelectors(scene)];
}

/** The status says what the router said when we looked last: less than that, and by such a tool, was put back. */
function findLoweredWeights({ status, world, podHash }: Ground): readonly FoundPutBack[] {
  const stored = status.canary?.weights?.canary;
  if (stored === undefined || stored.podTemplateHash !== podHash) return [];
  return (world.router?.writers ?? []).flatMap(({ object, weight, writer }) => {
    if (weight >= stored.weight || !isGitOpsManager(writer.manager)) return [];
    return [{ writer, what: `${object}: weight ${stored.weight} → ${weight}` }];
  });
}

/** A Service that carries our mark had a pod hash in its selector; what is in Git has none. */
function findClearedSelectors({ rollout, world }: Ground): readonly FoundPutBack[] {
  return neededServices(rollout).flatMap((name) => {
    const service = world.services[name];
    const writer = service?.selectorWriter;
    if (service === undefined || writer === undefined || !isGitOpsManager(writer.manager)) return [];
    const isMarked = service.annotations[managedByAnnotation] === rollout.metadata.name;
    if (!isMarked || service.selector[podHashLabel] !== undefined) return [];
    return [{ writer, what: `Service ${service.name}: selector without its pod hash` }];
  });
}
