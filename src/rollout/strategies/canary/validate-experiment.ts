import { parseDuration } from '../../../analysis/index.ts';
import { routerKindsOf } from '../../needs.ts';
import { invalid, required, unsupported } from '../../problems.ts';
import { maxWeightOf, weightInForce } from '../../steps.ts';
import type { CanaryStrategy, ExperimentStep } from '../../strategy-spec.ts';
import type { World } from '../../world.ts';
import { validateAnalysis } from '../validate-parts.ts';

type Template = ExperimentStep['templates'][number];

// Argo's validation leaves `canary` out of the paths of steps.
const pathOf = (index: number) => `spec.strategy.steps[${index}].experiment`;

/** What an experiment step asks for that cannot be. Most of it Argo finds out when the rollout has come to that step. */
export function validateExperimentStep(
  world: World,
  canary: CanaryStrategy,
  { step, index }: { readonly step: ExperimentStep; readonly index: number },
): string[] {
  const path = pathOf(index);
  const problems: string[] = [];
  if (step.templates.length === 0) problems.push(required(`${path}.templates`, 'an experiment needs pods of its own'));
  const duration = step.duration ? parseDuration(step.duration) : undefined;
  if (duration?.isValid === false) problems.push(invalid(`${path}.duration`, step.duration, duration.reason));
  const names = step.templates.map(({ name }) => name);
  for (const [at, template] of step.templates.entries()) {
    const place = `${path}.templates[${at}]`;
    problems.push(...validateTemplate(world, canary, template, place));
    if (names.indexOf(template.name) !== at)
      problems.push(invalid(`${place}.name`, template.name, 'another template of this experiment has that name'));
  }
  problems.push(...validateShares(canary, step, index), ...validateAnalyses(world, step, path));
  return problems;
}

function validateTemplate(world: World, canary: CanaryStrategy, template: Template, place: string): string[] {
  const { name, specRef, replicas = 1, service, weight } = template;
  const problems: string[] = [];
  if (name === '') problems.push(required(`${place}.name`, 'a template needs a name'));
  if (specRef !== 'canary' && specRef !== 'stable')
    problems.push(invalid(`${place}.specRef`, specRef, 'Invalid template step SpecRef: must be canary or stable'));
  if (!Number.isInteger(replicas) || replicas < 0)
    problems.push(invalid(`${place}.replicas`, replicas, 'must be greater than or equal to 0'));
  const ofRollout = [canary.canaryService, canary.stableService];
  if (service?.name && ofRollout.includes(service.name))
    problems.push(invalid(`${place}.service.name`, service.name, 'this Service is the rollout’s own'));
  if (weight !== undefined) problems.push(...validateWeight(world, canary, template, weight, place));
  return problems;
}

function validateWeight(
  world: World,
  { trafficRouting }: CanaryStrategy,
  { specRef }: Template,
  weight: number,
  place: string,
): string[] {
  const path = `${place}.weight`;
  if (trafficRouting === undefined)
    return [invalid(path, weight, 'Experiment template weight cannot be set unless TrafficRouting is enabled')];
  const [refused] = routerKindsOf(trafficRouting).filter((kind) => !routersWithWeights.includes(kind));
  if (refused === 'nginx') {
    const message =
      'Experiment template weight is only available for TrafficRouting with SMI, ALB, Istio and Plugins at this time';
    return [invalid(path, weight, message)];
  }
  if (refused !== undefined) return [unsupported(path)];
  if (!Number.isInteger(weight) || weight < 0) return [invalid(path, weight, 'must be greater than or equal to 0')];
  const containers = world.rollout.spec.template?.spec?.containers ?? [];
  const hasPort = containers.some(({ ports }) => Array.isArray(ports) && ports.length > 0);
  // Its Service has the ports of its containers: without any there is none to send requests to.
  return specRef !== 'canary' || hasPort ? [] : [invalid(path, weight, 'its pods declare no containerPort')];
}

/** Routers that can send shares to more than stable and canary. */
const routersWithWeights: readonly string[] = ['argoproj-labs/gatewayAPI'];

/** Unlike Argo, where stable would get less than nothing. */
function validateShares(canary: CanaryStrategy, { templates }: ExperimentStep, index: number): string[] {
  const sum = templates.reduce((total, { weight = 0 }) => total + weight, 0);
  const inForce = weightInForce(canary, index);
  const max = maxWeightOf(canary);
  if (sum === 0 || inForce + sum <= max) return [];
  const message = `the weights of its templates (${sum}) and of the canary (${inForce}) are more than ${max}`;
  return [invalid(`${pathOf(index)}.templates`, sum, message)];
}

function validateAnalyses(world: World, step: ExperimentStep, path: string): string[] {
  const templateNames = step.templates.map(({ name }) => name);
  const names = step.analyses.map(({ name }) => name);
  return step.analyses.flatMap((analysis, at) => {
    const place = `${path}.analyses[${at}]`;
    const { templateName, clusterScope, args, requiredForCompletion } = analysis;
    const problems = validateAnalysis(
      world,
      { templates: [{ templateName, clusterScope }], args },
      `${place}.templateName`,
      // Without an end of its own, whoever waits for it waits for ever.
      requiredForCompletion === true ? 'ends' : 'mayGoOn',
    );
    if (names.indexOf(analysis.name) !== at)
      problems.push(invalid(`${place}.name`, analysis.name, 'another analysis of this experiment has that name'));
    for (const { name, value } of args) {
      const unknown = [
        ...(value ?? '').matchAll(/\{\{\s*templates\.(.+?)\.(?:podTemplateHash|replicaset\.name)\s*\}\}/g),
      ]
        .map(([, template = '']) => template)
        .find((template) => !templateNames.includes(template));
      if (unknown !== undefined)
        problems.push(invalid(`${place}.args`, value, `argument ${name}: this experiment has no template ${unknown}`));
    }
    return problems;
  });
}
