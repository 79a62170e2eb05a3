import { explainPlugin, parsePauseSeconds, readWebhookSettings } from '../../../analysis/index.ts';
import { routerKindsOf } from '../../needs.ts';
import { internal, invalid, required } from '../../problems.ts';
import { maxWeightOf } from '../../steps.ts';
import type { CanaryStep, CanaryStrategy } from '../../strategy-spec.ts';
import { validateAntiAffinity } from '../validate-parts.ts';
import { validateRoutes } from './validate-routes.ts';

// Argo's validation leaves `canary` out of these paths: `spec.strategy.steps[0]`.
const PATH = 'spec.strategy';
const STEP_KINDS = [
  'setWeight',
  'pause',
  'experiment',
  'analysis',
  'setCanaryScale',
  'setHeaderRoute',
  'setMirrorRoute',
  'plugin',
] as const;

const ARGO_COUNTS = ['setWeight', 'pause', 'experiment', 'analysis'] as const;
const STEP_MESSAGE = 'Step must have one of the following set: experiment, setWeight, setCanaryScale, plugin or pause';

/** What the canary strategy asks for that cannot be, without looking at other objects. */
export function validateCanary(canary: CanaryStrategy): string[] {
  const problems: string[] = [];
  const { canaryService, stableService, trafficRouting } = canary;
  if (isZero(canary.maxSurge) && isZero(canary.maxUnavailable)) {
    problems.push(invalid(`${PATH}.maxSurge`, canary.maxSurge, 'MaxSurge and MaxUnavailable both can not be zero'));
  }
  if (canary.pingPong !== undefined) problems.push(...validatePingPong(canary));
  else if (canaryService && stableService && canaryService === stableService) {
    const message =
      'This rollout uses the same service for the stable and canary services, but two different services are required.';
    problems.push(invalid(`${PATH}.stableService`, stableService, message));
  }
  if (trafficRouting !== undefined && canary.pingPong === undefined) {
    const message = 'Canary service and Stable service must to be set to use Traffic Routing';
    if (!stableService) problems.push(invalid(`${PATH}.stableService`, '', message));
    if (!canaryService) problems.push(invalid(`${PATH}.canaryService`, '', message));
  } else if (trafficRouting === undefined && canary.scaleDownDelaySeconds !== undefined) {
    const message = 'Canary scaleDownDelaySeconds can only be used with traffic routing';
    problems.push(invalid(`${PATH}.scaleDownDelaySeconds`, canary.scaleDownDelaySeconds, message));
  }
  problems.push(...validateNginx(canary), ...validateScale(canary), ...validateAntiAffinity(canary.antiAffinity));
  for (const [index, step] of (canary.steps ?? []).entries()) {
    problems.push(...validateStep(canary, step, `${PATH}.steps[${index}]`));
  }
  return problems;
}

/** Routers whose objects name the stable Service for good. */
const WITHOUT_PING_PONG = ['nginx'];

function validatePingPong({ pingPong, trafficRouting }: CanaryStrategy): string[] {
  const problems: string[] = [];
  const { pingService = '', pongService = '' } = pingPong ?? {};
  const kinds = trafficRouting === undefined ? [] : routerKindsOf(trafficRouting);
  if (kinds.some((kind) => WITHOUT_PING_PONG.includes(kind))) {
    const message = 'Ping-pong feature works with the ALB, Istio, and plugin-based traffic routers only';
    problems.push(invalid(`${PATH}.trafficRouting.alb`, null, message));
  }
  const missing = 'Ping service and Pong service must to be set to use Ping-Pong feature';
  if (pingService === '') problems.push(invalid(`${PATH}.pingPong.pingService`, pingService, missing));
  if (pongService === '') problems.push(invalid(`${PATH}.pingPong.pongService`, pongService, missing));
  if (pingService === pongService) {
    const message =
      'This rollout uses the same service for the ping and pong services, but two different services are required.';
    problems.push(invalid(`${PATH}.pingPong.pingService`, pingService, message));
  }
  return problems;
}

/** Which Ingresses are meant. */
export function validateNginx({ trafficRouting }: CanaryStrategy): string[] {
  const { nginx } = trafficRouting ?? {};
  if (nginx === undefined) return [];
  const hasOne = (nginx.stableIngress ?? '') !== '';
  const hasSeveral = (nginx.stableIngresses ?? []).length > 0;
  if (hasOne !== hasSeveral) return [];
  const which = hasOne ? 'Both' : 'Neither';
  const message = `Either StableIngress or StableIngresses must be configured. ${which} are configured.`;
  return [internal('spec.strategy.canary.trafficRouting.nginx', message)];
}

