import { setImmediate as nextTurnOfTheLoop, setTimeout as sleep } from 'node:timers/promises';

/** Knows whether the other side answers now. */
export interface Pulse {
  isHealthy(): boolean;
  /** The connection told us that it is gone: do not wait for the next beat. */
  lose(): void;
  stop(): Promise<void>;
}

export interface PulseSettings {
  /** One cheap question; it may hang or throw. */
  readonly ping: () => Promise<unknown>;
  /** Called when health changed. */
  readonly onChange: (isHealthy: boolean) => void;
  readonly intervalMs?: number;
  readonly timeoutMs?: number;
}

/** Starts asking every 250 ms; an answer later than 500 ms counts as none. So `isHealthy` is never wrong for a second. */
export function startPulse(settings: PulseSettings): Pulse {
  const intervalMs = settings.intervalMs ?? 250;
  const timeoutMs = settings.timeoutMs ?? 500;
  const stopped = new AbortController();
  let isHealthy = false;

  function set(value: boolean): void {
    if (value === isHealthy || stopped.signal.aborted) return;
    isHealthy = value;
    settings.onChange(value);
  }

  async function beat(): Promise<boolean> {
    let hasAnswered = false;
    const answer = settings.ping().then(
      () => {
        hasAnswered = true;
      },
      () => undefined,
    );
    const timer = new AbortController();
    await Promise.race([answer, sleep(timeoutMs, undefined, { signal: timer.signal }).catch(() => undefined)]);
    timer.abort();
    // Our own event loop may have been blocked: timers fire before the sockets are read, so the answer may just lie there unread.
    if (!hasAnswered) await nextTurnOfTheLoop();
    return hasAnswered;
  }

  async function run(): Promise<void> {
    while (!stopped.signal.aborted) {
      set(await beat());
      await sleep(intervalMs, undefined, { signal: stopped.signal }).catch(() => undefined);
    }
  }

  const running = run();
  return {
    isHealthy: () => isHealthy,
    lose: () => set(false),
    async stop() {
      isHealthy = false;
      stopped.abort();
      await running;
    },
  };
}
