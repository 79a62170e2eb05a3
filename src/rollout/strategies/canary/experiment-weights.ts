import type { Experiment } from '../../experiment.ts';
import type { Scene } from '../../scene.ts';
import type { AdditionalWeight } from '../../world.ts';
import type { Posture } from './posture.ts';

/** A share of an Experiment's pods, and whose they are. */
export interface ExperimentShare extends AdditionalWeight {
  readonly podTemplateHash?: string | undefined;
}

/** What the step gives to the Experiment's pods: only while it is running, and nothing while anything is taken back. */
export function sharesWanted(scene: Scene, posture: Posture): readonly ExperimentShare[] {
  const { present } = posture.experiment;
  const isOver = posture.abort !== undefined || posture.isFirst || posture.isPromoted || posture.isFull;
  if (isOver || posture.isChanged || posture.isRetried || present === undefined) return [];
  if (present.status.phase !== 'Running' || present.spec.terminate === true) return [];
  return sharesOf(scene, present);
}

function sharesOf({ steps, stepIndex }: Scene, { status }: Experiment): readonly ExperimentShare[] {
  const shares: ExperimentShare[] = [];
  for (const { name, weight = 0 } of steps[stepIndex]?.experiment?.templates ?? []) {
    const template = status.templateStatuses?.find((one) => one.name === name);
    if (weight === 0 || !template?.serviceName) continue;
    shares.push({ serviceName: template.serviceName, weight, podTemplateHash: template.podTemplateHash });
  }
  return shares.sort((a, b) => (a.serviceName < b.serviceName ? -1 : 1));
}

/** What they have and may keep: no more than is wanted. */
export function sharesKept(
  present: readonly AdditionalWeight[],
  wanted: readonly ExperimentShare[],
): readonly ExperimentShare[] {
  return wanted.flatMap((asked) => {
    const had = present.find(({ serviceName }) => serviceName === asked.serviceName);
    return had === undefined ? [] : [{ ...asked, weight: Math.min(had.weight, asked.weight) }];
  });
}

export function sumOfShares(shares: readonly AdditionalWeight[]): number {
  return shares.reduce((sum, { weight }) => sum + weight, 0);
}
