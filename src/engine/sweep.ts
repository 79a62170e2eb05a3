import { setTimeout as sleep } from 'node:timers/promises';
import type { TurnKey } from '../queue-stores/index.ts';

/** Nudges every key once, spread over a time. */
export interface Sweep {
  /** Begins; while one is under way, another follows it: what was nudged before this call may be lost by now. */
  start(): void;
  stop(): void;
}

export interface SweepSettings {
  /** Asked when a sweep begins. */
  readonly keys: () => readonly TurnKey[];
  /** A key that it could not take is tried again. */
  readonly send: (key: TurnKey) => Promise<void>;
  /** A handful is looked at at once; many take this long, so that neither the API server nor Prometheus is stormed. */
  readonly msPerKey: number;
  readonly longestMs: number;
  readonly onEnd: (count: number) => void;
  readonly onFailure: (error: unknown) => void;
}

const retryMs = 1000;

/**
 * Nudges, and does not plan wakes: a wake gives way to the plan that a key has already, and a change that nobody saw (between two
 * keepers) would wait until that plan is due, at the end of an hour's pause.
 */
export function createSweep(settings: SweepSettings): Sweep {
  let running: AbortController | undefined;
  let isWantedAgain = false;

  async function run(signal: AbortSignal): Promise<void> {
    const keys = settings.keys();
    const gapMs = Math.min(settings.msPerKey, settings.longestMs / Math.max(1, keys.length));
    const beganAtMs = performance.now();
    for (const [index, key] of keys.entries()) {
      const aheadMs = beganAtMs + index * gapMs - performance.now();
      if (aheadMs > 4) await sleep(aheadMs, undefined, { signal });
      await sendUntilTaken(key, signal);
    }
    settings.onEnd(keys.length);
  }

  async function sendUntilTaken(key: TurnKey, signal: AbortSignal): Promise<void> {
    for (;;) {
      signal.throwIfAborted();
      try {
        await settings.send(key);
        return;
      } catch (error) {
        settings.onFailure(error);
        await sleep(retryMs, undefined, { signal });
      }
    }
  }

  function start(): void {
    isWantedAgain = running !== undefined;
    if (isWantedAgain) return;
    const mine = new AbortController();
    running = mine;
    run(mine.signal)
      .catch((error: unknown) => {
        if (!mine.signal.aborted) settings.onFailure(error);
      })
      .finally(() => {
        if (running !== mine) return;
        running = undefined;
        if (isWantedAgain) start();
      });
  }

  return {
    start,
    stop() {
      running?.abort();
      running = undefined;
      isWantedAgain = false;
    },
  };
}
