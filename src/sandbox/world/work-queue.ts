/** Keys waiting for a look: each at most once, one look at a time per key, failed looks again with back-off. */
export type WorkQueue = {
  /** Asks for a look at `key`, at the latest `afterMs` from now. */
  add(key: string, afterMs?: number): void;
  stop(): void;
};

export type WorkQueueOptions = {
  readonly look: (key: string) => Promise<void>;
  readonly concurrency: number;
  /** How long changes of the same key are gathered before a look. */
  readonly gatherMs: number;
  readonly onProblem: (message: string) => void;
};

export function createWorkQueue(options: WorkQueueOptions): WorkQueue {
  const waiting = new Map<string, { readonly dueMs: number; readonly timer: NodeJS.Timeout }>();
  const ready = new Set<string>();
  const running = new Set<string>();
  const failures = new Map<string, number>();
  let isStopped = false;

  function add(key: string, afterMs = options.gatherMs): void {
    if (isStopped || ready.has(key)) return;
    const dueMs = performance.now() + afterMs;
    const earlier = waiting.get(key);
    if (earlier !== undefined) {
      if (earlier.dueMs <= dueMs) return;
      clearTimeout(earlier.timer);
    }
    const timer = setTimeout(() => {
      waiting.delete(key);
      ready.add(key);
      pump();
    }, afterMs);
    waiting.set(key, { dueMs, timer });
  }

  function pump(): void {
    for (const key of ready) {
      if (running.size >= options.concurrency) return;
      if (running.has(key)) continue;
      ready.delete(key);
      running.add(key);
      void run(key);
    }
  }

  async function run(key: string): Promise<void> {
    try {
      await options.look(key);
      failures.delete(key);
    } catch (error) {
      if (isStopped) return;
      const count = (failures.get(key) ?? 0) + 1;
      failures.set(key, count);
      // A conflict or a deletion in between is the ordinary course of things; only lasting trouble is told.
      if (count === 4) options.onProblem(`${key}: ${String(error)}`);
      add(key, Math.min(5000, 25 * 2 ** count) * (0.5 + Math.random()));
    } finally {
      running.delete(key);
      pump();
    }
  }

  return {
    add,
    stop() {
      isStopped = true;
      for (const { timer } of waiting.values()) clearTimeout(timer);
      waiting.clear();
      ready.clear();
    },
  };
}
