import { formatTimestamp, isCompleted } from '../analysis/index.ts';
import {
  type ExperimentStatus,
  type ExperimentTemplate,
  podHashLabel,
  type ReplicaSetView,
  scaleDownDeadlineAnnotation,
  scaleDownDeadlineOf,
} from '../rollout/index.ts';
import type { ExperimentEffect, ServicePort } from './effect.ts';
import { findReplicaSet, marksOf, nameOf, newReplicaSet, sizeOf, templateNameAnnotation } from './templates.ts';
import type { ExperimentWorld } from './world.ts';

const DEFAULT_DELAY_SECONDS = 30;
/** How often an Experiment that is over looks whether requests still go to its pods. */
const STILL_ROUTED_LOOK_MS = 1000;

export interface PodsPlan {
  readonly effects: readonly ExperimentEffect[];
  readonly wakeAtMs?: number | undefined;
}

/** ReplicaSets and Services, by the status that is stored when this is performed. */
export function planPods(world: ExperimentWorld, status: ExperimentStatus): readonly PodsPlan[] {
  const { templates } = world.experiment.spec;
  const plans = isCompleted(status.phase)
    ? templates.map((template) => planEnd(world, template))
    : planRunning(world, status);
  const scale = scalerOf(world);
  // Taken out of the spec: nobody asks for these pods any more (unlike Argo, which leaves them).
  const orphans = world.replicaSets.filter(
    ({ annotations, specReplicas }) =>
      specReplicas > 0 && templates.every(({ name }) => name !== annotations[templateNameAnnotation]),
  );
  return [...plans, ...orphans.map((orphan) => ({ effects: scale(orphan, 0) }))];
}

function planRunning(world: ExperimentWorld, status: ExperimentStatus): readonly PodsPlan[] {
  const scale = scalerOf(world);
  const taken = new Set([...world.takenPodHashes, ...world.replicaSets.map(({ podHash }) => podHash)]);
  const plans: PodsPlan[] = [];
  for (const template of world.experiment.spec.templates) {
    const present = findReplicaSet(world, template.name);
    const isBroken = status.templateStatuses?.find(({ name }) => name === template.name)?.status === 'Error';
    if (isBroken) continue;
    if (present === undefined) {
      const replicaSet = newReplicaSet(world.experiment, template, taken);
      taken.add(replicaSet.podHash);
      plans.push({ effects: [{ kind: 'createReplicaSet', replicaSet }] });
      continue;
    }
    const hasDeadline = present.annotations[scaleDownDeadlineAnnotation] !== undefined;
    const kept = hasDeadline ? annotate(present, { [scaleDownDeadlineAnnotation]: null }) : [];
    plans.push({ effects: [...kept, ...planService(world, template, present), ...scale(present, sizeOf(template))] });
  }
  return plans;
}

/** Its pods stay for a while, and as long as a Rollout still sends requests to them. */
function planEnd(world: ExperimentWorld, template: ExperimentTemplate): PodsPlan {
  const scale = scalerOf(world);
  const replicaSet = findReplicaSet(world, template.name);
  const service = findService(world, template.name);
  if (replicaSet === undefined || replicaSet.specReplicas === 0) {
    const isGone = (replicaSet?.availableReplicas ?? 0) === 0;
    return { effects: service === undefined || !isGone ? [] : [{ kind: 'deleteService', name: service.name }] };
  }
  if (service !== undefined && world.routedServices.includes(service.name)) {
    return { effects: [], wakeAtMs: world.nowMs + STILL_ROUTED_LOOK_MS };
  }
  const delaySeconds = world.experiment.spec.scaleDownDelaySeconds ?? DEFAULT_DELAY_SECONDS;
  if (delaySeconds <= 0) return { effects: scale(replicaSet, 0) };
  const deadlineMs = scaleDownDeadlineOf(replicaSet);
  if (deadlineMs === undefined) {
    const deadline = formatTimestamp(world.nowMs + delaySeconds * 1000);
    return { effects: annotate(replicaSet, { [scaleDownDeadlineAnnotation]: deadline }) };
  }
  return deadlineMs <= world.nowMs ? { effects: scale(replicaSet, 0) } : { effects: [], wakeAtMs: deadlineMs };
}

