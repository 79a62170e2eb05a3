import { z } from 'zod';
import type { AnalysisRun, AnalysisTemplate } from '../analysis/index.ts';
import { ObjectMeta } from '../lib/index.ts';
import { PodTemplate, type ReplicaSetView, type World } from '../rollout/index.ts';

/** `Deployment` (apps/v1), as far as we look at it. */
export const Deployment = z.looseObject({
  metadata: ObjectMeta,
  spec: z.looseObject({
    replicas: z.number().default(1),
    selector: z
      .looseObject({
        matchLabels: z.record(z.string(), z.string()).optional(),
        matchExpressions: z.array(z.unknown()).optional(),
      })
      .optional(),
    template: PodTemplate,
    minReadySeconds: z.number().optional(),
    paused: z.boolean().optional(),
    revisionHistoryLimit: z.number().optional(),
    progressDeadlineSeconds: z.number().optional(),
  }),
  status: z
    .looseObject({
      observedGeneration: z.number().default(0),
      conditions: z
        .array(
          z.looseObject({
            type: z.string(),
            status: z.string(),
            reason: z.string().optional(),
            message: z.string().optional(),
            lastUpdateTime: z.string().optional(),
          }),
        )
        .default([]),
    })
    .default({ observedGeneration: 0, conditions: [] }),
});
export type Deployment = z.infer<typeof Deployment>;

/** One of its ReplicaSets, read live with its template; its revision as a Rollout's (`asRolloutReplicaSet`). */
export type RevisionView = ReplicaSetView & { readonly template: PodTemplate };

/** All that a decision about one guarded Deployment may look at: Deployment, ReplicaSets and the run it names read live in this turn. */
export interface DeploymentWorld {
  /** The API server's clock, Unix milliseconds. */
  readonly nowMs: number;
  readonly deployment: Deployment;
  /** Those that it controls, oldest first. */
  readonly replicaSets: readonly RevisionView[];
  /** Those that it controls. */
  readonly analysisRuns: readonly AnalysisRun[];
  /** By `AnalysisTemplate/x` or `ClusterAnalysisTemplate/x`. */
  readonly templates: Readonly<Record<string, AnalysisTemplate>>;
  readonly evidence: World['evidence'];
}
