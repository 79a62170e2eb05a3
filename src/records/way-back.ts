import { parseTimestamp } from '../analysis/index.ts';
import { type VerificationCheck, wentBackPast } from '../rollout/index.ts';
import type { NewEntry } from './records.ts';
import { decidingRun, entry, isNewAbort, type Scene } from './scene.ts';
import { openChecks } from './sight.ts';
import { guiltyFacts } from './verdicts.ts';
import { askedFor, writerOf } from './who.ts';

/** A Deployment's status is Kubernetes' own: who undid it wrote this together with the template. */
const memoryPath = ['metadata', 'annotations', 'stepwise.dev/guarded'];

/** A rollback that was not seen to be done by then needs a person. */
const VERIFY_WITHIN_MS = 60_000;
const checkWords: Readonly<Record<VerificationCheck, string>> = {
  weightZero: 'weight 0',
  noCanaryRequests: 'no canary requests',
  podsGone: 'canary pods gone',
  metricBack: 'the metric back inside its limit',
};

/** An abort: whose, or by which metric and its values. */
export function aborted(scene: Scene): NewEntry {
  const { rollout, record, now } = scene;
  const run = decidingRun(scene, 'Failed') ?? decidingRun(scene, 'Error');
  const asked = askedFor(record, ['abort', 'reject'], 'aborted');
  const by = asked?.by ?? writerOf(rollout, rollout.status.rolling === undefined ? ['status', 'abort'] : memoryPath);
  const point = wentBackPast(rollout)?.what;
  const message = rollout.status.message?.replace(/^RolloutAborted: /, '') ?? '';
  return entry(scene, 'aborted', {
    at: now.abort === 'pending' ? scene.at : now.abort,
    by,
    text: asked?.text ?? (by === undefined ? message : ''),
    facts: {
      ...(run === undefined ? {} : { run: run.metadata.name, ...guiltyFacts(run) }),
      ...(point === undefined ? {} : { pastPointOfNoReturn: point }),
    },
  });
}

/** A rollback is told done when every check of it was seen, and as not seen when that takes too long. Done may still follow. */
export function rollbackOf(scene: Scene): NewEntry | undefined {
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
export function toldRollback(scene: Scene): string {
  return scene.now.abort === '' || isNewAbort(scene) ? '' : (scene.record.seen.rollback ?? '');
}
