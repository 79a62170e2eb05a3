import { createSecret } from './ids.ts';

export interface Triggers {
  create(userId: string): string;
  /** The person behind the trigger; the trigger is used up. */
  use(
    id: string,
  ): { readonly kind: 'ok'; readonly userId: string } | { readonly kind: 'refused'; readonly error: string };
}

const lifeMs = 3000;

/** Trigger ids: they live three seconds and open one view. */
export function createTriggers(nowMs: () => number): Triggers {
  const triggers = new Map<string, { readonly userId: string; readonly expiresAtMs: number; isUsed: boolean }>();
  return {
    create(userId) {
      for (const [id, trigger] of triggers) {
        if (trigger.expiresAtMs < nowMs() - 600_000) triggers.delete(id);
        else break;
      }
      const id = `${nowMs()}.${Math.floor(nowMs() / 7)}.${createSecret()}`;
      triggers.set(id, { userId, expiresAtMs: nowMs() + lifeMs, isUsed: false });
      return id;
    },
    use(id) {
      const trigger = triggers.get(id);
      if (trigger === undefined) return { kind: 'refused', error: 'invalid_trigger_id' };
      if (trigger.isUsed) return { kind: 'refused', error: 'exchanged_trigger_id' };
      if (trigger.expiresAtMs < nowMs()) return { kind: 'refused', error: 'expired_trigger_id' };
      trigger.isUsed = true;
      return { kind: 'ok', userId: trigger.userId };
    },
  };
}
