import type { Effect, ExperimentStatus } from '../rollout/index.ts';

/** All that a decision may ask for. Performed in order; each may run twice without harm, and carries its precondition. */
export type ExperimentEffect =
  /** Writes the difference; precondition: resourceVersion. Comes first: what follows belongs to what is stored. */
  | { readonly kind: 'writeStatus'; readonly status: ExperimentStatus }
  /** As a Rollout does with what belongs to it. */
  | Extract<
      Effect,
      {
        kind:
          | 'createReplicaSet'
          | 'scaleReplicaSet'
          | 'annotateReplicaSet'
          | 'createAnalysisRun'
          | 'terminateAnalysisRun';
      }
    >
  /** AlreadyExists with the same owner is success. */
  | { readonly kind: 'createService'; readonly service: NewService }
  /** Only one of this Experiment. Gone already is success. */
  | { readonly kind: 'deleteService'; readonly name: string }
  /** `regarding`: the Experiment, or the Rollout that it belongs to as well. */
  | (Extract<Effect, { kind: 'sendEvent' }> & { readonly regarding: 'experiment' | 'both' });

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
