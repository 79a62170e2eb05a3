import { redact } from '../lib/index.ts';

/** Keys whose strings are ours and opaque: a signed value may look like a secret by chance. */
const opaque: ReadonlySet<string> = new Set(['value', 'action_id', 'block_id', 'type', 'ts', 'thread_ts', 'channel']);

/** The same for every string inside a payload: the one boundary that everything passes on its way out. */
export function redactPayload<T>(payload: T): T {
  // The shape is kept: only strings change.
  return walk(payload) as T;
}

function walk(value: unknown): unknown {
  if (typeof value === 'string') return redact(value);
  if (Array.isArray(value)) return value.map(walk);
  if (typeof value !== 'object' || value === null) return value;
  const clean: Record<string, unknown> = {};
  for (const [key, inner] of Object.entries(value)) {
    clean[key] = opaque.has(key) && typeof inner === 'string' ? inner : walk(inner);
  }
  return clean;
}
