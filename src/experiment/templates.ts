import { formatTimestamp, isCompleted, parseTimestamp } from '../analysis/index.ts';
import {
  computePodHash,
  type Experiment,
  type ExperimentTemplate,
  type NewReplicaSet,
  podHashLabel,
  type ReplicaSetView,
  type TemplatePhase,
  type TemplateStatus,
  withoutUndefined,
} from '../rollout/index.ts';
import { durationMsOf, progressDeadlineSecondsOf } from './validate.ts';
import type { ExperimentWorld } from './world.ts';

const experimentNameAnnotation = 'experiment.argoproj.io/name';
export const templateNameAnnotation = 'experiment.argoproj.io/template-name';

/** What marks everything that is made for one template. */
export function marksOf(experiment: Experiment, template: ExperimentTemplate): Record<string, string> {
  return {
    [experimentNameAnnotation]: experiment.metadata.name,
    [templateNameAnnotation]: template.name,
  };
}

export function nameOf(experiment: Experiment, template: ExperimentTemplate): string {
  return `${experiment.metadata.name}-${template.name}`;
}

export function findReplicaSet(world: ExperimentWorld, template: string): ReplicaSetView | undefined {
  return world.replicaSets.find(({ annotations }) => annotations[templateNameAnnotation] === template);
}

/** How many pods it wants while the Experiment is not over. */
export function sizeOf({ replicas = 1 }: ExperimentTemplate): number {
  return replicas;
}

/** Asked to end, or something has gone wrong: nothing new is begun. By what is stored. */
export function isEnding({ spec, status }: Experiment): boolean {
  const { phase, templateStatuses = [], analysisRuns = [] } = status;
  if (spec.terminate === true || isCompleted(phase)) return true;
  if (templateStatuses.some(({ status: of }) => of === 'Failed' || of === 'Error')) return true;
  return analysisRuns.some((run) => run.phase !== '' && run.phase !== 'Successful' && isCompleted(run.phase));
}

export function isDurationOver({ experiment, nowMs }: ExperimentWorld): boolean {
  const endsAtMs = durationEndOf(experiment);
  return endsAtMs !== undefined && nowMs >= endsAtMs;
}

export function durationEndOf(experiment: Experiment): number | undefined {
  const availableAtMs = parseTimestamp(experiment.status.availableAt ?? '');
  const durationMs = durationMsOf(experiment);
  return availableAtMs === undefined || durationMs === undefined ? undefined : availableAtMs + durationMs;
}

/** Where one template stands, by its ReplicaSet. */
export function assessTemplate(world: ExperimentWorld, template: ExperimentTemplate): TemplateStatus {
  const { experiment, nowMs } = world;
  const stored = experiment.status.templateStatuses?.find(({ name }) => name === template.name);
  const replicaSet = findReplicaSet(world, template.name);
  const service = world.services.find(({ annotations }) => annotations[templateNameAnnotation] === template.name);
  const counts = {
    replicas: replicaSet?.replicas ?? 0,
    updatedReplicas: replicaSet?.replicas ?? 0,
    readyReplicas: replicaSet?.readyReplicas ?? 0,
    availableReplicas: replicaSet?.availableReplicas ?? 0,
  };
  const hasMoved =
    stored === undefined ||
    stored.replicas !== counts.replicas ||
    stored.readyReplicas !== counts.readyReplicas ||
    stored.availableReplicas !== counts.availableReplicas;
  const drafted = withoutUndefined({
    ...stored,
    name: template.name,
    ...counts,
    lastTransitionTime: hasMoved ? formatTimestamp(nowMs) : stored.lastTransitionTime,
    podTemplateHash: replicaSet?.podHash,
    serviceName: service?.name,
  });
  const { phase, message } = phaseOf(world, template, drafted);
  return withoutUndefined({ ...drafted, status: phase, message });
}

