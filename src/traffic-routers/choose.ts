import type { Cluster } from '../kubernetes/index.ts';
import { InvalidError } from '../lib/index.ts';
import type { TrafficRouting } from '../rollout/index.ts';
import { createGatewayApiRouter } from './gateway-api.ts';
import { createNginxRouter, type IngressCache } from './nginx.ts';
import type { TrafficRouter } from './traffic-router.ts';

export interface TrafficRouters {
  /** By hand, in the order in which they are driven. */
  readonly all: readonly TrafficRouter[];
  /**
   * Those that a Rollout asks for. Several may be asked for at once: all are driven. A key that no router knows is an `InvalidError`
   * that names the known ones; so is a `trafficRouting` that asks for none.
   */
  choose(routing: TrafficRouting): readonly TrafficRouter[];
}

/** Keys of `trafficRouting` that ask for no router. */
const notRouters = ['plugins', 'managedRoutes', 'maxTrafficWeight'];

export function createTrafficRouters(cluster: Cluster, ingresses?: IngressCache): TrafficRouters {
  const all = [createNginxRouter(cluster, ingresses), createGatewayApiRouter(cluster)];
  const known = all.map(({ kind }) => kind).join(', ');
  return {
    all,
    choose(routing) {
      const keys = [
        ...Object.keys(routing).filter((key) => !notRouters.includes(key) && routing[key] !== undefined),
        ...Object.keys(routing.plugins ?? {}),
      ];
      const unknown = keys.find((key) => !all.some(({ kind }) => kind === key));
      if (unknown !== undefined) throw new InvalidError(`unknown traffic router "${unknown}"; known: ${known}`);
      if (keys.length === 0) throw new InvalidError(`trafficRouting names no traffic router; known: ${known}`);
      return all.filter(({ kind }) => keys.includes(kind));
    },
  };
}
