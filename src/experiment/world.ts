import type { AnalysisRun, AnalysisTemplate } from '../analysis/index.ts';
import type { Experiment, ReplicaSetView, ServiceView } from '../rollout/index.ts';

/** All that a decision about one Experiment may look at. */
export interface ExperimentWorld {
  /** The API server's clock, Unix milliseconds. */
  readonly nowMs: number;
  /** Read live in this turn. */
  readonly experiment: Experiment;
  /** Every ReplicaSet controlled by this Experiment. */
  readonly replicaSets: readonly ReplicaSetView[];
  /** Every Service controlled by this Experiment. */
  readonly services: readonly ServiceView[];
  /** Every AnalysisRun controlled by this Experiment; those that its status names were read live. */
  readonly analysisRuns: readonly AnalysisRun[];
  /** Names that AnalysisRuns of others have in this namespace. */
  readonly takenRunNames: readonly string[];
  /** What its analyses name, and what that names in turn: `AnalysisTemplate/x` or `ClusterAnalysisTemplate/x`. */
  readonly templates: Readonly<Record<string, AnalysisTemplate>>;
  /** Pod hashes of others in this namespace: a Service that selects one of them must not lead to pods of this Experiment. */
  readonly takenPodHashes: readonly string[];
  /** Names of Services that the Rollout it belongs to still sends requests to. */
  readonly routedServices: readonly string[];
  /** By the name of an object that this turn tried to create: why the API server will never take it. */
  readonly refusals: Readonly<Record<string, string>>;
  /** `strict`: an analysis that has seen nothing proves nothing. */
  readonly evidence: 'strict' | 'argo';
}
