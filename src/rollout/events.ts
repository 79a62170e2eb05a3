import type { Effect } from './effect.ts';
import type { Ground } from './scene.ts';

export interface Announce {
  readonly reason: string;
  readonly message: string;
  /** What makes it one of its kind besides reason and revision. */
  readonly occasion?: string;
  readonly type?: 'Normal' | 'Warning';
}

/**
 * An event on the Rollout. Its occasion holds the Rollout's resourceVersion: two replicas that decide on the same reading send one
 * event, and the same thing happening again later is another.
 */
export function announceEvent(scene: Pick<Ground, 'rollout' | 'revision'>, announce: Announce): Effect {
  const parts = [String(scene.revision), announce.occasion, scene.rollout.metadata.resourceVersion];
  return {
    kind: 'sendEvent',
    type: announce.type ?? 'Normal',
    reason: announce.reason,
    message: announce.message,
    occasion: parts.filter((part) => part !== undefined && part !== '').join('.'),
  };
}
