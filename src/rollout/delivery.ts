import type { Sight } from '../analysis/index.ts';
import type { PutBack } from './git-override.ts';
import type { GitOwner } from './git-owner.ts';
import type { PutBackNote } from './put-back-note.ts';

/** One revision's way through a rollout, as people see it: everything that card, thread and answers are rendered from. */
export interface Delivery {
  /** uid of the kube-system namespace: which cluster a button belongs to. */
  readonly clusterUid: string;
  /** What people call that cluster; undefined: there is only one. */
  readonly clusterName?: string;
  readonly namespace: string;
  readonly name: string;
  /** The Rollout's uid. */
  readonly uid: string;
  readonly revision: number;
  readonly podHash: string;
  readonly state: DeliveryState;
  /** Images as written, of the main container: `ghcr.io/acme/checkout:1.4.2`. */
  readonly fromImage: string | undefined;
  readonly toImage: string;
  /** The canary's share, 0…100: what the router's object says; without a router the share of available pods. */
  readonly weightPercent: number;
  /** Weights of the plan in order (setWeight steps, and 100 at the end). */
  readonly weights: readonly { readonly percent: number; readonly state: 'done' | 'current' | 'ahead' }[];
  readonly step: { readonly index: number; readonly count: number };
  /** Of blue-green only: which Service its pods have come to. */
  readonly blueGreen?: { readonly at: 'preview' | 'active' };
  /** Of a plain Deployment only: Kubernetes moves its pods, and no weight is set. */
  readonly rolling?: RollingView;
  /** It waits for the Experiment of its step. */
  readonly isExperiment?: true;
  readonly metrics: readonly MetricLine[];
  /** What ends the present wait: a pause's end, the next measurement. */
  readonly nextAtMs: number | undefined;
  /** At a gate: the weight that promote leads to. */
  readonly nextPercent: number | undefined;
  /** At a gate where people must approve: whose approvals it has (as in `startedBy`) of how many. Undefined: nobody has to. */
  readonly approvals: { readonly by: readonly string[]; readonly needed: number } | undefined;
  readonly pods: { readonly ready: number; readonly desired: number };
  /** Why it was aborted, cannot go on, or is held: the engine's own words (Argo's message). */
  readonly reason: string | undefined;
  /** The metric that decided an abort. */
  readonly guilty: MetricLine | undefined;
  /** After a rollback: what was *seen*. All done = verified. */
  readonly verification: readonly { readonly check: VerificationCheck; readonly isDone: boolean }[];
  readonly series: MetricSeries | undefined;
  /** Who began it, as the record or the write's field manager says: a Slack user, `kubectl`, … */
  readonly startedBy: string | undefined;
  /** It began as the undo of the revision before. */
  readonly isUndo: boolean;
  readonly startedAtMs: number | undefined;
  readonly finishedAtMs: number | undefined;
  /** The step from which on stable may no longer work; once it is live, what an undo would go back to. Undefined: nothing to warn of. */
  readonly noReturn?: {
    readonly at: 'ahead' | 'passed' | 'goneBack' | 'live';
    /** `step 4/6 (analysis contract-schema)` */
    readonly what: string;
    /** Passed, and held there: by a verdict against it, or by a person. */
    readonly heldBy?: 'verdict' | 'person' | undefined;
  };
  /** Git's side of it, where Argo CD or Flux owns the Rollout. */
  readonly git?: GitSide;
  /** Somebody puts back what the engine writes into Services and routes; gone when the next try has stood. */
  readonly contest?: PutBackNote & { readonly retryAtMs: number };
  /** Who runs the Rollout, where it is not Stepwise. */
  readonly runBy?: RunBy;
  /** What a Promote, Skip or Finish button of this card is bound to besides uid and revision. */
  readonly binding: Binding;
}

/** Another controller that runs a Rollout. */
export interface RunBy {
  /** `argo-rollouts v1.8.3` */
  readonly name: string;
  /** Since then it gives no sign of life: nothing moves, and what is asked for waits. Absent: it lives. */
  readonly silentSinceMs?: number;
}

