import { setTimeout as sleep } from 'node:timers/promises';
import type { Logger } from 'pino';
import { allLanes, atOnce, keyId, type Lane, laneOf, wholeDelayMs } from './key-id.ts';
import { createLossListeners } from './loss-listeners.ts';
import type { QueueStore, TakeTurn, TurnKey } from './queue-store.ts';

export interface InProcessSettings {
  readonly log: Logger;
}

/** What an in-process store holds, when another store takes over from it. */
export interface HeldKeys {
  readonly urgent: readonly TurnKey[];
  readonly waiting: readonly TurnKey[];
  readonly planned: readonly { readonly key: TurnKey; readonly inMs: number }[];
}

/** An in-process store; it can be started again after `stop`, and keeps what it holds in between. */
export interface InProcessStore extends QueueStore {
  readonly kind: 'in-process';
  /** Gives away everything it holds. */
  takeAll(): HeldKeys;
}

const LONGEST_STOP_MS = 10_000;
const RETRY_MS = 5_000;

/** Creates a store in this process's memory: of fast tests, and of the keeper while Redis is gone. */
export function createInProcessStore(settings: InProcessSettings): InProcessStore {
  const losses = createLossListeners();
  /** In the order of their turns; every urgent one goes before all others. */
  const urgent = new Map<string, TurnKey>();
  const waiting = new Map<string, TurnKey>();
  const running = new Map<string, Promise<void>>();
  const free: Record<Lane, number> = { ...atOnce };
  /** Nudged while their turn ran: true where one of the nudges was urgent. */
  const again = new Map<string, boolean>();
  const planned = new Map<string, { readonly key: TurnKey; readonly dueAtMs: number; timer?: NodeJS.Timeout }>();
  let takeTurn: TakeTurn | undefined;

  function enqueue(key: TurnKey, isUrgent: boolean): void {
    const id = keyId(key);
    if (running.has(id)) {
      again.set(id, isUrgent || again.get(id) === true);
      return;
    }
    if (isUrgent) {
      waiting.delete(id);
      urgent.set(id, key);
    } else if (!urgent.has(id)) {
      waiting.set(id, key);
    }
    takeNext();
  }

  function takeNext(): void {
    for (const line of [urgent, waiting]) {
      for (const [id, key] of line) {
        if (takeTurn === undefined || allLanes.every((lane) => free[lane] === 0)) return;
        const lane = laneOf(key);
        if (free[lane] === 0) continue;
        free[lane] -= 1;
        line.delete(id);
        running.set(id, runTurn(takeTurn, id, key));
      }
    }
  }

  async function runTurn(take: TakeTurn, id: string, key: TurnKey): Promise<void> {
    try {
      // The caller of `nudge` must not find itself inside a turn.
      await Promise.resolve();
      await take(key);
    } catch (error) {
      settings.log.error({ err: error, ...key }, 'turn threw, which it never should');
      if (!planned.has(id)) plan(key, RETRY_MS);
    } finally {
      running.delete(id);
      free[laneOf(key)] += 1;
      const isUrgent = again.get(id);
      again.delete(id);
      if (isUrgent !== undefined) enqueue(key, isUrgent);
      takeNext();
    }
  }

  function plan(key: TurnKey, delayMs: number): void {
    const id = keyId(key);
    clearTimeout(planned.get(id)?.timer);
    planned.set(id, { key, dueAtMs: performance.now() + wholeDelayMs(delayMs) });
    if (takeTurn !== undefined) arm(id);
  }

  function arm(id: string): void {
    const plannedWake = planned.get(id);
    if (plannedWake === undefined) return;
    plannedWake.timer = setTimeout(
      () => {
        planned.delete(id);
        enqueue(plannedWake.key, false);
      },
      Math.max(0, plannedWake.dueAtMs - performance.now()),
    );
  }

  return {
    kind: 'in-process',
    async nudge(key, options) {
      enqueue(key, options?.urgent === true);
    },
    async wake(key, delayMs) {
      plan(key, delayMs);
    },
    async resync(key, delayMs) {
      if (!planned.has(keyId(key))) plan(key, delayMs);
    },
    async start(take) {
      takeTurn = take;
      for (const id of planned.keys()) arm(id);
      takeNext();
    },
    async stop() {
      takeTurn = undefined;
      for (const { timer } of planned.values()) clearTimeout(timer);
      const deadline = new AbortController();
      await Promise.race([
        Promise.all(running.values()),
        sleep(LONGEST_STOP_MS, undefined, { signal: deadline.signal }).catch(() => undefined),
      ]);
      deadline.abort();
    },
    onLoss: losses.add,
    isHealthy: () => true,
    report: async () => ({ kind: 'in-process', isHealthy: true }),
    async counts() {
      return { waiting: urgent.size + waiting.size + again.size, planned: planned.size, active: running.size };
    },
    takeAll() {
      const held = {
        urgent: [...urgent.values()],
        waiting: [...waiting.values()],
        planned: [...planned.values()].map((one) => ({ key: one.key, inMs: one.dueAtMs - performance.now() })),
      };
      for (const { timer } of planned.values()) clearTimeout(timer);
      urgent.clear();
      waiting.clear();
      planned.clear();
      return held;
    },
  };
}