function validateScale({ trafficRouting, dynamicStableScale, scaleDownDelaySeconds }: CanaryStrategy): string[] {
  const problems: string[] = [];
  if (dynamicStableScale === true && trafficRouting === undefined) {
    const message = 'Canary dynamicStableScale can only be used with traffic routing';
    problems.push(invalid(`${PATH}.dynamicStableScale`, true, message));
  }
  if (dynamicStableScale === true && scaleDownDelaySeconds !== undefined) {
    const message = 'Canary dynamicStableScale cannot be used with scaleDownDelaySeconds';
    problems.push(invalid(`${PATH}.dynamicStableScale`, true, message));
  }
  const { maxTrafficWeight } = trafficRouting ?? {};
  if (trafficRouting === undefined || maxTrafficWeight === undefined) return problems;
  const path = `${PATH}.trafficRouting.maxTrafficWeight`;
  if (!Number.isInteger(maxTrafficWeight) || maxTrafficWeight < 1) {
    // Unlike Argo, which divides by it.
    problems.push(invalid(path, maxTrafficWeight, 'must be greater than 0'));
  }
  if (Object.keys(trafficRouting.plugins ?? {}).length === 0 && trafficRouting.nginx === undefined) {
    const message = 'Canary maxTrafficWeight in traffic routing only supported in Nginx and Plugins';
    problems.push(invalid(path, maxTrafficWeight, message));
  }
  return problems;
}

function validateStep(canary: CanaryStrategy, step: CanaryStep, path: string): string[] {
  const problems: string[] = [];
  const kinds = STEP_KINDS.filter((kind) => isAskedFor(step[kind]) || kind in step);
  // Unlike Argo, which says of each kind that is missing that it is there.
  if (kinds.length === 0) problems.push(invalid(path, '{}', STEP_MESSAGE));
  if (ARGO_COUNTS.filter((kind) => kinds.includes(kind)).length > 1) {
    const { experiment, pause, setWeight, analysis } = step;
    const given = { Experiment: experiment, Pause: pause, SetWeight: setWeight, Analysis: analysis };
    const value = Object.entries(given).map(([kind, settings]) => `step.${kind}: ${isAskedFor(settings)}`);
    problems.push(invalid(path, value.join(' '), STEP_MESSAGE));
  } else if (kinds.length > 1) {
    // Unlike Argo, which counts only four of them: two kinds in one step never both happen.
    problems.push(invalid(path, kinds.join(', '), 'Step can only have one type of step set'));
  }
  problems.push(...validatePlugin(step, `${path}.plugin`), ...validateRoutes(canary, step, path));
  const max = maxWeightOf(canary);
  const { setWeight, pause, setCanaryScale } = step;
  if (setWeight !== undefined && !isWholeBetween(setWeight, max)) {
    problems.push(invalid(`${path}.setWeight`, setWeight, `SetWeight needs to be between 0 and ${max}`));
  }
  // Unlike Argo, which shows -1 for what it cannot read.
  if (pause?.duration !== undefined && parsePauseSeconds(pause.duration) === undefined) {
    problems.push(invalid(`${path}.pause.duration`, pause.duration, 'Duration needs to be greater than 0'));
  }
  if (setCanaryScale !== undefined) {
    if (canary.trafficRouting === undefined) {
      problems.push(required(`${PATH}.trafficRouting`, 'SetCanaryScale requires TrafficRouting to be set'));
    }
    // Unlike Argo, which checks neither: a negative size could only fail later.
    if (setCanaryScale.weight !== undefined && !isWholeBetween(setCanaryScale.weight, max)) {
      const message = `SetCanaryScale weight needs to be between 0 and ${max}`;
      problems.push(invalid(`${path}.setCanaryScale.weight`, setCanaryScale.weight, message));
    }
    if (setCanaryScale.replicas !== undefined && !isWholeBetween(setCanaryScale.replicas, Infinity)) {
      const message = 'must be greater than or equal to 0';
      problems.push(invalid(`${path}.setCanaryScale.replicas`, setCanaryScale.replicas, message));
    }
  }
  return problems;
}

function validatePlugin({ plugin }: CanaryStep, path: string): string[] {
  if (plugin === undefined) return [];
  const reason = explainPlugin(plugin.name);
  if (reason !== undefined) return [invalid(`${path}.name`, plugin.name, reason)];
  const read = readWebhookSettings(plugin.config);
  if (read.isValid) return [];
  return read.mistakes.map((mistake) => invalid(`${path}.config`, JSON.stringify(plugin.config ?? null), mistake));
}

function isWholeBetween(value: number, max: number): boolean {
  return Number.isInteger(value) && value >= 0 && value <= max;
}

function isZero(value: number | string | undefined): boolean {
  return value === 0 || (typeof value === 'string' && /^0+%?$/.test(value));
}

function isAskedFor(value: unknown): boolean {
  return value !== undefined && value !== null && value !== false;
}
