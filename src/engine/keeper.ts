import type { Logger } from 'pino';
import type { AnalysisRun, AnalysisTemplate } from '../analysis/index.ts';
import { type Deployment, neededTemplatesOf } from '../deployment/index.ts';
import type { KubernetesObject, ObjectName, Reflector } from '../kubernetes/index.ts';
import type { QueueStore, TurnKey } from '../queue-stores/index.ts';
import {
  type Experiment,
  hasPluginCalls,
  isDeepEqual,
  managedByAnnotation,
  namePlainDeployment,
  type ReplicaSetView,
  type Rollout,
  type ServiceView,
} from '../rollout/index.ts';
import { everyKey, hasTurnsAhead } from './every-key.ts';
import { controllerOf } from './owned.ts';
import { createPacedNudges } from './paced-nudges.ts';
import { createReferenceWatch, type ReferenceWatchTools } from './reference-watch.ts';
import { createSweep } from './sweep.ts';

/** The caches that every replica keeps, and that the keeper listens to. */
export interface Caches {
  readonly rollouts: Reflector<Rollout>;
  /** Those that are guarded. */
  readonly deployments: Reflector<Deployment>;
  readonly replicaSets: Reflector<ReplicaSetView & { readonly ownerUid: string }>;
  readonly experiments: Reflector<Experiment>;
  readonly analysisRuns: Reflector<AnalysisRun>;
  readonly services: Reflector<ServiceView & { readonly namespace: string }>;
  readonly analysisTemplates: Reflector<AnalysisTemplate>;
  readonly clusterAnalysisTemplates: Reflector<AnalysisTemplate>;
  readonly ingresses: Reflector<KubernetesObject>;
}

export interface KeeperTools {
  readonly caches: Caches;
  readonly store: Pick<QueueStore, 'nudge' | 'onLoss'>;
  /** Keys of other kinds are another controller's, and not nudged. Absent: all are ours. */
  readonly takes?: (kind: TurnKey['kind']) => boolean;
  /** Names of the Services that a Rollout's strategy names. */
  readonly servicesOf: (rollout: Rollout) => readonly string[];
  /** AnalysisTemplates that a Rollout's strategy names. */
  readonly templatesOf: (rollout: Rollout) => readonly { readonly templateName: string }[];
  /** How often what moves is looked at though nothing was heard of it. */
  readonly movingEveryMs?: number;
  readonly watchWorkloads: ReferenceWatchTools['watchWorkloads'];
  readonly log: Logger;
}

/**
 * A wake or a watch event that is lost without a trace would leave a release standing for ever, perhaps a bad one at its weight: it
 * costs this long at most. What rests is looked at when it changes.
 */
const defaultMovingEveryMs = 120_000;

/** Moving rollouts are all looked at within the first time after a start, a failover or a lost queue; the rest takes its time. */
const movingPace = { msPerKey: 10, longestMs: 10_000 };
const restPace = { msPerKey: 20, longestMs: 60_000 };

/**
 * The one replica that turns watch events into nudges. All replicas keep caches and take turns; if each of them nudged, every write
 * would cost a turn per replica.
 */
