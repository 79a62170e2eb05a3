import type { ObjectMeta } from '../lib/index.ts';
import type { FieldStep } from './managed-fields.ts';
import { plainDeployment } from './plain-deployment.ts';
import type { Rollout } from './rollout.ts';

/** The object that a Rollout's pod template stands in, and where: itself, or the one that `workloadRef` names; of a plain Deployment that. */
export interface TemplateHolder {
  readonly group: string;
  readonly kind: string;
  readonly metadata: ObjectMeta;
  readonly path: readonly string[];
}

const groups: Readonly<Record<string, string>> = { Deployment: 'apps', ReplicaSet: 'apps', PodTemplate: '' };

export function templateHolderOf({ metadata, workload }: Rollout): TemplateHolder {
  const plain = plainDeployment(metadata.name);
  if (plain !== undefined) {
    const own = { ...metadata, name: plain };
    return { group: 'apps', kind: 'Deployment', metadata: own, path: ['spec', 'template'] };
  }
  if (workload === undefined) return { group: 'argoproj.io', kind: 'Rollout', metadata, path: ['spec', 'template'] };
  const { kind } = workload;
  const path = kind === 'PodTemplate' ? ['template'] : ['spec', 'template'];
  return { group: groups[kind] ?? '', kind, metadata: workload.metadata, path };
}

/** `spec.template.spec.containers[name=checkout].image`: what to look for in the manifest. */
export function imageField(rollout: Rollout, container: string): string {
  return `${templateHolderOf(rollout).path.join('.')}.spec.containers[name=${container}].image`;
}

/** The same, as managedFields have it. */
export function imagePath(rollout: Rollout, container: string): readonly FieldStep[] {
  return [...templateHolderOf(rollout).path, 'spec', 'containers', { named: container }, 'image'];
}
