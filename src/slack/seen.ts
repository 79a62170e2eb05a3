/** True when this id was asked about within the time; remembers it. */
export function createSeen(options: { readonly ttlMs: number; readonly max: number; readonly now: () => number }) {
  const seenAtMs = new Map<string, number>();
  return (id: string): boolean => {
    const nowMs = options.now();
    for (const [old, atMs] of seenAtMs) {
      // Oldest first: insertion order.
      if (nowMs - atMs <= options.ttlMs && seenAtMs.size < options.max) break;
      seenAtMs.delete(old);
    }
    if (seenAtMs.has(id)) return true;
    seenAtMs.set(id, nowMs);
    return false;
  };
}
