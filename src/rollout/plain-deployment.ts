import type { Rollout } from './rollout.ts';

/** A plain Deployment goes by `deploy/checkout` wherever a rollout goes by its name: as people type it, beside a Rollout of that name. */
const prefix = 'deploy/';

/** The name of the Deployment that is meant; undefined: a Rollout is. */
export function plainDeployment(name: string): string | undefined {
  return name.startsWith(prefix) ? name.slice(prefix.length) : undefined;
}

/**
 * Whether the controller that runs Rollouts has a part in it. Of a plain Deployment it only takes the measurements: one that nothing
 * judges needs none.
 */
export function needsController({ metadata, spec }: Pick<Rollout, 'metadata' | 'spec'>): boolean {
  return plainDeployment(metadata.name) === undefined || spec.strategy?.canary?.analysis !== undefined;
}

export function namePlainDeployment(name: string): string {
  return `${prefix}${name}`;
}
