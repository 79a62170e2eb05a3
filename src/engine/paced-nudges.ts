import type { TurnKey } from '../queue-stores/index.ts';

/**
 * How long the first change of a key waits for the ones behind it. A rollout's changes that arrive together are one nudge. A card
 * waits until the turn that moved its rollout is likely over: one edit then shows what three would have shown one after the other.
 */
const gatherMs: Readonly<Record<TurnKey['kind'], number>> = {
  rollout: 0,
  experiment: 0,
  deployment: 0,
  'analysis-run': 0,
  'step-plugin': 0,
  card: 150,
  builds: 0,
};

export interface PacedNudges {
  add(key: TurnKey): void;
  /** Forgets what was not sent: whoever takes over looks at every key. */
  stop(): void;
}

/** Sends one nudge for all changes of a key within its time. Memory only, as short as that: what dies with it is resynced. */
export function createPacedNudges(send: (key: TurnKey) => void): PacedNudges {
  const waiting = new Map<string, NodeJS.Timeout>();

  return {
    add(key) {
      const id = `${key.kind}/${key.namespace}/${key.name}`;
      if (waiting.has(id)) return;
      const timer = setTimeout(() => {
        waiting.delete(id);
        send(key);
      }, gatherMs[key.kind]);
      waiting.set(id, timer);
    },
    stop() {
      for (const timer of waiting.values()) clearTimeout(timer);
      waiting.clear();
    },
  };
}
