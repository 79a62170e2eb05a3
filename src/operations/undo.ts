import {
  behindReturn,
  chooseUndo,
  type KnownHealth,
  noteOverride,
  plainDeployment,
  type Rollout,
  revisionOf,
  undoPatch,
  withoutInjections,
} from '../rollout/index.ts';
import type { Act, Change, OperationTools } from './act.ts';
import { overrideFacts, refuseForGit } from './git.ts';
import type { Refusal, Wish } from './operations.ts';
import { isFullyPromoted, isReason, isWorkloadLost, refuse } from './situation.ts';

export type UndoWish = Wish & {
  readonly toRevision?: number | undefined;
  readonly withSteps?: boolean;
  readonly isForced?: boolean | undefined;
};

/**
 * Back to an earlier revision: by default the last one that was live, and fast: the template, and the wish to skip the plan, in one
 * write. Lowers risk, so it needs no channel and no approval; a revision that never was live does.
 */
export const undo: Act<UndoWish> = {
  verb: 'undo',
  raisesRisk: false,
  isBoundTo: 'revision',
  needsReason: (_, { isForced }) => isForced === true,
  async choose(seen, wish, tools, signal): Promise<Refusal | Change> {
    const { rollout } = seen;
    const lost = isWorkloadLost(rollout);
    if (lost !== undefined) return lost;
    if (!isFullyPromoted(rollout) && rollout.status.abort !== true) return refuse('undoWhileMoving');
    const replicaSets = await tools.workloads.readWithTemplates(rollout, signal);
    const wasLive = new Map<number, KnownHealth>();
    for (const revision of replicaSets.map(revisionOf))
      wasLive.set(revision, await tools.wasLive(rollout, revision, signal));

    // A person who takes the steps again, or says why, asks for no proof that the revision they name was live.
    const isSure = wish.toRevision !== undefined && (wish.withSteps === true || isReason(wish.reason));
    const wasHealthy = (revision: number) => (isSure ? undefined : wasLive.get(revision));
    const choice = chooseUndo(rollout, replicaSets, { toRevision: wish.toRevision, wasHealthy });
    if (choice.kind === 'refused')
      return refuse(choice.reason, wish.toRevision === undefined ? {} : { revision: String(wish.toRevision) });
    const { replicaSet, revision } = choice;
    const { template } = replicaSet;
    if (replicaSet.podHash === rollout.status.currentPodHash)
      return refuse('alreadyThere', { revision: String(revision) });
    if (template === undefined) return refuse('unknownRevision', { revision: String(revision) });
    // Behind a point of no return what ran before may no longer work, as with an abort: somebody forces it and says why.
    const point = behindReturn(rollout, replicaSet, tools.isDriven === true);
    const images = (template.spec?.containers ?? []).map(({ image }) => image ?? '');
    const goal = { revision: String(revision), image: images.join(' ') };
    if (point !== undefined && wish.isForced !== true) return refuse('pastReturn', { ...goal, point });
    // What never was live raises risk, as a start does: it is asked in its own channel.
    const isUnproven = wasLive.get(revision) === 'no' && replicaSet.podHash !== rollout.status.stableRS;
    if (isUnproven && !tools.channels.isBound(wish.channel, rollout)) return unbound(rollout, tools);
    const wanted = withoutInjections({ ...replicaSet, template });
    const ownedByGit = await refuseForGit(seen, wanted, wish, tools, signal);
    if (ownedByGit !== undefined) return ownedByGit;
    // Kubernetes moves its pods: there are no steps to skip.
    const hasNoSteps = plainDeployment(rollout.metadata.name) !== undefined;
    return {
      done: true,
      json: noteOverride(rollout, wanted, { nowMs: tools.cluster.nowMs(), isMapMade: rollout.workload === undefined }),
      template: undoPatch(rollout, { ...replicaSet, template }, wish.withSteps === true || hasNoSteps),
      facts: {
        ...goal,
        ...(point === undefined ? {} : { point, forced: 'true' }),
        withSteps: String(wish.withSteps === true),
        ...overrideFacts(seen, wanted),
      },
    };
  },
};

function unbound(rollout: Rollout, tools: OperationTools): Refusal {
  const { namespace, name } = rollout.metadata;
  const channel = tools.channels.channelOf(rollout);
  return refuse('unboundChannel', { namespace, name, ...(channel === undefined ? {} : { channel }) });
}
