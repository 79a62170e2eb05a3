import type { Logger } from 'pino';
import type { AnalysisRun, AnalysisTemplate, TemplateReference } from '../analysis/index.ts';
import { decideExperiment, type ExperimentEffect, type ExperimentWorld } from '../experiment/index.ts';
import type {
  AnalysisRuns,
  EventToSend,
  Experiments,
  ObjectName,
  Workloads,
  WriteOptions,
} from '../kubernetes/index.ts';
import { AlreadyExistsError, assertNever, InvalidError } from '../lib/index.ts';
import type { Experiment } from '../rollout/index.ts';
import type { Caches } from './keeper.ts';
import { controllerOf, readNamedLive } from './owned.ts';
import type { TurnOutcome } from './reconcile.ts';
import { settle } from './settle.ts';
import { cachedTemplate, collectTemplates } from './templates.ts';

export interface ExperimentTools {
  readonly caches: Pick<
    Caches,
    'rollouts' | 'replicaSets' | 'services' | 'analysisRuns' | 'analysisTemplates' | 'clusterAnalysisTemplates'
  >;
  readonly experiments: Experiments;
  /** Of Experiments. */
  readonly workloads: Workloads;
  /** Of Experiments. */
  readonly analysisRuns: AnalysisRuns;
  /** Live: a template that came in the same breath as its Experiment may not be in the cache yet. */
  readonly readTemplate: (
    reference: TemplateReference,
    namespace: string,
    signal: AbortSignal,
  ) => Promise<AnalysisTemplate | undefined>;
  readonly isOurs: (experiment: Experiment) => boolean;
  readonly evidence: ExperimentWorld['evidence'];
  readonly sendEvent: (
    experiment: Experiment,
    event: Omit<EventToSend, 'regarding'>,
    on: 'Experiment' | 'Rollout',
  ) => void;
  readonly nowMs: () => number;
  readonly log: Logger;
}

/**
 * One turn for one Experiment: observe, decide, perform, until there is nothing left to do now. Speaks to the Kubernetes API only.
 * Safe to be killed anywhere and to run twice: all it knows is in the cluster's objects, and each write carries a precondition.
 */
export async function takeExperimentTurn(
  name: ObjectName,
  tools: ExperimentTools,
  signal: AbortSignal,
): Promise<TurnOutcome> {
  const refusals: Record<string, string> = {};
  return await settle(name, {
    observe: () => observe(name, refusals, tools, signal),
    decide: decideExperiment,
    perform: (effects, { experiment }) => perform(effects, experiment, refusals, tools, { signal }),
    nowMs: tools.nowMs,
    log: tools.log,
  });
}

async function observe(
  name: ObjectName,
  refusals: Readonly<Record<string, string>>,
  tools: ExperimentTools,
  signal: AbortSignal,
): Promise<ExperimentWorld | undefined> {
  const { caches } = tools;
  const experiment = await tools.experiments.read(name, signal);
  if (experiment === undefined || experiment.metadata.deletionTimestamp !== undefined || !tools.isOurs(experiment))
    return undefined;
  const { uid, namespace } = experiment.metadata;
  const isOther = (ownerUid: string | undefined) => ownerUid !== uid;
  return {
    nowMs: tools.nowMs(),
    experiment,
    replicaSets: [...caches.replicaSets.ownedBy(uid)].sort((a, b) => a.createdAtMs - b.createdAtMs),
    services: caches.services.ownedBy(uid),
    analysisRuns: await readRuns(experiment, tools, signal),
    takenRunNames: caches.analysisRuns
      .list(namespace)
      .filter((run) => isOther(controllerOf(run)?.uid))
      .map(({ metadata }) => metadata.name),
    templates: await readTemplates(experiment, tools, signal),
    takenPodHashes: caches.replicaSets
      .list(namespace)
      .filter(({ ownerUid }) => isOther(ownerUid))
      .map(({ podHash }) => podHash),
    routedServices: routedServicesOf(experiment, tools),
    refusals,
    evidence: tools.evidence,
  };
}

