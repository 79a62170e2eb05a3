import type { Logger } from 'pino';
import type { AnalysisRun, AnalysisTemplate } from '../analysis/index.ts';
import type { KubernetesObject, Reflector } from '../kubernetes/index.ts';
import type { QueueStore, TurnKey } from '../queue-stores/index.ts';
import type { ReplicaSetView, Rollout, ServiceView } from '../rollout/index.ts';
import { createPacedNudges } from './paced-nudges.ts';

/** The caches that every replica keeps, and that the keeper listens to. */
export interface Caches {
  readonly rollouts: Reflector<Rollout>;
  readonly replicaSets: Reflector<ReplicaSetView & { readonly ownerUid: string }>;
  readonly analysisRuns: Reflector<AnalysisRun>;
  readonly services: Reflector<ServiceView>;
  readonly analysisTemplates: Reflector<AnalysisTemplate>;
  readonly clusterAnalysisTemplates: Reflector<AnalysisTemplate>;
  readonly ingresses: Reflector<KubernetesObject>;
}

export interface KeeperTools {
  readonly caches: Caches;
  readonly store: Pick<QueueStore, 'nudge' | 'resync' | 'onLoss'>;
  /** Names of the Services that a Rollout's strategy names. */
  readonly servicesOf: (rollout: Rollout) => readonly string[];
  /** AnalysisTemplates that a Rollout's strategy names. */
  readonly templatesOf: (rollout: Rollout) => readonly { readonly templateName: string }[];
  readonly log: Logger;
}

/** Moving rollouts are all looked at within this time after a start, a failover or a lost queue; the rest takes its time. */
const movingSpreadMs = 10_000;
const restSpreadMs = 60_000;

/**
 * The one replica that turns watch events into nudges. All replicas keep caches and take turns; if each of them nudged, every write
 * would cost a turn per replica.
 */
export function createKeeper(tools: KeeperTools) {
  const unsubscribes: (() => void)[] = [];
  const rolloutByUid = new Map<string, Rollout>();

  const paced = createPacedNudges((key) => {
    tools.store.nudge(key).catch((error: unknown) => {
      // The store says by itself when it lost something; the resync then covers this nudge.
      tools.log.warn({ ...key, err: error }, 'nudge not stored');
    });
  });

  function nudge(kind: TurnKey['kind'], namespace: string, name: string): void {
    paced.add({ kind, namespace, name });
  }

  function nudgeOwner(ownerUid: string | undefined): void {
    const owner = ownerUid === undefined ? undefined : rolloutByUid.get(ownerUid);
    if (owner === undefined) return;
    nudge('rollout', owner.metadata.namespace, owner.metadata.name);
    nudge('card', owner.metadata.namespace, owner.metadata.name);
  }

  function listen(): void {
    const { rollouts, replicaSets, analysisRuns, services, analysisTemplates, clusterAnalysisTemplates } = tools.caches;
    for (const rollout of rollouts.list()) rolloutByUid.set(rollout.metadata.uid, rollout);
    unsubscribes.push(
      rollouts.onChange(({ name, before, after }) => {
        if (before !== undefined) rolloutByUid.delete(before.metadata.uid);
        if (after !== undefined) rolloutByUid.set(after.metadata.uid, after);
        nudge('rollout', name.namespace, name.name);
        nudge('card', name.namespace, name.name);
      }),
      replicaSets.onChange(({ before, after }) => nudgeOwner((after ?? before)?.ownerUid)),
      analysisRuns.onChange(({ name, after, before }) => {
        if (after !== undefined && after.status.completedAt === undefined)
          nudge('analysis-run', name.namespace, name.name);
        nudgeOwner(ownerOf(after ?? before));
      }),
      ...[analysisTemplates, clusterAnalysisTemplates].map((templates) =>
        templates.onChange(({ name }) => {
          const namespace = name.namespace === '' ? undefined : name.namespace;
          for (const rollout of rollouts.list(namespace)) {
            const isNamed = tools.templatesOf(rollout).some(({ templateName }) => templateName === name.name);
            if (isNamed) nudge('rollout', rollout.metadata.namespace, rollout.metadata.name);
          }
        }),
      ),
      services.onChange(({ name }) => {
        for (const rollout of rollouts.list(name.namespace)) {
          if (tools.servicesOf(rollout).includes(name.name)) nudge('rollout', name.namespace, rollout.metadata.name);
        }
      }),
      tools.store.onLoss((why) => {
        tools.log.warn({ why }, 'queue lost keys, resyncing');
        void resyncAll();
      }),
    );
  }

  /** Looks at everything again: moving ones first. A key that has a plan already keeps it. */
  async function resyncAll(): Promise<void> {
    const keys: { readonly key: TurnKey; readonly isMoving: boolean }[] = [];
    for (const rollout of tools.caches.rollouts.list()) {
      const { namespace, name } = rollout.metadata;
      const isMoving = rollout.status.stableRS !== rollout.status.currentPodHash || rollout.status.phase !== 'Healthy';
      keys.push(
        { key: { kind: 'rollout', namespace, name }, isMoving },
        { key: { kind: 'card', namespace, name }, isMoving },
      );
    }
    for (const run of tools.caches.analysisRuns.list()) {
      if (run.status.completedAt !== undefined) continue;
      keys.push({
        key: { kind: 'analysis-run', namespace: run.metadata.namespace, name: run.metadata.name },
        isMoving: true,
      });
    }
    const movingCount = keys.filter(({ isMoving }) => isMoving).length;
    // A handful is looked at at once; many are spread, so that neither the API server nor Prometheus is stormed.
    const movingWindowMs = Math.min(movingSpreadMs, movingCount * 10);
    try {
      for (const { key, isMoving } of keys) {
        const windowMs = isMoving ? movingWindowMs : Math.min(restSpreadMs, keys.length * 20);
        await tools.store.resync(key, 250 + Math.floor(Math.random() * windowMs));
      }
      tools.log.info({ moving: movingCount, keys: keys.length }, 'keys resynced');
    } catch (error) {
      tools.log.warn({ err: error }, 'resync cut short; the store reports its loss again');
    }
  }

  return {
    /** Called when this replica becomes the keeper. */
    async start(): Promise<void> {
      listen();
      await resyncAll();
    },
    /** Called when it no longer is. */
    stop(): void {
      for (const unsubscribe of unsubscribes.splice(0)) unsubscribe();
      paced.stop();
      rolloutByUid.clear();
    },
    resyncAll,
  };
}

/**
 * An abort is nudged by every replica that sees it, urgently and unpaced: it must not wait for a keeper whose watch hangs. A nudge too
 * many costs a turn that changes nothing. Returns how to stop.
 */
export function nudgeAborts({ caches, store, log }: Pick<KeeperTools, 'caches' | 'store' | 'log'>): () => void {
  return caches.rollouts.onChange(({ name, before, after }) => {
    if (before === undefined || before.status.abort === true || after?.status.abort !== true) return;
    store.nudge({ kind: 'rollout', ...name }, { urgent: true }).catch((error: unknown) => {
      log.warn({ ...name, err: error }, 'nudge not stored');
    });
  });
}

function ownerOf(run: AnalysisRun | undefined): string | undefined {
  return run?.metadata.ownerReferences.find((owner) => owner.controller === true)?.uid;
}
