/** A plain Deployment goes by `deploy/checkout` wherever a rollout goes by its name: as people type it, beside a Rollout of that name. */
const prefix = 'deploy/';

/** The name of the Deployment that is meant; undefined: a Rollout is. */
export function plainDeployment(name: string): string | undefined {
  return name.startsWith(prefix) ? name.slice(prefix.length) : undefined;
}

export function namePlainDeployment(name: string): string {
  return `${prefix}${name}`;
}