function readRuns(experiment: Experiment, tools: ExperimentTools, signal: AbortSignal): Promise<AnalysisRun[]> {
  const { uid, namespace } = experiment.metadata;
  const named = (experiment.status.analysisRuns ?? []).map(({ analysisRun }) => analysisRun);
  const names = named.filter((name) => name !== '');
  return readNamedLive({ cached: tools.caches.analysisRuns.ownedBy(uid), ownerUid: uid, names }, (name) =>
    tools.analysisRuns.read({ namespace, name }, signal),
  );
}

function readTemplates(
  { metadata: { namespace }, spec }: Experiment,
  tools: ExperimentTools,
  signal: AbortSignal,
): Promise<Record<string, AnalysisTemplate>> {
  return collectTemplates(
    spec.analyses,
    (reference) =>
      cachedTemplate(reference, namespace, tools.caches) ?? tools.readTemplate(reference, namespace, signal),
  );
}

/** What its Rollout says it still sends requests to. */
function routedServicesOf({ metadata }: Experiment, { caches }: ExperimentTools): readonly string[] {
  const owner = controllerOf({ metadata });
  if (owner?.kind !== 'Rollout') return [];
  const rollout = caches.rollouts.get({ namespace: metadata.namespace, name: owner.name });
  if (rollout?.metadata.uid !== owner.uid) return [];
  return (rollout.status.canary?.weights?.additional ?? []).map(({ serviceName = '' }) => serviceName);
}

async function perform(
  effects: readonly ExperimentEffect[],
  seen: Experiment,
  refusals: Record<string, string>,
  tools: ExperimentTools,
  options: WriteOptions,
): Promise<void> {
  let experiment = seen;
  for (const effect of effects) {
    try {
      experiment = await performOne(effect, experiment, tools, options);
    } catch (error) {
      const refused = isRefusal(error) ? refusedBy(effect) : undefined;
      if (refused === undefined || !(error instanceof Error)) throw error;
      // It stays refused: the next look says so, and ends the Experiment.
      refusals[refused] = error.message;
      tools.log.warn(
        { namespace: experiment.metadata.namespace, experiment: experiment.metadata.name, refused, err: error },
        'not taken',
      );
      return;
    }
  }
}

function isRefusal(error: unknown): boolean {
  return error instanceof AlreadyExistsError || error instanceof InvalidError;
}

function refusedBy(effect: ExperimentEffect): string | undefined {
  if (effect.kind === 'createReplicaSet') return `ReplicaSet/${effect.replicaSet.name}`;
  return effect.kind === 'createService' ? `Service/${effect.service.name}` : undefined;
}

/** One effect, one call. Returns the Experiment as it is after it: its resourceVersion is the next precondition. */
async function performOne(
  effect: ExperimentEffect,
  experiment: Experiment,
  tools: ExperimentTools,
  options: WriteOptions,
): Promise<Experiment> {
  const { namespace } = experiment.metadata;
  switch (effect.kind) {
    case 'writeStatus': {
      const written = await tools.experiments.writeStatus(experiment, effect.status, options);
      const { phase, message } = effect.status;
      if (phase !== experiment.status.phase)
        tools.log.info({ namespace, experiment: experiment.metadata.name, phase, message }, 'experiment changed');
      return written;
    }
    case 'createReplicaSet':
      await tools.workloads.create(experiment, effect.replicaSet, options);
      return experiment;
    case 'scaleReplicaSet':
      await tools.workloads.scale(experiment, effect, options);
      return experiment;
    case 'annotateReplicaSet':
      await tools.workloads.annotate(experiment, effect, options);
      return experiment;
    case 'createService':
      await tools.experiments.createService(experiment, effect.service, options);
      return experiment;
    case 'deleteService':
      await tools.experiments.deleteService(experiment, effect.name, options);
      return experiment;
    case 'createAnalysisRun':
      await tools.analysisRuns.create(experiment, effect.analysisRun, options);
      return experiment;
    case 'terminateAnalysisRun':
      await tools.analysisRuns.terminate({ namespace, name: effect.name }, options);
      return experiment;
    case 'sendEvent':
      tools.sendEvent(experiment, effect, 'Experiment');
      if (effect.regarding === 'both') tools.sendEvent(experiment, effect, 'Rollout');
      return experiment;
    default:
      return assertNever(effect);
  }
}
