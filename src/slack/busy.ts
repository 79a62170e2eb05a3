/** Work that nobody waits for but a stop. */
export function createBusy() {
  const busy = new Set<Promise<void>>();
  return {
    run(work: Promise<void>): Promise<void> {
      const tracked = work.finally(() => busy.delete(tracked));
      busy.add(tracked);
      return tracked;
    },
    /** Waits for all of it, and no longer than this. */
    async settle(mostMs: number): Promise<void> {
      const { promise: tooLong, resolve } = Promise.withResolvers<void>();
      const timer = setTimeout(resolve, mostMs);
      await Promise.race([Promise.allSettled(busy), tooLong]);
      clearTimeout(timer);
    },
  };
}
