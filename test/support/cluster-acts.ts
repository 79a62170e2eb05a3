import fc from 'fast-check';
import { type AnalysisPhase, isCompleted } from '../../src/analysis/index.ts';
import type { Verb } from '../../src/rollout/index.ts';
import type { SimulatedCluster } from './simulated-cluster.ts';

/** What may happen to any rollout at any moment. A test adds what only its own kind knows, and says how often each is drawn. */
export type ClusterAct =
  | { readonly act: 'turn' }
  | { readonly act: 'settle' }
  | { readonly act: 'crash'; readonly after: number }
  | { readonly act: 'ready'; readonly pods: number }
  | { readonly act: 'unready'; readonly which: number; readonly pods: number }
  | { readonly act: 'wait'; readonly seconds: number }
  | { readonly act: 'verb'; readonly verb: Verb }
  | { readonly act: 'release'; readonly image: string }
  | { readonly act: 'replicas'; readonly replicas: number }
  | { readonly act: 'judge'; readonly phase: AnalysisPhase; readonly measured: number };

const verbs: readonly Verb[] = ['abort', 'retry', 'pause', 'resume', 'promote', 'promote', 'promoteFull', 'skip'];

export const clusterActs = {
  turn: fc.constant({ act: 'turn' } as const),
  settle: fc.constant({ act: 'settle' } as const),
  crash: fc.record({ act: fc.constant('crash' as const), after: fc.nat(6) }),
  ready: fc.record({ act: fc.constant('ready' as const), pods: fc.constantFrom(1, 3, 99) }),
  unready: fc.record({ act: fc.constant('unready' as const), which: fc.nat(3), pods: fc.nat(2) }),
  wait: (...seconds: readonly number[]) =>
    fc.record({ act: fc.constant('wait' as const), seconds: fc.constantFrom(...seconds) }),
  verb: fc.record({ act: fc.constant('verb' as const), verb: fc.constantFrom(...verbs) }),
  release: fc.record({ act: fc.constant('release' as const), image: fc.constantFrom('app:1', 'app:2', 'app:3') }),
  replicas: (...replicas: readonly number[]) =>
    fc.record({ act: fc.constant('replicas' as const), replicas: fc.constantFrom(...replicas) }),
  judge: (...phases: readonly AnalysisPhase[]) =>
    fc.record({ act: fc.constant('judge' as const), phase: fc.constantFrom(...phases), measured: fc.nat(2) }),
};

export function playAct(cluster: SimulatedCluster, one: ClusterAct): void {
  switch (one.act) {
    case 'turn':
      cluster.turn();
      return;
    case 'settle':
      cluster.settle();
      return;
    case 'crash':
      cluster.turn({ crashAfterEffects: one.after });
      return;
    case 'ready':
      cluster.ready(undefined, one.pods);
      return;
    case 'unready': {
      const replicaSet = cluster.replicaSets[one.which];
      if (replicaSet !== undefined) cluster.ready(replicaSet.podHash, one.pods);
      return;
    }
    case 'wait':
      cluster.wait(one.seconds);
      return;
    case 'verb':
      cluster.ask(one.verb);
      return;
    case 'release':
      cluster.release(one.image);
      return;
    case 'replicas':
      cluster.patch({ spec: { replicas: one.replicas } });
      return;
    case 'judge':
      judgeOpen(cluster, () => one.phase, one.measured);
      return;
  }
}

/** Gives every run that is not over this phase. */
export function judgeOpen(
  cluster: SimulatedCluster,
  phaseOf: (run: SimulatedCluster['analysisRuns'][number]) => AnalysisPhase,
  measured = 1,
): void {
  for (const run of cluster.analysisRuns) {
    if (!isCompleted(run.status.phase)) cluster.judge(run.metadata.name, phaseOf(run), measured);
  }
}
