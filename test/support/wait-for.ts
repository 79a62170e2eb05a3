import { vi } from 'vitest';

/** Waits until `look` no longer throws: as long as a busy machine may take, where Vitest's own waits a second. */
export function waitFor<T>(look: () => T | Promise<T>): Promise<T> {
  return vi.waitFor(look, { timeout: 60_000 });
}
