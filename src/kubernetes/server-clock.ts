/**
 * The API server's clock, learnt from the `Date` headers of its answers. The header has whole seconds only, so each answer gives an
 * interval: the server's clock read between `date` and `date + 1 s` at some moment between sending and receiving. The intervals of
 * many answers meet in one of a few milliseconds.
 */
export interface ServerClock {
  /** `sentMs` and `receivedMs` by the monotonic clock. */
  observe(date: string | undefined, sentMs: number, receivedMs: number): void;
  /** Unix milliseconds; never ahead of the server, so that no pause ends early. Before the first answer: this machine's clock. */
  nowMs(): number;
  /** How far `nowMs` may be behind. */
  uncertaintyMs(): number;
  /** When to ask next to halve the uncertainty: when the server's clock either has just passed a full second, or not. */
  bestProbeInMs(): number;
}

/** How far two clocks may drift apart: 0.2 ms each second is more than a machine with NTP does. */
const driftPerMs = 0.0002;

/** Intervals further apart than this: the server's clock was set. What it said last counts. */
const clockWasSetMs = 250;

export function createServerClock(monotonicMs: () => number = () => performance.now()): ServerClock {
  // Bounds of (server clock − monotonic clock).
  let low = Number.NEGATIVE_INFINITY;
  let high = Number.POSITIVE_INFINITY;
  let observedMs = 0;

  return {
    observe(date, sentMs, receivedMs) {
      const serverMs = Date.parse(date ?? '');
      if (Number.isNaN(serverMs)) return;
      const slackMs = Math.max(0, receivedMs - observedMs) * driftPerMs;
      const sampleLow = serverMs - receivedMs;
      const sampleHigh = serverMs + 1000 - sentMs;
      low = Math.max(low - slackMs, sampleLow);
      high = Math.min(high + slackMs, sampleHigh);
      if (low - high > clockWasSetMs) [low, high] = [sampleLow, sampleHigh];
      // Several API servers of one cluster, a little apart: the slower one counts.
      else if (low > high) low = high;
      observedMs = receivedMs;
    },
    nowMs() {
      return Math.floor(low === Number.NEGATIVE_INFINITY ? Date.now() : monotonicMs() + low);
    },
    uncertaintyMs: () => high - low,
    bestProbeInMs() {
      const middleMs = monotonicMs() + (low + high) / 2;
      return Number.isFinite(middleMs) ? 1000 - (middleMs % 1000) : 1000;
    },
  };
}
