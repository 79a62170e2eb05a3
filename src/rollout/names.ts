// Labels and annotations that Argo's clients match on. Some carry no prefix: that is how Argo writes them.

export const podHashLabel = 'rollouts-pod-template-hash';
export const runTypeLabel = 'rollout-type';
export const stepIndexLabel = 'step-index';
export const instanceIdLabel = 'argo-rollouts.argoproj.io/controller-instance-id';

export const revisionAnnotation = 'rollout.argoproj.io/revision';
export const revisionHistoryAnnotation = 'rollout.argoproj.io/revision-history';
export const desiredReplicasAnnotation = 'rollout.argoproj.io/desired-replicas';
/** The generation of the object that `workloadRef` names. */
export const workloadGenerationAnnotation = 'rollout.argoproj.io/workload-generation';
/** JSON of the labels and annotations that Argo put into a ReplicaSet's template for its role. */
export const ephemeralMetadataAnnotation = 'rollout.argoproj.io/ephemeral-metadata';
/** Ours, on a ReplicaSet: what its pods may still carry of a former role, and what its template says itself (pod-metadata.ts). */
export const podMetadataAnnotation = 'stepwise.dev/pod-metadata';
/** RFC 3339, UTC. */
export const scaleDownDeadlineAnnotation = 'scale-down-deadline';
export const managedByAnnotation = 'argo-rollouts.argoproj.io/managed-by-rollouts';

/**
 * Ours, on the Rollout: the pod hash that a template change may go to without steps. Written together with that template in one
 * patch; honoured only when a change to this very hash is first stored, and removed right after (undo.ts).
 */
export const fastUndoAnnotation = 'stepwise.dev/fast-undo';

/** Yours, on the Rollout: the web page of its manifest in Git, shown wherever people are told to change it there. */
export const gitLinkAnnotation = 'stepwise.dev/git-url';
/** Ours, on the Rollout: JSON of what a person has set against Git (git-override.ts), written together with that change. */
export const gitOverrideAnnotation = 'stepwise.dev/git-override';

/**
 * Ours, on the Rollout: `<revision that was left>/<pod hash that undo went to>`, written together with that template. It stays, and says
 * of the revision after that one that it is an undo and no start.
 */
export const undoneAnnotation = 'stepwise.dev/undone';

/** Yours, on the Rollout: the index of the canary step from which on stable may no longer work (point-of-no-return.ts). */
export const pointOfNoReturnAnnotation = 'stepwise.dev/point-of-no-return';
/** Ours, on the Rollout: JSON of that it was reached. */
export const passedReturnAnnotation = 'stepwise.dev/passed-point-of-no-return';

/** Ours, on the Rollout: JSON of that it was passed by what is live since: which revisions an undo can not safely go back to. */
export const liveReturnAnnotation = 'stepwise.dev/live-past-point-of-no-return';

/** Ours, on the Rollout: JSON of what somebody puts back that the engine writes into other objects (put-back-note.ts). */
export const putBackAnnotation = 'stepwise.dev/put-back';

/**
 * Ours, on a blue-green ReplicaSet: this revision was never stable, or was aborted since. One without it may come back at once while
 * its pods are still up; one with it has nothing to show for itself.
 */
export const unprovenAnnotation = 'stepwise.dev/unproven';

/** Ours, on a stable ReplicaSet that shrinks with its share: the version of the Rollout by which it is given some of it back (shares.ts). */
export const heldForAnnotation = 'stepwise.dev/held-for';

/** Annotations of a Rollout that are not copied to its ReplicaSets. */
export function isCopiedToReplicaSets(annotation: string): boolean {
  return !(
    annotation === 'kubectl.kubernetes.io/last-applied-configuration' ||
    annotation === revisionAnnotation ||
    annotation === revisionHistoryAnnotation ||
    annotation === desiredReplicasAnnotation ||
    annotation === fastUndoAnnotation ||
    annotation === gitOverrideAnnotation ||
    annotation === putBackAnnotation ||
    annotation === pointOfNoReturnAnnotation ||
    annotation === passedReturnAnnotation ||
    annotation === liveReturnAnnotation ||
    annotation === undoneAnnotation ||
    annotation === 'notified.notifications.argoproj.io'
  );
}
