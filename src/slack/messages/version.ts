import { versionOf } from '../../lib/index.ts';
import type { Delivery } from '../../rollout/index.ts';

export { versionOf } from '../../lib/index.ts';

/** What people call this revision: the version of its image, or `rev 17` where the image is not known any more. */
export function canaryVersion({ toImage, revision }: Pick<Delivery, 'toImage' | 'revision'>): string {
  return toImage === '' ? `rev ${revision}` : versionOf(toImage);
}
