import type { AnalysisRunSpec } from '../analysis/index.ts';
import type { ExperimentSpec } from './experiment.ts';
import type { ManagedRoute } from './managed-routes.ts';
import type { PodTemplate } from './pod-template.ts';
import type { WorkloadView } from './rollout.ts';
import type { RolloutStatus } from './rollout-status.ts';
import type { AdditionalWeight } from './world.ts';

/**
 * All that a decision may ask for. Each is performed in order, each carries its precondition, each may run twice without harm.
 * The order inside one decision is part of its meaning: what lowers the canary's share comes before the status write, what
 * raises it comes after, and only for the step index that is already stored.
 */
export type Effect =
  /** Creates the ReplicaSet at 0 replicas. AlreadyExists with the same owner is success. */
  | { readonly kind: 'createReplicaSet'; readonly replicaSet: NewReplicaSet }
  /** Sets `spec.replicas`; precondition: uid, the replicas the decision saw, and where given the version it saw. */
  | {
      readonly kind: 'scaleReplicaSet';
      readonly name: string;
      readonly uid: string;
      readonly from: number;
      readonly to: number;
      readonly resourceVersion?: string;
    }
  /**
   * Writes into it for whom it is held, so that nobody who saw it earlier takes pods from it any more; precondition: uid and the
   * version the decision saw.
   */
  | {
      readonly kind: 'holdReplicaSet';
      readonly name: string;
      readonly uid: string;
      readonly resourceVersion: string;
      readonly heldFor: string;
    }
  /** Sets annotations (null removes), and where given minReadySeconds and what is put into its pod template; precondition: uid. */
  | {
      readonly kind: 'annotateReplicaSet';
      readonly name: string;
      readonly uid: string;
      readonly annotations: Readonly<Record<string, string | null>>;
      readonly minReadySeconds?: number;
      readonly template?: TemplateChange;
    }
  /** Sets labels and annotations of a pod (null removes); precondition: uid. A pod that is gone is success. */
  | {
      readonly kind: 'patchPodMetadata';
      readonly name: string;
      readonly uid: string;
      readonly labels: Readonly<Record<string, string | null>>;
      readonly annotations: Readonly<Record<string, string | null>>;
    }
  /** Sets the replicas of the Deployment that `workloadRef` names; precondition: uid and the replicas the decision saw. */
  | {
      readonly kind: 'scaleWorkload';
      readonly workload: Pick<WorkloadView, 'kind' | 'name' | 'uid'>;
      readonly from: number;
      readonly to: number;
    }
  | { readonly kind: 'deleteReplicaSet'; readonly name: string; readonly uid: string }
  /** A deletion that asks the pod's disruption budget; refused is an answer (`refusedEvictions`). Precondition: uid. */
  | { readonly kind: 'evictPod'; readonly name: string; readonly uid: string; readonly podHash: string }
  /** Points a Service at one pod hash and marks it as managed by this Rollout; precondition: the selector the decision saw. */
  | {
      readonly kind: 'switchService';
      readonly name: string;
      readonly fromSelector: Readonly<Record<string, string>>;
      readonly toPodHash: string;
    }
  /** Takes pod hash and mark off a Service; precondition: both are as the decision saw them. One that is gone is success. */
  | {
      readonly kind: 'releaseService';
      readonly name: string;
      readonly fromSelector: Readonly<Record<string, string>>;
    }
  /** Sets the canary's share at the router, 0…maxTrafficWeight, and those of an Experiment's pods; stable gets the rest. Precondition: the router objects' resourceVersion of the reading. */
  | {
      readonly kind: 'setWeight';
      readonly canaryWeight: number;
      readonly additional?: readonly AdditionalWeight[];
      readonly canaryPodHash: string;
      readonly stablePodHash: string;
    }
  /** Makes these, and no others, the header and mirror routes of the router's objects; precondition: their resourceVersion. */
  | { readonly kind: 'setRoutes'; readonly routes: readonly ManagedRoute[] }
  | { readonly kind: 'createAnalysisRun'; readonly analysisRun: NewAnalysisRun }
  /** Sets `spec.terminate: true`. */
  | { readonly kind: 'terminateAnalysisRun'; readonly name: string }
  | { readonly kind: 'deleteAnalysisRun'; readonly name: string; readonly uid: string }
  | { readonly kind: 'createExperiment'; readonly experiment: NewExperiment }
  /** Sets `spec.terminate: true`. */
  | { readonly kind: 'terminateExperiment'; readonly name: string }
  | { readonly kind: 'deleteExperiment'; readonly name: string; readonly uid: string }
  /** Writes the Rollout's own annotations, or the default of `spec.replicas`; precondition: resourceVersion. */
  | {
      readonly kind: 'patchRollout';
      readonly annotations?: Readonly<Record<string, string | null>>;
      readonly replicas?: number;
    }
  /** Writes the difference to `/status`; precondition: resourceVersion. At most one in a decision. */
  | { readonly kind: 'writeStatus'; readonly status: RolloutStatus }
  /** An event on the Rollout, as Argo words it; the deterministic name makes it once per (uid, reason, revision, step). */
  | {
      readonly kind: 'sendEvent';
      readonly type: 'Normal' | 'Warning';
      readonly reason: string;
      readonly message: string;
      /** What makes this event one of its kind, besides uid and reason: revision, step. */
      readonly occasion: string;
    };

/** A merge patch of what is put into a ReplicaSet's pod template for its role. */
export interface TemplateChange {
  readonly labels?: Readonly<Record<string, string | null>>;
  readonly annotations?: Readonly<Record<string, string | null>>;
  /** `null` removes it; lists in it are whole. */
  readonly affinity?: Readonly<Record<string, unknown>> | null;
}

export interface NewReplicaSet {
  readonly name: string;
  readonly podHash: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
  readonly selector: {
    readonly matchLabels?: Readonly<Record<string, string>>;
    readonly matchExpressions?: readonly unknown[];
  };
  readonly template: PodTemplate;
  readonly minReadySeconds: number;
}

export interface NewAnalysisRun {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
  readonly spec: AnalysisRunSpec;
}

export interface NewExperiment {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
  readonly spec: ExperimentSpec;
}

/** What one decision comes to. No effects and no wake: nothing to do until something changes. */
export interface Decision {
  readonly effects: readonly Effect[];
  /** When to look again though nothing changed (end of a timed pause, a deadline), by the API server's clock. */
  readonly wakeAtMs?: number;
}