export function createKeeper(tools: KeeperTools) {
  const unsubscribes: (() => void)[] = [];
  const rolloutByUid = new Map<string, Rollout>();
  const experimentByUid = new Map<string, Experiment>();
  const takes = tools.takes ?? (() => true);
  const deploymentByUid = new Map<string, Deployment>();

  const paced = createPacedNudges((key) => {
    tools.store.nudge(key).catch((error: unknown) => {
      // The store says by itself when it lost something; the resync then covers this nudge.
      tools.log.warn({ ...key, err: error }, 'nudge not stored');
    });
  });

  function nudge(kind: TurnKey['kind'], namespace: string, name: string): void {
    if (takes(kind)) paced.add({ kind, namespace, name });
  }

  /**
   * What a turn of this process wrote needs no other turn: it looks again after each write, comes back when it fails, and when it dies
   * with this process, another keeper looks at every key. What is told to people changes all the same.
   */
  function nudgeRollout({ namespace, name }: ObjectName, isLearnt: boolean | undefined): void {
    if (isLearnt !== true) nudge('rollout', namespace, name);
    nudge('card', namespace, name);
  }

  function nudgeDeployment({ namespace, name }: ObjectName, isLearnt: boolean | undefined): void {
    if (isLearnt !== true) nudge('deployment', namespace, name);
    nudge('card', namespace, namePlainDeployment(name));
  }

  function nudgeOwner(ownerUid: string | undefined, isLearnt: boolean | undefined): void {
    if (ownerUid === undefined) return;
    const rollout = rolloutByUid.get(ownerUid);
    if (rollout !== undefined) nudgeRollout(rollout.metadata, isLearnt);
    const experiment = experimentByUid.get(ownerUid);
    if (experiment !== undefined) {
      if (isLearnt !== true) nudgeExperiment(experiment.metadata);
      // What it measures is shown on the card of its Rollout.
      const shown = rolloutByUid.get(ownerOf(experiment) ?? '');
      if (shown !== undefined) nudge('card', shown.metadata.namespace, shown.metadata.name);
    }
    const deployment = deploymentByUid.get(ownerUid);
    if (deployment !== undefined) nudgeDeployment(deployment.metadata, isLearnt);
  }

  function nudgeExperiment({ namespace, name }: ObjectName): void {
    nudge('experiment', namespace, name);
  }

  function listen(): void {
    const {
      rollouts,
      deployments,
      replicaSets,
      experiments,
      analysisRuns,
      services,
      analysisTemplates,
      clusterAnalysisTemplates,
      ingresses,
    } = tools.caches;
    for (const rollout of rollouts.list()) rolloutByUid.set(rollout.metadata.uid, rollout);
    for (const experiment of experiments.list()) experimentByUid.set(experiment.metadata.uid, experiment);
    for (const deployment of deployments.list()) deploymentByUid.set(deployment.metadata.uid, deployment);
    unsubscribes.push(
      rollouts.onChange(({ name, before, after, isLearnt }) => {
        if (before !== undefined) rolloutByUid.delete(before.metadata.uid);
        if (after !== undefined) rolloutByUid.set(after.metadata.uid, after);
        nudgeRollout(name, isLearnt);
        if (after !== undefined && hasPluginCalls(after)) nudge('step-plugin', name.namespace, name.name);
      }),
      deployments.onChange(({ name, before, after, isLearnt }) => {
        if (before !== undefined) deploymentByUid.delete(before.metadata.uid);
        if (after !== undefined) deploymentByUid.set(after.metadata.uid, after);
        nudgeDeployment(name, isLearnt);
      }),
      replicaSets.onChange(({ before, after, isLearnt }) => nudgeOwner((after ?? before)?.ownerUid, isLearnt)),
      experiments.onChange(({ name, before, after, isLearnt }) => {
        if (before !== undefined) experimentByUid.delete(before.metadata.uid);
        if (after !== undefined) experimentByUid.set(after.metadata.uid, after);
        // Its own turn writes its status; what its Rollout writes (it is new, it shall end) is for its turn to learn.
        const isOwnWrite = isLearnt === true && before !== undefined && isDeepEqual(before.spec, after?.spec);
        if (!isOwnWrite) nudgeExperiment(name);
        // And the other way round.
        nudgeOwner(ownerOf(after ?? before), isOwnWrite ? undefined : isLearnt);
      }),
      analysisRuns.onChange(({ name, after, before, isLearnt }) => {
        if (after !== undefined && hasTurnsAhead(after)) nudge('analysis-run', name.namespace, name.name);
        nudgeOwner(ownerOf(after ?? before), isLearnt);
      }),
      ...[analysisTemplates, clusterAnalysisTemplates].map((templates) =>
        templates.onChange(({ name }) => {
          const namespace = name.namespace === '' ? undefined : name.namespace;
          for (const rollout of rollouts.list(namespace)) {
            const isNamed = tools.templatesOf(rollout).some(({ templateName }) => templateName === name.name);
            if (isNamed) nudge('rollout', rollout.metadata.namespace, rollout.metadata.name);
          }
          for (const deployment of deployments.list(namespace)) {
            const isNamed = neededTemplatesOf(deployment).some(({ templateName }) => templateName === name.name);
            if (isNamed) nudge('deployment', deployment.metadata.namespace, deployment.metadata.name);
          }
        }),
      ),
      services.onChange(({ name, before, after, isLearnt }) => {
        const manager = after?.annotations[managedByAnnotation];
        const isReleased = manager === undefined && before?.annotations[managedByAnnotation] !== undefined;
        // By a turn of another Rollout: whoever was refused it has waited for that.
        if (isLearnt === true && !isReleased) return;
        if (manager !== undefined) nudge('rollout', name.namespace, manager);
        for (const rollout of rollouts.list(name.namespace)) {
          if (tools.servicesOf(rollout).includes(name.name)) nudge('rollout', name.namespace, rollout.metadata.name);
        }
        for (const { metadata, status } of experiments.list(name.namespace)) {
          if (status.templateStatuses?.some(({ serviceName }) => serviceName === name.name)) nudgeExperiment(metadata);
        }
      }),
      ingresses.onChange(({ name, isLearnt }) => {
        if (isLearnt === true) return;
        for (const rollout of rollouts.list(name.namespace)) {
          if (isIngressOf(name.name, rollout)) nudge('rollout', name.namespace, rollout.metadata.name);
        }
      }),
      tools.store.onLoss((why) => {
        tools.log.warn({ why }, 'queue lost keys, resyncing');
        resyncAll();
      }),
    );
  }

  const references = createReferenceWatch({
    rollouts: tools.caches.rollouts,
    watchWorkloads: tools.watchWorkloads,
    nudge: ({ namespace, name }) => nudge('rollout', namespace, name),
  });

  function sweepOf(which: 'moving' | 'rest', pace: { readonly msPerKey: number; readonly longestMs: number }) {
    return createSweep({
      ...pace,
      keys: () => everyKey(which, tools.caches).filter(({ kind }) => takes(kind)),
      send: (key) => tools.store.nudge(key),
      onEnd: (count) => {
        if (count > 0) tools.log.info({ which, count }, 'keys resynced');
      },
      onFailure: (error) => tools.log.warn({ which, err: error }, 'nudge not stored, trying again'),
    });
  }

  const moving = sweepOf('moving', movingPace);
  const rest = sweepOf('rest', restPace);
  let timer: NodeJS.Timeout | undefined;

  /** Looks at everything again. */
  function resyncAll(): void {
    moving.start();
    rest.start();
  }

  return {
    /** Called when this replica becomes the keeper. */
    start(): void {
      listen();
      references.start();
      resyncAll();
      timer = setInterval(moving.start, tools.movingEveryMs ?? defaultMovingEveryMs);
    },
    /** Called when it no longer is. */
    async stop(): Promise<void> {
      for (const unsubscribe of unsubscribes.splice(0)) unsubscribe();
      const ended = references.stop();
      clearInterval(timer);
      moving.stop();
      rest.stop();
      paced.stop();
      rolloutByUid.clear();
      experimentByUid.clear();
      deploymentByUid.clear();
      await ended;
    },
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

function ownerOf(run: Pick<AnalysisRun, 'metadata'> | undefined): string | undefined {
  return run === undefined ? undefined : controllerOf(run)?.uid;
}

/** Its own Ingress, or the canary's, whose name holds it: somebody may have changed a weight, or deleted one of them. */
function isIngressOf(name: string, rollout: Rollout): boolean {
  const { stableIngress = '', stableIngresses = [] } = rollout.spec.strategy?.canary?.trafficRouting?.nginx ?? {};
  return [stableIngress, ...stableIngresses].some((stable) => stable !== '' && name.includes(stable));
}
