import type { Logger } from 'pino';
import { TerminalError } from '../lib/index.ts';
import type { QueueStore, TakeTurn, TurnKey } from '../queue-stores/index.ts';
import type { TurnOutcome } from './reconcile.ts';

export type TurnTaker = (key: TurnKey, signal: AbortSignal) => Promise<TurnOutcome>;

export interface TurnTools {
  readonly store: Pick<QueueStore, 'wake' | 'nudge'>;
  readonly takers: Readonly<Record<TurnKey['kind'], TurnTaker>>;
  /** False while this replica must not act: the keeper's Lease is stale or another controller's. */
  readonly mayAct: () => boolean;
  /** Keys of other kinds belong to another controller: their turns are none. Absent: all are ours. */
  readonly takes?: (kind: TurnKey['kind']) => boolean;
  /** Aborts when we stop. A rollout's turn and a card's end by themselves; a measurement that was begun is dropped, and taken again. */
  readonly stopping?: AbortSignal;
  readonly log: Logger;
  readonly observeTurn?: (turn: {
    readonly kind: TurnKey['kind'];
    readonly namespace: string;
    readonly name: string;
    readonly seconds: number;
    readonly result: string;
  }) => void;
}

/** A turn that takes longer is cut: its calls are aborted, and the key comes back. */
const turnTimeoutMs: Readonly<Record<TurnKey['kind'], number>> = {
  rollout: 10_000,
  experiment: 10_000,
  deployment: 10_000,
  // Longer than a measurement may take: one that was cut here would never become the Error that its metric counts.
  'analysis-run': 150_000,
  'step-plugin': 90_000,
  card: 30_000,
  builds: 30_000,
};
const firstBackOffMs = 250;
const longestBackOffMs = 10_000;
/** The least delay that the stores keep. */
const leastDelayMs = 250;

/**
 * Our outcomes in the queue's words. Never throws: a turn's back-off is a wake, planned before the turn ends, because a failed job's
 * own retry would starve the nudges that arrive meanwhile.
 */
export function createTakeTurn(tools: TurnTools): TakeTurn {
  const failuresOf = new Map<string, number>();

  return async (key) => {
    const id = `${key.kind}/${key.namespace}/${key.name}`;
    if (tools.takes?.(key.kind) === false) return;
    if (!tools.mayAct()) {
      await tools.store.wake(key, 1000);
      return;
    }
    const startedAt = performance.now();
    const outcome = await attempt(tools, key);
    tools.observeTurn?.({ ...key, seconds: (performance.now() - startedAt) / 1000, result: outcome.result });
    if (outcome.isUnfinished === true) {
      const failures = (failuresOf.get(id) ?? 0) + 1;
      failuresOf.set(id, failures);
      await tools.store.wake(key, backOffMs(failures));
      return;
    }
    failuresOf.delete(id);
    if (outcome.wakeAfterMs !== undefined) {
      await tools.store.wake(key, Math.max(leastDelayMs, Math.ceil(outcome.wakeAfterMs)));
    }
  };
}

async function attempt(tools: TurnTools, key: TurnKey): Promise<TurnOutcome & { readonly result: string }> {
  try {
    const outcome = await tools.takers[key.kind](key, signalOf(tools, key.kind));
    return { ...outcome, result: outcome.isUnfinished === true ? 'unfinished' : 'done' };
  } catch (error) {
    if (error instanceof TerminalError) {
      tools.log.error({ key, err: error }, 'turn given up');
      return { result: 'terminal' };
    }
    if (tools.stopping?.aborted !== true) tools.log.warn({ key, err: error }, 'turn failed, will be taken again');
    return { isUnfinished: true, result: 'failed' };
  }
}

function signalOf({ stopping }: TurnTools, kind: TurnKey['kind']): AbortSignal {
  const timeout = AbortSignal.timeout(turnTimeoutMs[kind]);
  const mayBeCut = kind === 'analysis-run' || kind === 'step-plugin';
  return mayBeCut && stopping !== undefined ? AbortSignal.any([timeout, stopping]) : timeout;
}

/** 250 ms doubling to 10 s, with jitter so that keys which failed together do not come back together. */
function backOffMs(failures: number): number {
  const full = Math.min(longestBackOffMs, firstBackOffMs * 2 ** (failures - 1));
  return Math.max(leastDelayMs, Math.round(full * (0.5 + Math.random() / 2)));
}
