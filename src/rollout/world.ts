import type { AnalysisRun, AnalysisTemplate } from '../analysis/index.ts';
import type { Experiment } from './experiment.ts';
import type { Writer } from './managed-fields.ts';
import type { ManagedRoute } from './managed-routes.ts';
import type { PodTemplate } from './pod-template.ts';
import type { Rollout, WorkloadView } from './rollout.ts';

/**
 * All that a decision about one Rollout may look at.
 *
 * How fresh each part is matters (the fences): `rollout`, and the analysis runs that its status names, were read live in this
 * turn; `router` was read *before* them, so that its precondition is older than the decision; the rest may come from caches.
 */
export interface World {
  /** The API server's clock, Unix milliseconds. The only clock a decision may use. */
  readonly nowMs: number;
  /** With the template of the object that `workloadRef` names. */
  readonly rollout: Rollout;
  /** The object that `workloadRef` names; undefined where it names none, or one that does not exist. */
  readonly workload?: WorkloadView | undefined;
  /** A template stands in the Rollout beside its `workloadRef`. */
  readonly hasOwnTemplate?: boolean;
  /** Every ReplicaSet controlled by this Rollout, oldest first. */
  readonly replicaSets: readonly ReplicaSetView[];
  /** Services that the strategy names, by name; a missing key is a Service that does not exist. Live: `neededLiveServices`. */
  readonly services: Readonly<Record<string, ServiceView>>;
  /** Services that this Rollout has marked as its own, and that its strategy no longer names. */
  readonly formerServices?: readonly ServiceView[];
  /** Every AnalysisRun controlled by this Rollout. */
  readonly analysisRuns: readonly AnalysisRun[];
  /** Every Experiment controlled by this Rollout; the one that its status names was read live in this turn. Absent: none. */
  readonly experiments?: readonly Experiment[];
  /** AnalysisRuns of the Experiment that the status names: for showing only, its own turns judge them. */
  readonly experimentRuns?: readonly AnalysisRun[];
  /** The templates that the strategy names, and those they name in turn: `AnalysisTemplate/x` or `ClusterAnalysisTemplate/x`. */
  readonly templates: Readonly<Record<string, AnalysisTemplate>>;
  /** What the router's objects say now; undefined without `trafficRouting`. */
  readonly router: RouterReading | undefined;
  /** `argo`: a metric without a condition passes, NaN is Failed. `strict`: both are Inconclusive. */
  readonly evidence: 'strict' | 'argo';
  /** Set when `createReplicaSet` of this turn found its name taken by another owner or another template: a clash of hashes. */
  readonly takenReplicaSetName?: string;
  /** Every pod of its ReplicaSets, read live; only where a decision looks at pods (`needsPods`). */
  readonly pods?: readonly OwnedPod[];
  /** Pod hashes whose disruption budget refused an eviction in this turn. */
  readonly refusedEvictions?: readonly string[];
}

/** A pod as far as a decision looks at it. */
export interface OwnedPod {
  readonly name: string;
  readonly uid: string;
  readonly podHash: string;
  readonly createdAtMs: number;
  readonly isReady: boolean;
  /** Being deleted. */
  readonly isGoing: boolean;
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
}

/** One ReplicaSet, projected. `availableReplicas` respects the Rollout's minReadySeconds (the ReplicaSet carries it). */
export interface ReplicaSetView {
  readonly name: string;
  readonly uid: string;
  /** In a World: as caches showed it before the Rollout was read. Absent: it was not known then. */
  readonly resourceVersion?: string;
  /** Label `rollouts-pod-template-hash`. */
  readonly podHash: string;
  readonly createdAtMs: number;
  readonly specReplicas: number;
  readonly replicas: number;
  readonly readyReplicas: number;
  readonly availableReplicas: number;
  readonly annotations: Readonly<Record<string, string>>;
  readonly labels: Readonly<Record<string, string>>;
  readonly minReadySeconds: number;
  /** The image of its main container (`mainImage`): caches keep it where they drop the template. */
  readonly image?: string;
  /** Images of its other containers; caches keep them while it has pods. */
  readonly otherImages?: readonly string[];
  /** Its condition `ReplicaFailure` (quota, admission), when True. */
  readonly failure?: { readonly reason: string; readonly message: string };
  /** The ReplicaSet controller has not seen its last change yet. */
  readonly isUnobserved?: true;
  /** The anti-affinity term that was put into its template, in words (`describeAntiAffinity`); caches keep it. */
  readonly antiAffinity?: string;
  /** Present when it was read live (semantic equality, undo); caches drop it. */
  readonly template?: PodTemplate;
}

export interface ServiceView {
  readonly name: string;
  readonly selector: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
  /** Who wrote its selector last. */
  readonly selectorWriter?: Writer;
}

/** `HTTPRoute checkout` says this weight, by this writer. */
export interface WeightWriter {
  readonly object: string;
  readonly weight: number;
  readonly writer: Writer;
}

/** What the Service of an Experiment's pods gets of the requests. */
export interface AdditionalWeight {
  readonly serviceName: string;
  readonly weight: number;
}

/** One reading of the router's objects. */
export interface RouterReading {
  /** 0…maxTrafficWeight; undefined where the router's objects do not exist yet (counts as 0). */
  readonly canaryWeight: number | undefined;
  /** What Experiments get beside canary and stable. Absent: nothing. */
  readonly additional?: readonly AdditionalWeight[];
  /**
   * Several objects carry the weight and do not all say it (a write was interrupted), or one lacks what a write of this weight would
   * give it: set the weight again, though `canaryWeight` (the highest of them) is as wanted.
   */
  readonly isIncomplete?: boolean;
  /** The header and mirror routes that the steps have set. */
  readonly routes?: readonly ManagedRoute[];
  /** Not all objects carry all of `routes` as they should be: they have to be set again. */
  readonly areRoutesIncomplete?: boolean;
  /** Each object that carries the weight, and who wrote that last; only of a live reading. */
  readonly writers?: readonly WeightWriter[];
  /** Why the router cannot be driven now, in words for a person (`Ingress "x" not found`); undefined when it can. */
  readonly problem?: string;
}
