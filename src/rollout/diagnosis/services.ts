import { managedByAnnotation, podHashLabel } from '../names.ts';
import { neededServices } from '../needs.ts';
import type { ServiceView } from '../world.ts';
import type { Cause, SelectorMismatch } from './cause.ts';
import type { DiagnosisFacts } from './diagnosis-facts.ts';

// What stands between the requests and the pods: Services and the route.

export function sharedService(facts: DiagnosisFacts): Cause | undefined {
  const { rollout, services } = facts.world;
  for (const service of neededServices(rollout)) {
    const owner = services[service]?.annotations[managedByAnnotation];
    // Whose mark it carries goes on; the others are refused.
    if (owner === rollout.metadata.name) continue;
    const rollouts = facts.sharers[service] ?? [];
    if (rollouts.length > 0) return { kind: 'sharedService', service, rollouts, isLeftover: false };
    if (owner === undefined) continue;
    const isLeftover = !facts.neighbours.includes(owner);
    return { kind: 'sharedService', service, rollouts: [owner], isLeftover };
  }
  return undefined;
}

export function selectorMismatch(facts: DiagnosisFacts): Cause | undefined {
  const { rollout, services } = facts.world;
  for (const name of neededServices(rollout)) {
    const service = services[name];
    const mismatch = service === undefined ? undefined : mismatchOf(service, facts);
    if (mismatch !== undefined) return { kind: 'selectorMismatch', service: name, mismatch };
  }
  return undefined;
}

function mismatchOf(service: ServiceView, facts: DiagnosisFacts): SelectorMismatch | undefined {
  const labels = facts.world.rollout.spec.template?.metadata?.labels ?? {};
  for (const [label, wanted] of Object.entries(service.selector)) {
    // The hash is ours to set: it moves with every release.
    if (label !== podHashLabel && labels[label] !== wanted) return { kind: 'label', label, wanted, has: labels[label] };
  }
  if (facts.readyEndpoints[service.name] !== 0) return undefined;
  const hash = service.selector[podHashLabel];
  const readyPods = facts.world.replicaSets.find(({ podHash }) => podHash === hash)?.readyReplicas ?? 0;
  return readyPods > 0 ? { kind: 'noEndpoints', readyPods } : undefined;
}

export function noRouteRule({ world }: DiagnosisFacts): Cause | undefined {
  const problem = world.router?.problem;
  const plugins = world.rollout.spec.strategy?.canary?.trafficRouting?.plugins;
  return problem === undefined ? undefined : { kind: 'noRouteRule', problem, isHttpRoute: plugins !== undefined };
}
