import type { ObjectName } from '../kubernetes/index.ts';
import { mainImage, presentRevision, type Rollout, revisionOf } from '../rollout/index.ts';
import type { OperationTools } from './act.ts';
import { authorise } from './authorise.ts';
import { findFor } from './find.ts';
import type { PastRevision } from './look-back.ts';
import type { Refusal, Wish } from './operations.ts';
import type { ReadTools } from './read.ts';
import { isFullyPromoted } from './situation.ts';

/** One revision of a rollout, as far as records and ReplicaSets still tell. */
export interface Revision {
  readonly revision: number;
  readonly image: string | undefined;
  readonly by: string | undefined;
  readonly startedAtMs: number | undefined;
  readonly outcome: RevisionOutcome;
  /** When the outcome was seen. */
  readonly endedAtMs: number | undefined;
  /** Its ReplicaSet is there: undo can go back to it. */
  readonly isKept: boolean;
}

export type RevisionOutcome =
  /** serves the stable share */
  | 'live'
  | 'underWay'
  | 'wasLive'
  | 'aborted'
  | 'rolledBack'
  | 'notVerified'
  /** another one took its place before it was live */
  | 'superseded'
  | 'invalidSpec'
  | 'unknown';

export interface History {
  readonly done: true;
  readonly target: ObjectName;
  /** Newest first. */
  readonly revisions: readonly Revision[];
}

export type HistoryTools = ReadTools &
  Pick<OperationTools, 'rollouts' | 'workloads'> & {
    /** What the records remember of a rollout's revisions. */
    readonly pastOf: (rollout: Rollout, signal: AbortSignal) => Promise<readonly PastRevision[]>;
  };

/** How many revisions one answer names. */
const longestHistory = 15;

/** A rollout's revisions: image, who, when, outcome. */
export async function readHistory(wish: Wish, tools: HistoryTools): Promise<Refusal | History> {
  const signal = AbortSignal.timeout(10_000);
  const found = await findFor(wish, tools, signal);
  if (!found.done) return found;
  const denied = await authorise(wish.person, 'get', found.name, tools.cluster, signal);
  if (denied !== undefined) return denied;
  const rollout = await tools.rollouts.read(found.name, signal);
  if (rollout === undefined) return { done: false, reason: 'unknownRollout', facts: { ...found.name } };
  const [replicaSets, past] = await Promise.all([
    tools.workloads.readWithTemplates(rollout, signal),
    tools.pastOf(rollout, signal),
  ]);
  const remembered = new Map(past.map((one) => [one.revision, one]));
  const kept = new Map(replicaSets.map((one) => [revisionOf(one), one]));
  const present = presentRevision(rollout, replicaSets);
  const numbers = [...new Set([...remembered.keys(), ...kept.keys()])].filter((revision) => revision > 0);
  const revisions = numbers
    .toSorted((a, b) => b - a)
    .slice(0, longestHistory)
    .map((revision): Revision => {
      const record = remembered.get(revision);
      const replicaSet = kept.get(revision);
      const isStable = replicaSet !== undefined && replicaSet.podHash === rollout.status.stableRS;
      return {
        revision,
        image: mainImage(replicaSet?.template, rollout.metadata.name) ?? record?.image,
        by: record?.startedBy,
        startedAtMs: record?.startedAtMs ?? replicaSet?.createdAtMs,
        outcome: isStable ? 'live' : outcomeOf(rollout, record, revision === present),
        endedAtMs: record?.last?.atMs,
        isKept: replicaSet !== undefined,
      };
    });
  return { done: true, target: found.name, revisions };
}

function outcomeOf(rollout: Rollout, record: PastRevision | undefined, isPresent: boolean): RevisionOutcome {
  const event = record?.outcome;
  if (isPresent && rollout.status.abort !== true && !isFullyPromoted(rollout))
    return event === 'invalidSpec' ? event : 'underWay';
  if (event === 'aborted' || event === 'rolledBack' || event === 'notVerified') return event;
  if (isPresent && rollout.status.abort === true) return 'aborted';
  if (record?.wasLive === 'yes') return 'wasLive';
  if (event === 'superseded' || event === 'invalidSpec') return event;
  return 'unknown';
}
