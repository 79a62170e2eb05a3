import { mainContainer } from '../rollout/index.ts';
import type { Act, Change, Seen } from './act.ts';
import { type ChosenImages, chooseImages, isForeign, isUnusualTag, tagOf } from './images.ts';
import type { ImageChange, Refusal, Wish } from './operations.ts';
import { isFullyPromoted, refuse } from './situation.ts';

export type StartWish = Wish & { readonly images: readonly ImageChange[]; readonly isConfirmed?: boolean };

/** Sets images in the Rollout's template: the engine then takes the new revision through its plan. */
export const start: Act<StartWish> = {
  verb: (seen, wish) => (comesFromElsewhere(chosen(seen, wish)) ? 'start-foreign' : 'start'),
  raisesRisk: true,
  // A start says all it needs itself: the image. Nothing on an old card can make it mean something else.
  isBoundTo: 'revision',
  choose(seen, wish): Refusal | Change {
    if (seen.rollout.spec.workloadRef !== undefined) return refuse('notSupportedYet', { what: 'workloadRef' });
    const images = chosen(seen, wish);
    if (!images.done) return images;
    const changed = images.changes.filter(({ from, to }) => from !== to);
    const [first] = images.changes;
    if (first === undefined) return refuse('badImage', { image: '' });
    if (changed.length === 0) return sameImage(seen, first.to);
    if (wish.isConfirmed !== true) {
      const question = needsConfirmation(changed);
      if (question !== undefined) return question;
    }
    return {
      done: true,
      json: changed.map(({ containerIndex, to }) => ({
        op: 'replace',
        path: `/spec/template/spec/containers/${containerIndex}/image`,
        value: to,
      })),
      facts: { image: changed.map(({ to }) => to).join(' '), from: first.from, container: first.container },
    };
  },
};

function chosen({ rollout }: Seen, wish: StartWish): ChosenImages | Refusal {
  const template = rollout.spec.template ?? {};
  return chooseImages(template, wish.images, mainContainer(template, rollout.metadata.name)?.name);
}

function comesFromElsewhere(images: ChosenImages | Refusal): boolean {
  return images.done && images.changes.some(({ from, to }) => isForeign(from, to));
}

function sameImage({ rollout }: Seen, image: string): Refusal {
  const revision = rollout.metadata.annotations['rollout.argoproj.io/revision'] ?? '';
  if (isFullyPromoted(rollout)) return refuse('alreadyRuns', { image, revision });
  return refuse(rollout.status.abort === true ? 'isAborted' : 'isMoving', { image, revision });
}

function needsConfirmation(changes: ChosenImages['changes']): Refusal | undefined {
  for (const { from, to } of changes) {
    if (isForeign(from, to)) return refuse('otherRepository', { from, to });
    if (isUnusualTag(from, to)) return refuse('unusualTag', { image: to, usual: tagOf(from) ?? from });
  }
  return undefined;
}
