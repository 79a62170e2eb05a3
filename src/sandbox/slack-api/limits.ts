import type { Method } from './call.ts';

/** Posts to one channel that may come at once before the one-per-second rule bites. */
const burst = 4;
const windowMs = 60_000;

export interface Limits {
  /** Counts this call; returns the seconds to wait when it is one too many. */
  take(name: string, method: Method, channel: string): number | undefined;
}

/** Slack's published rate limits: so many calls of a method in any minute, and one post a second for a channel. */
export function createLimits(nowMs: () => number): Limits {
  const minutes = new Map<string, number[]>();
  const channels = new Map<string, { tokens: number; atMs: number }>();

  function takeMinute(name: string, perMinute: number): number | undefined {
    const now = nowMs();
    const recent = (minutes.get(name) ?? []).filter((atMs) => atMs > now - windowMs);
    minutes.set(name, recent);
    const [oldest] = recent;
    if (recent.length >= perMinute && oldest !== undefined) return Math.ceil((oldest + windowMs - now) / 1000);
    recent.push(now);
    return undefined;
  }

  function takeChannel(key: string, perSecond: number): number | undefined {
    const now = nowMs();
    const bucket = channels.get(key) ?? { tokens: burst, atMs: now };
    const tokens = Math.min(burst, bucket.tokens + ((now - bucket.atMs) / 1000) * perSecond);
    channels.set(key, { tokens: tokens >= 1 ? tokens - 1 : tokens, atMs: now });
    return tokens >= 1 ? undefined : Math.max(1, Math.ceil((1 - tokens) / perSecond));
  }

  return {
    take(name, method, channel) {
      if (method.perSecondAndChannel !== undefined)
        return takeChannel(`${name} ${channel}`, method.perSecondAndChannel);
      return method.perMinute === undefined ? undefined : takeMinute(name, method.perMinute);
    },
  };
}
