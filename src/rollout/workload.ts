import { z } from 'zod';
import { ObjectMeta } from '../lib/index.ts';
import type { Effect } from './effect.ts';
import { revisionAnnotation, workloadGenerationAnnotation } from './names.ts';
import { PodTemplate } from './pod-template.ts';
import { internal, invalid } from './problems.ts';
import { type Rollout, RolloutSpec, type WorkloadView } from './rollout.ts';
import type { RolloutStatus } from './rollout-status.ts';
import type { World } from './world.ts';

/*
 * `spec.workloadRef`: the pod template, and the selector where the Rollout has none, are those of another object. They are read anew
 * for each look; nothing of them is written to the Rollout. Which generation of it was looked at stands in an annotation and in
 * the status, for clients.
 */

/** `apps/v1 Deployment` … as Argo knows them. */
const workloadKinds = ['apps/v1 Deployment', 'apps/v1 ReplicaSet', 'v1 PodTemplate'] as const;

export type WorkloadKind = (typeof workloadKinds)[number];

/** What a Rollout refers to as `apps/v1 Deployment`; undefined: nothing that there is. */
export function workloadKindOf({ workloadRef }: RolloutSpec): WorkloadKind | undefined {
  return workloadKinds.find((kind) => kind === `${workloadRef?.apiVersion ?? 'apps/v1'} ${workloadRef?.kind}`);
}

const Controller = z.looseObject({
  metadata: ObjectMeta,
  spec: z.looseObject({
    replicas: z.number().optional(),
    selector: RolloutSpec.shape.selector,
    template: PodTemplate.default({}),
  }),
});
const Template = z.looseObject({ metadata: ObjectMeta, template: PodTemplate.default({}) });

/** A Deployment, ReplicaSet or PodTemplate, as the API server or a file has it. */
export function parseWorkload(kind: string, object: unknown): WorkloadView {
  if (kind === 'PodTemplate') {
    const { metadata, template } = Template.parse(object);
    return { kind, ...nameOf(metadata), template };
  }
  const { metadata, spec } = Controller.parse(object);
  const { template, selector, replicas } = spec;
  const isSized = kind === 'Deployment' && replicas !== undefined;
  return {
    kind,
    ...nameOf(metadata),
    template,
    ...(selector === undefined ? {} : { selector }),
    ...(isSized ? { replicas } : {}),
  };
}

function nameOf(metadata: ObjectMeta) {
  const { name, uid, generation = 0 } = metadata;
  return { name, uid, generation, metadata };
}

/** The Rollout as it would be if its author had written the workload's template into it. One with a template of its own keeps that. */
export function withWorkload(rollout: Rollout, workload: WorkloadView | undefined): Rollout {
  const { spec } = rollout;
  if (workload === undefined || spec.workloadRef === undefined || spec.template !== undefined) return rollout;
  const selector = spec.selector ?? workload.selector;
  return {
    ...rollout,
    workload,
    spec: { ...spec, template: workload.template, ...(selector === undefined ? {} : { selector }) },
  };
}

/** What is wrong with the reference itself; undefined: the rest of the spec can be judged. */
export function validateWorkload({
  rollout,
  workload,
  hasOwnTemplate,
}: Pick<World, 'rollout' | 'workload' | 'hasOwnTemplate'>): readonly string[] {
  const { workloadRef } = rollout.spec;
  if (workloadRef === undefined) return [];
  const { kind, name, apiVersion, scaleDown } = workloadRef;
  if (hasOwnTemplate === true) {
    return [internal('spec.template', 'template must be empty for workload reference rollout')];
  }
  if (workloadKindOf(rollout.spec) === undefined) {
    const [group, version] = (apiVersion ?? '').split('/');
    const type = version === undefined ? kind : `${group}/${kind}`;
    const message = `workload of type ${type} is not supported; supported: ${workloadKinds.join(', ')}`;
    return [invalid('spec.workloadRef.kind', `${apiVersion ?? ''} ${kind}`.trim(), message)];
  }
  if (scaleDown !== undefined && !['never', 'onsuccess', 'progressively'].includes(scaleDown)) {
    return [invalid('spec.workloadRef.scaleDown', scaleDown, 'supported: never, onsuccess, progressively')];
  }
  return workload === undefined ? [invalid('spec.workloadRef.name', name, `${kind} "${name}" not found`)] : [];
}

/** The generation that this look was about: on the Rollout first, then in its status, as Argo writes them. */
export function workloadAnnotations({ rollout, workload }: World): Readonly<Record<string, string>> {
  if (workload === undefined) return {};
  const generation = String(workload.generation);
  const isKnown = rollout.metadata.annotations[workloadGenerationAnnotation] === generation;
  return isKnown ? {} : { [workloadGenerationAnnotation]: generation };
}

/**
 * Takes the Deployment's pods away as the first revision takes over, if the author asks for it: all of them once it is healthy, or one
 * for each pod that is available (unlike Argo, which counts those that are ready). A later revision never touches the Deployment:
 * who has scaled it up by then has done so on purpose.
 */
export function planWorkloadScale({ rollout, workload }: World, status: RolloutStatus): Effect[] {
  const { scaleDown = 'never' } = rollout.spec.workloadRef ?? {};
  if (workload?.replicas === undefined || workload.kind !== 'Deployment' || scaleDown === 'never') return [];
  if (rollout.metadata.annotations[revisionAnnotation] !== '1' || rollout.spec.paused === true) return [];
  const to = sizeBeside(workload.replicas, scaleDown, { rollout, status });
  if (to === workload.replicas) return [];
  const { kind, name, uid, replicas: from } = workload;
  return [{ kind: 'scaleWorkload', workload: { kind, name, uid }, from, to }];
}

function sizeBeside(
  present: number,
  scaleDown: string,
  { rollout, status }: { readonly rollout: Rollout; readonly status: RolloutStatus },
): number {
  const replicas = rollout.spec.replicas ?? 1;
  const available = status.availableReplicas ?? 0;
  // By what is stored and by what is seen now: a pod that has just gone is missed at once.
  // A Rollout that is asked for no pods is healthy without any (unlike Argo): then nothing has taken over.
  if (replicas === 0) return present;
  if (status.phase === 'Healthy' && rollout.status.phase === 'Healthy' && available >= replicas) return 0;
  if (scaleDown === 'onsuccess') return present;
  // None of its pods was there yet: the Deployment's own size stands.
  if (available === 0 && (rollout.status.availableReplicas ?? 0) === 0 && present > 0) return present;
  return Math.max(0, replicas - available);
}
