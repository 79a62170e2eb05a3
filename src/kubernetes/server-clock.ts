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
}

/** How far two quartz clocks may drift apart: 0.5 ms each second is more than any of them does. */
const driftPerMs = 0.0005;

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
  };
}
