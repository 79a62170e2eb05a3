import { routerKindsOf } from '../../needs.ts';
import { invalid } from '../../problems.ts';
import type { CanaryStrategy } from '../../strategy-spec.ts';
import type { World } from '../../world.ts';
import { validateAnalysis, validateMetadata, validateService } from '../validate-parts.ts';
import { validateNginx } from './validate-canary.ts';
import { validateExperimentStep } from './validate-experiment.ts';

const PATH = 'spec.strategy.canary';

/** What the strategy names that is missing, belongs to somebody else, or does not fit. */
export function validateReferences(world: World, canary: CanaryStrategy): string[] {
  const problems = [
    ...validateServices(world, canary),
    ...validateMetadata(world, `${PATH}.canaryMetadata.labels`, canary.canaryMetadata),
    ...validateMetadata(world, `${PATH}.stableMetadata.labels`, canary.stableMetadata),
  ];
  for (const [index, step] of (canary.steps ?? []).entries()) {
    if (step.experiment !== undefined)
      problems.push(...validateExperimentStep(world, canary, { step: step.experiment, index }));
    if (step.analysis === undefined) continue;
    problems.push(...validateAnalysis(world, step.analysis, `${PATH}.steps[${index}].analysis.templates`, 'ends'));
  }
  if (canary.analysis !== undefined && canary.analysis.templates.length > 0) {
    problems.push(...validateAnalysis(world, canary.analysis, `${PATH}.analysis.templates`, 'mayGoOn'));
  }
  if (canary.trafficRouting !== undefined) {
    const problem = world.router?.problem;
    // Where the spec does not say which Ingress, the router has only the same to say.
    if (problem !== undefined && validateNginx(canary).length === 0)
      problems.push(routerProblem(canary.trafficRouting, problem));
  }
  return problems;
}

/** Named by the field that leads to it, as in Argo, where there is one. */
function routerProblem(trafficRouting: NonNullable<CanaryStrategy['trafficRouting']>, problem: string): string {
  const kinds = routerKindsOf(trafficRouting);
  const { stableIngress = '' } = trafficRouting.nginx ?? {};
  const isNginxAlone = kinds.length === 1 && stableIngress !== '';
  if (!isNginxAlone) return invalid(`${PATH}.trafficRouting`, kinds.join(', '), problem);
  return invalid(`${PATH}.trafficRouting.nginx.stableIngress`, stableIngress, problem);
}

function validateServices(world: World, { pingPong, canaryService, stableService }: CanaryStrategy): string[] {
  if (pingPong === undefined) {
    return [
      ...validateService(world, `${PATH}.canaryService`, canaryService),
      ...validateService(world, `${PATH}.stableService`, stableService),
    ];
  }
  return [
    ...validateService(world, `${PATH}.pingPong.pingService`, pingPong.pingService),
    ...validateService(world, `${PATH}.pingPong.pongService`, pingPong.pongService),
  ];
}