function planService(
  world: ExperimentWorld,
  template: ExperimentTemplate,
  replicaSet: ReplicaSetView,
): readonly ExperimentEffect[] {
  const present = findService(world, template.name);
  if (template.service === undefined) {
    return present === undefined ? [] : [{ kind: 'deleteService', name: present.name }];
  }
  const ports = portsOf(template);
  if (present !== undefined || ports.length === 0 || sizeOf(template) === 0) return [];
  const name = template.service.name || serviceNameOf(nameOf(world.experiment, template), replicaSet.podHash);
  // As Argo: all labels of its pods.
  const selector = { ...template.template.metadata?.labels, [podHashLabel]: replicaSet.podHash };
  return [
    {
      kind: 'createService',
      service: { name, annotations: marksOf(world.experiment, template), selector, ports },
    },
  ];
}

const LONGEST_SERVICE_NAME = 63;

/**
 * As its ReplicaSet, where that is a name that a Service may have. Unlike Argo, whose Experiment is in error with every longer one: it
 * is cut, and the pod hash of its own keeps it apart.
 */
function serviceNameOf(name: string, podHash: string): string {
  if (name.length <= LONGEST_SERVICE_NAME && /^[a-z][a-z0-9-]*$/.test(name)) return name;
  const plain = name.replaceAll('.', '-').replace(/^(?=[0-9])/, 'e-');
  return `${plain.slice(0, LONGEST_SERVICE_NAME - podHash.length - 1).replace(/-+$/, '')}-${podHash}`;
}

function findService(world: ExperimentWorld, template: string) {
  return world.services.find(({ annotations }) => annotations[templateNameAnnotation] === template);
}

/** Every port of its containers, once. */
function portsOf({ template }: ExperimentTemplate): readonly ServicePort[] {
  const ports = new Map<string, ServicePort>();
  for (const container of template.spec?.containers ?? []) {
    const { ports: declared } = container;
    if (!Array.isArray(declared)) continue;
    for (const one of declared) {
      const port = Reflect.get(Object(one), 'containerPort');
      const name = Reflect.get(Object(one), 'name');
      const protocol = Reflect.get(Object(one), 'protocol');
      if (typeof port !== 'number') continue;
      ports.set(`${port}/${protocol ?? 'TCP'}`, {
        port,
        targetPort: port,
        ...(typeof name === 'string' && name !== '' ? { name } : {}),
        ...(typeof protocol === 'string' ? { protocol } : {}),
      });
    }
  }
  return named([...ports.values()]);
}

/** A Service with several ports needs a name for each; Argo's would be refused. */
function named(ports: readonly ServicePort[]): readonly ServicePort[] {
  if (ports.length < 2) return ports;
  return ports.map((port) => ({ name: `port-${port.port}-${(port.protocol ?? 'TCP').toLowerCase()}`, ...port }));
}

/** Scales, and says so in Argo's words. */
function scalerOf({ experiment }: ExperimentWorld) {
  return ({ name, uid, specReplicas: from }: ReplicaSetView, to: number): readonly ExperimentEffect[] => {
    if (from === to) return [];
    const message = `Scaled ${from < to ? 'up' : 'down'} ReplicaSet ${name} from ${from} to ${to}`;
    return [
      { kind: 'scaleReplicaSet', name, uid, from, to },
      {
        kind: 'sendEvent',
        regarding: 'experiment',
        type: 'Normal',
        reason: 'ScalingReplicaSet',
        message,
        occasion: `${name}.${to}.${experiment.metadata.resourceVersion ?? ''}`,
      },
    ];
  };
}

function annotate(
  { name, uid }: ReplicaSetView,
  annotations: Readonly<Record<string, string | null>>,
): readonly ExperimentEffect[] {
  return [{ kind: 'annotateReplicaSet', name, uid, annotations }];
}
