import { randomBytes } from 'node:crypto';

const letters = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789';

/** Makes an id as Slack's look: a letter for the kind, then ten of A–Z and 0–9. */
export function createId(prefix: string): string {
  let id = prefix;
  for (const byte of randomBytes(10)) id += letters[byte % letters.length];
  return id;
}

export function createSecret(): string {
  return randomBytes(16).toString('hex');
}

/**
 * Hands out message timestamps: seconds, a dot, six digits; each greater than the one before, over restarts too.
 * A `ts` is the message's name in its channel, so two may never be equal.
 */
export function createTimestamps(nowMs: () => number): { next(): string; raiseTo(ts: string): void } {
  let lastMicros = 0;
  return {
    next() {
      lastMicros = Math.max(lastMicros + 1, Math.floor(nowMs() * 1000));
      return formatMicros(lastMicros);
    },
    raiseTo(ts) {
      const [seconds = '0', micros = '0'] = ts.split('.');
      lastMicros = Math.max(lastMicros, Number(seconds) * 1_000_000 + Number(micros));
    },
  };
}

function formatMicros(micros: number): string {
  const seconds = Math.floor(micros / 1_000_000);
  return `${seconds}.${String(micros % 1_000_000).padStart(6, '0')}`;
}
