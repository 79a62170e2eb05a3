import { formatTimestamp, type Substituted } from '../analysis/index.ts';
import { durationEndOf, findReplicaSet } from './templates.ts';
import type { ExperimentWorld } from './world.ts';

/**
 * What an argument may say of the Experiment: `{{templates.<name>.podTemplateHash}}`, `{{templates.<name>.replicaset.name}}`,
 * `{{experiment.availableAt}}`, `{{experiment.finishedAt}}`. Another placeholder is an error.
 */
export function resolvePlaceholders(world: ExperimentWorld, text: string): Substituted<string> {
  let failure: string | undefined;
  const value = text.replace(/\{\{(.*?)\}\}/g, (whole, tag: string) => {
    const found = lookUp(world, tag.trim());
    if (found === undefined) failure = `failed to resolve ${whole}`;
    return found ?? '';
  });
  return failure === undefined ? { isResolved: true, value } : { isResolved: false, reason: failure };
}

function lookUp(world: ExperimentWorld, tag: string): string | undefined {
  if (tag === 'experiment.availableAt') return world.experiment.status.availableAt;
  if (tag === 'experiment.finishedAt') {
    const endsAtMs = durationEndOf(world.experiment);
    return endsAtMs === undefined ? undefined : formatTimestamp(endsAtMs);
  }
  const [, name, field] = /^templates\.(.+)\.(podTemplateHash|replicaset\.name)$/.exec(tag) ?? [];
  const replicaSet = name === undefined ? undefined : findReplicaSet(world, name);
  return field === 'podTemplateHash' ? replicaSet?.podHash : replicaSet?.name;
}
