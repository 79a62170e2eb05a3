/** Lets `burst` callers through at once and `perSecond` after that, urgent ones first, each kind in the order it came. */
export interface TokenBucket {
  /** Resolves when the caller may go; rejects when its signal aborts first, and then costs nothing. */
  take(signal: AbortSignal, isUrgent?: boolean): Promise<void>;
}

export interface RateLimits {
  readonly perSecond: number;
  readonly burst: number;
}

export function createTokenBucket({ perSecond, burst }: RateLimits): TokenBucket {
  const urgent = new Set<() => void>();
  const usual = new Set<() => void>();
  let tokens = burst;
  let filledAtMs = performance.now();
  let timer: NodeJS.Timeout | undefined;

  function serve(): void {
    const nowMs = performance.now();
    tokens = Math.min(burst, tokens + ((nowMs - filledAtMs) / 1000) * perSecond);
    filledAtMs = nowMs;
    for (const waiting of [urgent, usual]) {
      for (const go of waiting) {
        if (tokens < 1) break;
        tokens -= 1;
        waiting.delete(go);
        go();
      }
    }
    if (timer !== undefined || urgent.size + usual.size === 0) return;
    timer = setTimeout(
      () => {
        timer = undefined;
        serve();
      },
      Math.ceil(((1 - tokens) / perSecond) * 1000),
    );
  }

  return {
    take(signal, isUrgent = false) {
      return new Promise<void>((resolve, reject) => {
        signal.throwIfAborted();
        const waiting = isUrgent ? urgent : usual;
        function leave(): void {
          waiting.delete(go);
          reject(signal.reason);
        }
        function go(): void {
          signal.removeEventListener('abort', leave);
          resolve();
        }
        waiting.add(go);
        signal.addEventListener('abort', leave, { once: true });
        serve();
      });
    },
  };
}
