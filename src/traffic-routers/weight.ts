import { InvalidError } from '../lib/index.ts';
import type { TrafficRouting } from '../rollout/index.ts';
import type { Weights } from './traffic-router.ts';

/** What counts as all of the traffic: 100 unless `maxTrafficWeight` says otherwise. */
export function maxWeightOf(routing: TrafficRouting): number {
  return routing.maxTrafficWeight ?? 100;
}

/** The same of all that do not go to stable, and of their sum. */
export function checkWeights({ canary, additional = [] }: Weights, routing: TrafficRouting): void {
  checkWeight(canary, routing);
  let sum = canary;
  for (const { serviceName, weight } of additional) {
    sum += weight;
    if (!Number.isInteger(weight) || weight < 0)
      throw new InvalidError(`weight ${weight} of ${serviceName} is not a whole number`);
  }
  const max = maxWeightOf(routing);
  if (sum > max) throw new InvalidError(`the weights ask for ${sum}, which is more than ${max}`);
}

/** Refuses what no router could mean: a fraction, less than nothing, more than everything. */
function checkWeight(weight: number, routing: TrafficRouting): void {
  if (Number.isInteger(weight) && weight >= 0 && weight <= maxWeightOf(routing)) return;
  throw new InvalidError(`canary weight ${weight} is not a whole number from 0 to ${maxWeightOf(routing)}`);
}

/** The answers of writes that went out together; throws the first failure after all have ended, so that one that fails stops no other. */
export async function allOf<T>(writes: readonly Promise<T>[]): Promise<T[]> {
  await Promise.allSettled(writes);
  return Promise.all(writes);
}
