import type { Traffic } from './traffic.ts';

/** Host → requests per second. */
export type Load = ReadonlyMap<string, number>;

const TICK_MS = 50;
// After a long pause of the process at most this much is made up for.
const MOST_ARREARS_MS = 1000;

/**
 * Reads the `load` ConfigMap: each key a host, each value its requests per second (empty: `ordinaryRate`).
 * What does not read as a number is left out and named.
 */
export function parseLoad(
  data: Readonly<Record<string, string>>,
  ordinaryRate: number,
  onProblem: (message: string) => void,
): Load {
  const load = new Map<string, number>();
  for (const [host, text] of Object.entries(data)) {
    const rate = text.trim() === '' ? ordinaryRate : Number(text);
    if (Number.isFinite(rate) && rate >= 0) load.set(host, rate);
    else onProblem(`load, ${host}: ${JSON.stringify(text)} is not a number of requests per second`);
  }
  return load;
}

/** Sends the configured requests through the routing code itself, without sockets. */
export function startLoad(traffic: Traffic, load: () => Load): { stop(): void } {
  // A host owes requests from the moment a pod behind it was first ready: nobody visits a shop before it opens.
  const owed = new Map<string, number>();
  let lastMs = performance.now();
  let ticks = 0;

  const timer = setInterval(() => {
    const nowMs = performance.now();
    const elapsedMs = Math.min(nowMs - lastMs, MOST_ARREARS_MS);
    lastMs = nowMs;
    ticks += 1;
    for (const [host, requestsPerSecond] of load()) {
      const arrears = owed.get(host);
      const isServing = ticks % 10 === 1 && traffic.introduce(host);
      if (arrears === undefined && !isServing) continue;
      let due = (arrears ?? 0) + (requestsPerSecond * elapsedMs) / 1000;
      for (; due >= 1; due -= 1) traffic.send({ host, path: '/', method: 'GET', headers: {} });
      owed.set(host, due);
    }
  }, TICK_MS);
  return { stop: () => clearInterval(timer) };
}
