import type { CanaryStep, CanaryStrategy } from './strategy-spec.ts';

/** The router's full scale: `trafficRouting.maxTrafficWeight`, 100 unless given. */
export function maxWeightOf(strategy: CanaryStrategy): number {
  return strategy.trafficRouting?.maxTrafficWeight ?? 100;
}

/** The weight that a step index asks for: the last setWeight at or before it; none is 0; past the end is everything. */
export function weightInForce(strategy: CanaryStrategy, index: number): number {
  const steps = strategy.steps ?? [];
  if (index >= steps.length) return maxWeightOf(strategy);
  for (let at = index; at >= 0; at--) {
    const weight = steps[at]?.setWeight;
    if (weight !== undefined) return weight;
  }
  return 0;
}

/**
 * The setCanaryScale in force at a step index. It stays until another one or a later `matchTrafficWeight: true`; a later
 * setWeight does not reset it; past the last step it no longer applies.
 */
export function canaryScaleInForce(
  strategy: CanaryStrategy,
  index: number,
): { readonly replicas: number } | { readonly weight: number } | undefined {
  const steps = strategy.steps ?? [];
  if (index >= steps.length || strategy.trafficRouting === undefined) return undefined;
  for (let at = index; at >= 0; at--) {
    const scale = steps[at]?.setCanaryScale;
    if (scale === undefined) continue;
    if (scale.matchTrafficWeight === true) return undefined;
    if (scale.replicas !== undefined) return { replicas: scale.replicas };
    if (scale.weight !== undefined) return { weight: scale.weight };
    return undefined;
  }
  return undefined;
}

/** A step as Argo's events name it: `setWeight: 10`, `pause: 30s`, `analysis`. */
export function describeStep(step: CanaryStep): string {
  if (step.setWeight !== undefined) return `setWeight: ${step.setWeight}`;
  if (step.pause !== undefined) return step.pause.duration === undefined ? 'pause' : `pause: ${step.pause.duration}`;
  if (step.analysis !== undefined) return 'analysis';
  if (step.experiment !== undefined) return 'experiment';
  if (step.setHeaderRoute !== undefined) return `setHeaderRoute: ${step.setHeaderRoute.name}`;
  if (step.setMirrorRoute !== undefined) return `setMirrorRoute: ${step.setMirrorRoute.name}`;
  if (step.plugin !== undefined) return `plugin: ${step.plugin.name}`;
  const scale = step.setCanaryScale;
  if (scale?.weight !== undefined) return `setCanaryScale{weight: ${scale.weight}}`;
  if (scale?.matchTrafficWeight === true) return 'setCanaryScale{matchTrafficWeight: true}';
  if (scale?.replicas !== undefined) return `setCanaryScale{replicas: ${scale.replicas}}`;
  return 'invalid';
}
