/** How much a card's update matters: when the budget is short the lower ones wait. */
export type Urgency = 'final' | 'change' | 'numbers';

/** Share of the bucket that only more urgent messages may take. */
const reserve: Readonly<Record<Urgency, number>> = { final: 0, change: 0.2, numbers: 0.75 };
/** The same of what any minute may hold. */
const reserveOfMinute: Readonly<Record<Urgency, number>> = { final: 0, change: 0.25, numbers: 0.5 };
const minuteMs = 60_000;
const rank: Readonly<Record<Urgency, number>> = { final: 0, change: 1, numbers: 2 };

/** One card's numbers are not shown faster than this. */
const numbersGapMs = 1000;
/** Who does not come back when told to has been served by another replica, and holds up nobody. */
const lateForTurnMs = 1500;

export interface Budget {
  /** 0: go now, the token is taken. Else when to ask again, in milliseconds. */
  take(card: string, urgency: Urgency): number;
  /** Slack said 429: nobody goes before `retryAfterMs`, and the rate falls for a while (another replica spends from the same limit). */
  limited(retryAfterMs: number): void;
}

/**
 * One token bucket: all cards of a workspace (chat.update is Tier 3: 50 a minute for the whole app), or the posts of one channel. A burst
 * after a quiet time is paid back within its minute: no minute holds more than `perMinute`.
 * Whoever must wait is told a time by their place in the line, the most urgent first, so that a crowd does not come back all at once.
 * What is drawn when the turn comes is the newest state: those between are never sent.
 */
export function createBudget(options: {
  readonly perMinute: number;
  readonly burst: number;
  readonly now: () => number;
}): Budget {
  const { perMinute, now } = options;
  const capacity = Math.max(2, Math.min(perMinute, options.burst));
  let rate = perMinute / 60_000;
  let tokens = capacity;
  let filledAtMs = now();
  let blockedUntilMs = 0;
  let asked = 0;
  /** `order`: who asked first; two may ask in the same millisecond. */
  const waiting = new Map<string, { urgency: Urgency; order: number; expectedAtMs: number }>();
  const sentAtMs = new Map<string, number>();
  /** When the messages of the last minute went, oldest first. */
  const minute: number[] = [];

  function refill(atMs: number): void {
    const passedMs = Math.max(0, atMs - filledAtMs);
    tokens = Math.min(capacity, tokens + passedMs * rate);
    rate = Math.min(perMinute / 60_000, rate + (passedMs / 60_000) * (perMinute / 60_000 / 10));
    filledAtMs = atMs;
  }

  function placeInLine(card: string, urgency: Urgency, order: number): number {
    let before = 0;
    for (const [other, waiter] of waiting) {
      if (other === card) continue;
      const isBefore = rank[waiter.urgency] < rank[urgency] || (waiter.urgency === urgency && waiter.order < order);
      if (isBefore) before += 1;
    }
    return before;
  }

  /** How long until the minute that ends then has room for this one and those before it. */
  function minuteWaitMs(atMs: number, urgency: Urgency, before: number): number {
    const allowed = Math.max(1, Math.floor(perMinute * (1 - reserveOfMinute[urgency])));
    const place = minute.length - allowed + before;
    const leaving = place < 0 ? undefined : minute[Math.min(place, minute.length - 1)];
    return leaving === undefined ? 0 : leaving + minuteMs - atMs;
  }

  function forgetOld(atMs: number): void {
    while ((minute[0] ?? atMs) <= atMs - minuteMs) minute.shift();
    for (const [card, waiter] of waiting) if (atMs - waiter.expectedAtMs > lateForTurnMs) waiting.delete(card);
    if (sentAtMs.size < 5000) return;
    for (const [card, sent] of sentAtMs) if (atMs - sent > numbersGapMs) sentAtMs.delete(card);
  }

  return {
    take(card, urgency) {
      const atMs = now();
      refill(atMs);
      forgetOld(atMs);
      const gapMs = urgency === 'numbers' ? numbersGapMs - (atMs - (sentAtMs.get(card) ?? -numbersGapMs)) : 0;
      const known = waiting.get(card);
      asked += 1;
      const order = known?.order ?? asked;
      const before = placeInLine(card, urgency, order);
      const missing = before + 1 + reserve[urgency] * (capacity - 1) - tokens;
      const bucketMs = missing > 0 ? missing / rate : 0;
      const waitMs = Math.max(gapMs, blockedUntilMs - atMs, bucketMs, minuteWaitMs(atMs, urgency, before));
      if (waitMs <= 0) {
        tokens -= 1;
        minute.push(atMs);
        waiting.delete(card);
        sentAtMs.set(card, atMs);
        return 0;
      }
      const toldMs = Math.ceil(Math.max(250, Math.min(waitMs, 60_000)));
      waiting.set(card, { urgency, order, expectedAtMs: atMs + toldMs });
      return toldMs;
    },
    limited(retryAfterMs) {
      const atMs = now();
      refill(atMs);
      blockedUntilMs = Math.max(blockedUntilMs, atMs + retryAfterMs);
      tokens = Math.min(tokens, 1);
      rate = Math.max(perMinute / 60_000 / 5, rate * 0.7);
    },
  };
}
