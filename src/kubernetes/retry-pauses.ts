import { NotNowError } from '../lib/index.ts';

export interface RetrySettings {
  readonly firstRetryMs: number;
  readonly longestRetryMs: number;
}

/** How long to wait before trying again: twice as long after each failure in a row, with jitter, and as long as the server asks. */
export function createRetryPauses({ firstRetryMs, longestRetryMs }: RetrySettings) {
  let failures = 0;
  return {
    /** In a row. */
    failures: () => failures,
    /** Even when all went well there is a little jitter: all replicas' watches end together when a server stops. */
    afterSuccess(): number {
      failures = 0;
      return Math.random() * firstRetryMs * 0.5;
    },
    afterFailure(error?: unknown): number {
      failures += 1;
      const askedMs = error instanceof NotNowError ? Math.min(error.retryAfterMs, 30_000) : 0;
      const pauseMs = Math.min(longestRetryMs, firstRetryMs * 2 ** (failures - 1)) * (0.5 + Math.random() / 2);
      return Math.max(pauseMs, askedMs);
    },
  };
}
