import { describe, expect, it } from 'vitest';
import { neededServices, validateRollout } from '../../../src/rollout/index.ts';
import { aRollout } from '../../support/builders.ts';
import { SimulatedCluster } from '../../support/simulated-cluster.ts';

const gateway = { plugins: { 'argoproj-labs/gatewayAPI': { httpRoute: 'checkout' } } };
const pingPong = { pingService: 'ping', pongService: 'pong' };

function begin(): SimulatedCluster {
  const rollout = aRollout()
    .image('app:1')
    .steps({ setWeight: 30 }, { pause: {} })
    .canary({ pingPong, trafficRouting: gateway })
    .build();
  const cluster = new SimulatedCluster(rollout);
  cluster.settle();
  return cluster;
}

const hashOf = (cluster: SimulatedCluster, service: string) =>
  cluster.services[service]?.selector['rollouts-pod-template-hash'];

function release(cluster: SimulatedCluster, image: string): void {
  cluster.release(image);
  cluster.settle();
}

function promote(cluster: SimulatedCluster): void {
  cluster.patch({ status: { pauseConditions: null } });
  cluster.settle();
}

describe('ping-pong', () => {
  it('begins with ping as the stable one', () => {
    const cluster = begin();
    expect(cluster.rollout.status).toMatchObject({ phase: 'Healthy', canary: { stablePingPong: 'ping' } });
    expect(hashOf(cluster, 'ping')).toBe(cluster.rollout.status.stableRS);
  });

  it('a promotion turns the roles: neither a request nor the Service that serves is moved', () => {
    const cluster = begin();
    const first = cluster.rollout.status.stableRS ?? '';
    release(cluster, 'app:2');
    const second = cluster.rollout.status.currentPodHash ?? '';
    expect([hashOf(cluster, 'ping'), hashOf(cluster, 'pong'), cluster.weight]).toEqual([first, second, 30]);

    const shares: (number | undefined)[] = [];
    cluster.afterEffect = () => shares.push(cluster.shareOf(second));
    const from = cluster.performed.length;
    promote(cluster);
    expect(cluster.rollout.status).toMatchObject({ phase: 'Healthy', canary: { stablePingPong: 'pong' } });
    expect(cluster.shareOf(second)).toBe(100);
    // Never less than before on the way: nothing goes back to the old pods.
    expect(shares.every((share, index) => (share ?? 0) >= (shares[index - 1] ?? 30))).toBe(true);
    const turned = cluster.performed.slice(from).filter((effect) => effect.kind === 'switchService');
    expect(turned.some((effect) => effect.kind === 'switchService' && effect.name === 'pong')).toBe(false);
    expect(cluster.rollout.status.canary?.weights).toMatchObject({
      canary: { weight: 0, serviceName: 'ping' },
      stable: { weight: 100, serviceName: 'pong' },
    });

    release(cluster, 'app:3');
    const third = cluster.rollout.status.currentPodHash ?? '';
    expect([hashOf(cluster, 'ping'), hashOf(cluster, 'pong')]).toEqual([third, second]);
    expect([cluster.shareOf(second), cluster.shareOf(third)]).toEqual([70, 30]);
    promote(cluster);
    expect(cluster.rollout.status.canary?.stablePingPong).toBe('ping');
    expect(cluster.shareOf(third)).toBe(100);
  });

  it('an abort gives everything back to the side that is stable', () => {
    const cluster = begin();
    release(cluster, 'app:2');
    promote(cluster);
    release(cluster, 'app:3');
    cluster.patch({ status: { abort: true } });
    cluster.settle();
    expect(cluster.rollout.status.canary?.stablePingPong).toBe('pong');
    expect(cluster.shareOf(cluster.rollout.status.stableRS ?? '')).toBe(100);
  });

  it('needs two Services, and a router that knows no stable one', () => {
    const problemsOf = (canary: object) => {
      const rollout = aRollout().canary(canary).build();
      const world = new SimulatedCluster(rollout).world();
      const services = Object.fromEntries(
        neededServices(rollout).map((name) => [name, { name, selector: { app: 'checkout' }, annotations: {} }]),
      );
      return validateRollout({ ...world, services });
    };
    expect(problemsOf({ pingPong, trafficRouting: gateway })).toEqual([]);
    expect(problemsOf({ pingPong, trafficRouting: { nginx: { stableIngress: 'checkout' } } })).toEqual([
      'spec.strategy.trafficRouting.alb: Invalid value: null: Ping-pong feature works with the ALB, Istio, and plugin-based traffic routers only',
    ]);
    expect(problemsOf({ pingPong: { pingService: 'a', pongService: 'a' }, trafficRouting: gateway })).toEqual([
      'spec.strategy.pingPong.pingService: Invalid value: "a": This rollout uses the same service for the ping and pong services, but two different services are required.',
    ]);
    expect(problemsOf({ pingPong: { pingService: 'a' }, trafficRouting: gateway })).toEqual([
      'spec.strategy.pingPong.pongService: Invalid value: "": Ping service and Pong service must to be set to use Ping-Pong feature',
    ]);
    const missing = aRollout().canary({ pingPong, trafficRouting: gateway }).build();
    expect(validateRollout({ ...new SimulatedCluster(missing).world(), services: {} })).toEqual([
      'spec.strategy.canary.pingPong.pingService: Invalid value: "ping": service "ping" not found',
      'spec.strategy.canary.pingPong.pongService: Invalid value: "pong": service "pong" not found',
    ]);
  });
});
