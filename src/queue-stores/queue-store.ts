/** What a turn is about. The cluster remembers everything else: a job carries a key and nothing more. */
export interface TurnKey {
  readonly kind: 'rollout' | 'experiment' | 'deployment' | 'analysis-run' | 'step-plugin' | 'card' | 'builds';
  readonly namespace: string;
  readonly name: string;
}

/** What a store says of itself. */
export type QueueReport =
  | {
      readonly kind: 'redis';
      readonly isHealthy: true;
      readonly version: string;
      /** `maxmemory-policy` */
      readonly policy: string;
      readonly isAppendOnly: boolean;
      readonly roundTripMs: number;
    }
  | { readonly kind: 'redis'; readonly isHealthy: false }
  | { readonly kind: 'embedded' | 'in-process'; readonly isHealthy: boolean };

/** Takes one turn. It never throws to the store: its back-off is a wake, planned before it ends. */
export type TakeTurn = (key: TurnKey) => Promise<void>;

/**
 * Keeps wake-ups. The promises that every store keeps, held by one contract suite:
 * - a nudge that comes while a turn of its key runs leads to another turn after it;
 * - normally one turn at a time per key, over all processes on the store;
 * - a wake never swallows a nudge, and a nudge never swallows a wake;
 * - losing the store's content costs a delay, never more: `onLoss` fires and everything is nudged again.
 */
export interface QueueStore {
  readonly kind: 'redis' | 'embedded' | 'in-process';
  /** As soon as possible. Urgent ones (a person's click, an abort) go before everything that waits. */
  nudge(key: TurnKey, options?: { readonly urgent?: boolean }): Promise<void>;
  /** After `delayMs` (whole, at least 250). Replaces the wake planned before for this key. */
  wake(key: TurnKey, delayMs: number): Promise<void>;
  /** After about `delayMs`, unless anything is planned for this key already. */
  resync(key: TurnKey, delayMs: number): Promise<void>;
  /** Starts taking turns. Resolves when the store is ready. */
  start(takeTurn: TakeTurn): Promise<void>;
  /** Stops taking turns; waits for those under way (at most 10 s). */
  stop(): Promise<void>;
  /** Called when the store may have lost keys: content gone, reconnect, failed job. The caller resyncs. Returns an unsubscribe. */
  onLoss(listener: (why: string) => void): () => void;
  /** Whether the store answers now. */
  isHealthy(): boolean;
  /** For metrics and the bench: jobs waiting and planned, as far as the store can say cheaply. */
  /** What it is and how it is set up, asked now: for `doctor`. */
  report(): Promise<QueueReport>;
  counts(): Promise<{ readonly waiting: number; readonly planned: number; readonly active: number }>;
}
