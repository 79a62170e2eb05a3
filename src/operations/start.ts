import { createHash } from 'node:crypto';
import { mainContainer, noteOverride, type PodTemplate, type Rollout, templateHolderOf } from '../rollout/index.ts';
import type { Act, Change, Seen } from './act.ts';
import { overrideFacts, refuseForGit } from './git.ts';
import { type ChosenImages, chooseImages, isForeign, isUnusualTag, tagOf } from './images.ts';
import type { Refusal, StartWish } from './operations.ts';
import { isFullyPromoted, isWorkloadLost, refuse } from './situation.ts';

/** Sets images in the Rollout's template: the engine then takes the new revision through its plan. */
export const start: Act<StartWish> = {
  verb: (seen, wish) => (comesFromElsewhere(chosen(seen, wish)) ? 'start-foreign' : 'start'),
  raisesRisk: true,
  // A start says all it needs itself: the image. Nothing on an old card can make it mean something else.
  isBoundTo: 'revision',
  needsReason: (seen, wish) => comesFromElsewhere(chosen(seen, wish)),
  async choose(seen, wish, tools, signal): Promise<Refusal | Change> {
    const lost = isWorkloadLost(seen.rollout);
    if (lost !== undefined) return lost;
    const images = chosen(seen, wish);
    if (!images.done) return images;
    const changed = images.changes.filter(({ from, to }) => from !== to);
    const [first] = images.changes;
    if (first === undefined) return refuse('badImage', { image: '' });
    if (changed.length === 0) return sameImage(seen, first.to);
    if (wish.sawTemplate !== undefined && wish.sawTemplate !== nameTemplate(seen.rollout))
      return refuse('staleCard', { image: first.from });
    const template = withImages(seen.rollout.spec.template ?? {}, changed);
    const ownedByGit = await refuseForGit(seen, template, wish, tools, signal);
    if (ownedByGit !== undefined) return ownedByGit;
    if (wish.isConfirmed !== true) {
      const question = needsConfirmation(changed) ?? runsBeside(seen.rollout);
      if (question !== undefined) return question;
    }
    return {
      done: true,
      json: noteOverride(seen.rollout, template, { nowMs: tools.cluster.nowMs() }),
      template: changed.map(({ containerIndex, to }) => ({
        op: 'replace' as const,
        path: `/${templateHolderOf(seen.rollout).path.join('/')}/spec/containers/${containerIndex}/image`,
        value: to,
      })),
      facts: {
        image: changed.map(({ to }) => to).join(' '),
        from: first.from,
        container: first.container,
        ...overrideFacts(seen, template),
      },
    };
  },
};

/** A template in a few characters: equal for equal templates. */
export function nameTemplate({ spec }: Rollout): string {
  return createHash('sha256')
    .update(JSON.stringify(spec.template ?? {}))
    .digest('hex')
    .slice(0, 16);
}

function chosen({ rollout }: Seen, wish: StartWish): ChosenImages | Refusal {
  const template = rollout.spec.template ?? {};
  return chooseImages(template, wish.images, mainContainer(template, rollout.metadata.name)?.name);
}

function withImages(template: PodTemplate, changes: ChosenImages['changes']): PodTemplate {
  const containers = (template.spec?.containers ?? []).map((container, index) => {
    const change = changes.find(({ containerIndex }) => containerIndex === index);
    return change === undefined ? container : { ...container, image: change.to };
  });
  return { ...template, spec: { ...template.spec, containers } };
}

function comesFromElsewhere(images: ChosenImages | Refusal): boolean {
  return images.done && images.changes.some(({ from, to }) => isForeign(from, to));
}

function sameImage({ rollout }: Seen, image: string): Refusal {
  const revision = rollout.metadata.annotations['rollout.argoproj.io/revision'] ?? '';
  if (isFullyPromoted(rollout)) return refuse('alreadyRuns', { image, revision });
  // A Deployment that was undone asks for what runs; what was undone is another image.
  if (rollout.status.rolling !== undefined && rollout.status.abort === true) return refuse('alreadyRuns', { image });
  return refuse(rollout.status.abort === true ? 'isAborted' : 'isMoving', { image, revision });
}

/** A Deployment that still has pods rolls them by itself when its image changes: that goes past every step. */
function runsBeside({ workload }: Rollout): Refusal | undefined {
  if (workload === undefined || (workload.replicas ?? 0) === 0) return undefined;
  return refuse('workloadRuns', { workload: `${workload.kind} ${workload.name}`, replicas: String(workload.replicas) });
}

function needsConfirmation(changes: ChosenImages['changes']): Refusal | undefined {
  for (const { from, to } of changes) {
    if (isForeign(from, to)) return refuse('otherRepository', { from, to });
    if (isUnusualTag(from, to)) return refuse('unusualTag', { image: to, usual: tagOf(from) ?? from });
  }
  return undefined;
}
