import type { AnalysisRun } from '../../analysis/index.ts';
import { findCondition } from '../conditions.ts';
import { isAbortedAndPutBack, putBackWords } from '../git-override.ts';
import type { Ground } from '../scene.ts';
import { type Contest, judgeContest } from './put-backs.ts';

/** How a rollout of any strategy stands, by its stored status. */
export interface CommonPosture {
  /** No revision was ever stable. */
  readonly isFirst: boolean;
  /** The template asked for is the stable one. */
  readonly isPromoted: boolean;
  /** An abort was taken back, and nothing was written since. */
  readonly isRetried: boolean;
  /** Somebody puts back what we write. */
  readonly contest: Contest;
}

export function judgeCommonPosture(scene: Ground): CommonPosture {
  const { status } = scene;
  // A stable ReplicaSet that is missing makes no first deployment (unlike Argo): a stale cache must not skip all steps.
  const isFirst = (status.stableRS ?? '') === '';
  return {
    isFirst,
    isPromoted: !isFirst && status.stableRS === scene.podHash,
    isRetried: status.abort !== true && status.abortedAt !== undefined,
    contest: judgeContest(scene),
  };
}

/**
 * An abort that came after the wish to finish wins (unlike Argo, where promoteFull always removes it): our own writes drop promoteFull
 * when they store an abort, so a promoteFull beside `abortedAt` is younger than the abort.
 */
export function isAbortStored({ status }: Ground): boolean {
  return status.abort === true && !(status.promoteFull === true && status.abortedAt !== undefined);
}

/** The abort that is stored, or that a verdict asks for. */
export function judgeAbort(
  scene: Ground,
  { mayAbort, verdict }: { readonly mayAbort: boolean; readonly verdict: string | undefined },
): { readonly because: string | undefined } | undefined {
  const isStored = isAbortStored(scene);
  if (!mayAbort || (!isStored && verdict === undefined)) return undefined;
  const isPutBack = isStored && isAbortedAndPutBack(scene.rollout, scene.podHash);
  return { because: verdict ?? (isPutBack ? putBackWords : undefined) };
}

export function hasFailed(run: AnalysisRun | undefined): boolean {
  return run?.status.phase === 'Failed' || run?.status.phase === 'Error';
}

/** The deadline has been stored as exceeded, and the author asked to abort then. */
export function findTimeout(scene: Ground): string | undefined {
  if (scene.spec.progressDeadlineAbort !== true || scene.canary === undefined) return undefined;
  const progressing = findCondition(scene.status.conditions, 'Progressing');
  if (progressing?.reason !== 'ProgressDeadlineExceeded') return undefined;
  return `ReplicaSet "${scene.canary.name}" has timed out progressing.`;
}