interface Phase {
  readonly phase: TemplatePhase;
  readonly message?: string | undefined;
}

function phaseOf(world: ExperimentWorld, template: ExperimentTemplate, drafted: TemplateStatus): Phase {
  const { status } = drafted;
  if (status === 'Successful' || status === 'Failed' || status === 'Error')
    return { phase: status, message: drafted.message };
  const refused = refusalOf(world, template);
  if (refused !== undefined) return { phase: 'Error', message: refused };
  const isEnded = isEnding(world.experiment);
  if (isAvailable(world, template)) {
    return { phase: isDurationOver(world) || isEnded ? 'Successful' : 'Running' };
  }
  if (isEnded) return { phase: 'Successful' };
  const deadlineMs = deadlineOf(world.experiment, drafted);
  if (deadlineMs === undefined || world.nowMs <= deadlineMs) return { phase: 'Progressing' };
  const seconds = progressDeadlineSecondsOf(world.experiment);
  const why = findReplicaSet(world, template.name)?.failure?.message;
  const message = `Template '${template.name}' exceeded its progressDeadlineSeconds (${seconds})`;
  return { phase: 'Failed', message: why === undefined ? message : `${message}: ${why}` };
}

/** Unlike Argo, which also takes an outage of the API server, or a full quota, for the end: those may pass before the deadline. */
function refusalOf({ experiment, refusals }: ExperimentWorld, template: ExperimentTemplate): string | undefined {
  const name = nameOf(experiment, template);
  const ofReplicaSet = refusals[`ReplicaSet/${name}`];
  if (ofReplicaSet !== undefined) return `Failed to create ReplicaSet for template '${template.name}': ${ofReplicaSet}`;
  const service = template.service?.name || name;
  const ofService = refusals[`Service/${service}`];
  return ofService === undefined
    ? undefined
    : `Failed to create Service ${service} for template '${template.name}': ${ofService}`;
}

function isAvailable(world: ExperimentWorld, template: ExperimentTemplate): boolean {
  const replicaSet = findReplicaSet(world, template.name);
  if (replicaSet === undefined) return false;
  const size = sizeOf(template);
  return replicaSet.specReplicas === size && replicaSet.availableReplicas >= size && replicaSet.isUnobserved !== true;
}

/** When a template that is not available has failed, Unix ms. */
export function deadlineOf(experiment: Experiment, { lastTransitionTime = '' }: TemplateStatus): number | undefined {
  const fromMs = parseTimestamp(lastTransitionTime);
  return fromMs === undefined ? undefined : fromMs + progressDeadlineSecondsOf(experiment) * 1000;
}

/**
 * At 0 replicas, with a pod hash of its own. Unlike Argo: two templates of the same pods, or one that runs the pods of a revision as
 * its Rollout does, would share a hash there, and with it each other's Services and series.
 */
export function newReplicaSet(
  experiment: Experiment,
  template: ExperimentTemplate,
  takenPodHashes: ReadonlySet<string>,
): NewReplicaSet {
  const { [podHashLabel]: _, ...labels } = template.template.metadata?.labels ?? {};
  const pods = { ...template.template, metadata: { ...template.template.metadata, labels } };
  let podHash = computePodHash(pods, undefined);
  for (let count = 1; takenPodHashes.has(podHash); count++) podHash = computePodHash(pods, count);
  const { matchLabels, matchExpressions } = template.selector ?? {};
  return {
    name: nameOf(experiment, template),
    podHash,
    labels: { ...labels, [podHashLabel]: podHash },
    annotations: marksOf(experiment, template),
    selector: {
      matchLabels: { ...matchLabels, [podHashLabel]: podHash },
      ...(matchExpressions === undefined ? {} : { matchExpressions }),
    },
    template: { ...pods, metadata: { ...pods.metadata, labels: { ...labels, [podHashLabel]: podHash } } },
    minReadySeconds: template.minReadySeconds ?? 0,
  };
}
