import type { ExperimentStatus, NewAnalysisRun, NewReplicaSet } from '../rollout/index.ts';

/** All that a decision may ask for. Performed in order; each may run twice without harm, and carries its precondition. */
export type ExperimentEffect =
  /** Writes the difference; precondition: resourceVersion. Comes first: what follows belongs to what is stored. */
  | { readonly kind: 'writeStatus'; readonly status: ExperimentStatus }
  /** Creates the ReplicaSet at 0 replicas. AlreadyExists with the same owner is success. */
  | { readonly kind: 'createReplicaSet'; readonly replicaSet: NewReplicaSet }
  /** Precondition: uid and the replicas that the decision saw. */
  | {
      readonly kind: 'scaleReplicaSet';
      readonly name: string;
      readonly uid: string;
      readonly from: number;
      readonly to: number;
    }
  /** Sets annotations (null removes); precondition: uid. */
  | {
      readonly kind: 'annotateReplicaSet';
      readonly name: string;
      readonly uid: string;
      readonly annotations: Readonly<Record<string, string | null>>;
    }
  /** AlreadyExists with the same owner is success. */
  | { readonly kind: 'createService'; readonly service: NewService }
  /** Only one of this Experiment. Gone already is success. */
  | { readonly kind: 'deleteService'; readonly name: string }
  | { readonly kind: 'createAnalysisRun'; readonly analysisRun: NewAnalysisRun }
  /** Sets `spec.terminate: true`. */
  | { readonly kind: 'terminateAnalysisRun'; readonly name: string }
  /** `regarding`: the Experiment, or the Rollout that it belongs to as well. */
  | {
      readonly kind: 'sendEvent';
      readonly regarding: 'experiment' | 'both';
      readonly type: 'Normal' | 'Warning';
      readonly reason: string;
      readonly message: string;
      readonly occasion: string;
    };

export interface NewService {
  readonly name: string;
  readonly annotations: Readonly<Record<string, string>>;
  readonly selector: Readonly<Record<string, string>>;
  readonly ports: readonly ServicePort[];
}

export interface ServicePort {
  readonly port: number;
  readonly targetPort: number;
  readonly name?: string;
  readonly protocol?: string;
}

/** No effects and no wake: nothing to do until something changes. */
export interface ExperimentDecision {
  readonly effects: readonly ExperimentEffect[];
  /** When to look again though nothing changed, by the API server's clock. */
  readonly wakeAtMs?: number;
}