/** How far Kubernetes has come with a Deployment's pods. */
export interface RollingView {
  /** Available pods of this revision, and of all others. */
  readonly canaryPods: number;
  readonly stablePods: number;
  /** All pods are of this revision: it soaks, until then. Undefined: pods are still moved, or the watch is over. */
  readonly soakEndsAtMs: number | undefined;
}

/** What Git has to say about a revision: who carries it into the cluster, what it asks for, and whether it undid somebody's change. */
export interface GitSide extends Pick<GitOwner, 'tool' | 'source' | 'putsBack' | 'link' | 'file'> {
  /** The main container's image as Git asks for it; undefined: Git does not set it. */
  readonly asksFor: string | undefined;
  /** Git asks for another image than the one that has, or is on its way to, all requests: after an abort, an undo, an override. */
  readonly isAtOdds: boolean;
  /** A field that a person set against Git, and that was put back: what this revision is, or was until then. */
  readonly putBack: PutBack | undefined;
}

export type DeliveryState =
  /** pods of the canary are not available yet */
  | 'starting'
  /** between weights: a timed pause, a weight being set */
  | 'moving'
  /** an analysis step is running */
  | 'checking'
  /** an indefinite pause: waits for a person's promote */
  | 'gate'
  /** someone asked for a pause */
  | 'paused'
  /** an analysis was Inconclusive: waits for a person */
  | 'inconclusive'
  /** behind its point of no return, and held there: waits for a person */
  | 'frozen'
  /** measurements are errors or empty: held */
  | 'noData'
  /** aborted, share not yet seen at 0 */
  | 'aborting'
  /** aborted and every check of the verification seen */
  | 'rolledBack'
  /** aborted, weight 0, but a check was not seen in time */
  | 'notVerified'
  /** this revision is stable and available */
  | 'live'
  | 'invalidSpec'
  /** of a Deployment: it should go back and cannot; waits for a person */
  | 'stuck'
  /** progress deadline exceeded: still trying */
  | 'stalled'
  /** another revision took its place */
  | 'superseded';

/** weight 0 at the router · no new canary requests · canary pods gone or going · the guilty metric back inside its limit */
export type VerificationCheck = 'weightZero' | 'noCanaryRequests' | 'podsGone' | 'metricBack';

/** `watch`: a metric on trial (`dryRun`) that fails, or that would have ended the run badly: to be looked at, never a verdict. */
export type MetricVerdict =
  | 'passing'
  | 'failing'
  | 'noData'
  | 'inconclusive'
  | 'waiting'
  | 'failed'
  | 'passed'
  | 'watch';

export interface MetricLine {
  readonly name: string;
  readonly verdict: MetricVerdict;
  /** A measurement that takes time runs now: a Job. */
  readonly isUnderWay?: true;
  /** It is on trial (`dryRun`): whatever it says decides nothing. */
  readonly isDryRun?: true;
  /** The last value as a number, where it is one. */
  readonly value: number | undefined;
  /** `>= 0.95` of a condition that compares the value with a constant. */
  readonly limit: { readonly comparison: '<' | '<=' | '>' | '>='; readonly value: number } | undefined;
  readonly condition: string | undefined;
  /** Measurements taken and planned (0: without end). */
  readonly taken: number;
  readonly planned: number;
  readonly failed: number;
  readonly message: string | undefined;
  /** What its query can see of the canary; undefined where nobody has read it. */
  readonly sight: Sight | undefined;
}

/** One metric over time, for a chart. */
export interface MetricSeries {
  readonly metric: string;
  readonly limit: MetricLine['limit'];
  readonly points: readonly { readonly atMs: number; readonly value: number | undefined; readonly isFailed: boolean }[];
  /** When the canary's share changed. */
  readonly weightSteps: readonly { readonly atMs: number; readonly percent: number }[];
  readonly verdict: 'running' | 'passed' | 'failed' | 'inconclusive' | 'error';
}

/** What a person saw when they clicked. Abort and Pause compare uid and revision only. */
export interface Binding {
  readonly uid: string;
  readonly revision: number;
  readonly step: number;
  /** `startTime` of the pause in force, or ''. */
  readonly pauseStartedAt: string;
  /** `name=phase` of the analysis runs in force and of the step's Experiment, sorted and joined by a comma. */
  readonly analysis: string;
}
