/** Who is told that keys may have been lost. */
export interface LossListeners {
  add(listener: (why: string) => void): () => void;
  tell(why: string): void;
}

/** Creates an empty list of listeners. */
export function createLossListeners(): LossListeners {
  const listeners = new Set<(why: string) => void>();
  return {
    add(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    tell(why) {
      for (const listener of [...listeners]) listener(why);
    },
  };
}
