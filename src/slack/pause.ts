import { setTimeout as sleep } from 'node:timers/promises';

/** Waits, or until the signal: ending early is no error. Leaves no listener behind. */
export async function pause(durationMs: number, signal: AbortSignal): Promise<void> {
  if (durationMs <= 0) return;
  await sleep(durationMs, undefined, { signal }).catch(() => undefined);
}
