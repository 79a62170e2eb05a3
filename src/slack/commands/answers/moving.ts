import type { Delivery } from '../../../rollout/index.ts';

/** Under way, or ended in a way that somebody must look at. */
export function isMoving(delivery: Delivery): boolean {
  return !['live', 'rolledBack', 'superseded'].includes(delivery.state);
}
