import { setTimeout as sleep } from 'node:timers/promises';

/** Lets `burst` callers through at once and `perSecond` after that, in the order they came. */
export interface TokenBucket {
  /** Resolves when the caller may go; rejects when its signal aborts first, and then costs nothing. */
  take(signal: AbortSignal): Promise<void>;
}

export function createTokenBucket(settings: { readonly perSecond: number; readonly burst: number }): TokenBucket {
  let tokens = settings.burst;
  let filledAtMs = performance.now();
  let last: Promise<unknown> = Promise.resolve();

  function fill(): void {
    const nowMs = performance.now();
    tokens = Math.min(settings.burst, tokens + ((nowMs - filledAtMs) / 1000) * settings.perSecond);
    filledAtMs = nowMs;
  }

  async function waitForToken(signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    fill();
    while (tokens < 1) {
      await sleep(Math.ceil(((1 - tokens) / settings.perSecond) * 1000), undefined, { signal });
      fill();
    }
    tokens -= 1;
  }

  return {
    take(signal) {
      fill();
      const turn = last.then(() => waitForToken(signal));
      last = turn.catch(() => undefined);
      return turn;
    },
  };
}
