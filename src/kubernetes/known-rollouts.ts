import { asRollout, type Deployment } from '../deployment/index.ts';
import { namePlainDeployment, plainDeployment, type Rollout } from '../rollout/index.ts';
import type { Reflector } from './cluster.ts';

/** All that can be asked for by name, from the caches: Rollouts, and guarded Deployments as rollouts (`deploy/<name>`). */
export type KnownRollouts = Pick<Reflector<Rollout>, 'get' | 'list' | 'onChange'>;

export function createKnownRollouts(caches: {
  readonly rollouts: Reflector<Rollout>;
  readonly deployments: Reflector<Deployment>;
}): KnownRollouts {
  const { rollouts, deployments } = caches;
  return {
    get(name) {
      const plain = plainDeployment(name.name);
      if (plain === undefined) return rollouts.get(name);
      const deployment = deployments.get({ namespace: name.namespace, name: plain });
      return deployment === undefined ? undefined : asRollout(deployment);
    },
    list: (namespace) => [...rollouts.list(namespace), ...deployments.list(namespace).map(asRollout)],
    onChange(listener) {
      const unsubscribes = [
        rollouts.onChange(listener),
        deployments.onChange(({ name, before, after, isLearnt }) =>
          listener({
            name: { namespace: name.namespace, name: namePlainDeployment(name.name) },
            before: before === undefined ? undefined : asRollout(before),
            after: after === undefined ? undefined : asRollout(after),
            ...(isLearnt === true ? { isLearnt } : {}),
          }),
        ),
      ];
      return () => {
        for (const unsubscribe of unsubscribes) unsubscribe();
      };
    },
  };
}
