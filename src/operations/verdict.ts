import type { DeliveryRecord, RecordEntry } from '../records/index.ts';
import type { Delivery } from '../rollout/index.ts';

/** How a rollout ended, as its record tells: analysis runs are deleted with time, the record stays. */
export interface Verdict {
  /** Unix ms. */
  readonly atMs: number;
  /** Who ended it: a Slack user, `kubectl`; undefined: its own analysis, or the end of its plan. */
  readonly by: string | undefined;
  /** The person's reason, or the engine's words. */
  readonly text: string;
  /** What each metric said: `success-rate` → `Failed: first 0.99, worst 0.9, last 0.91; limit >= 0.95; 3 failed`. */
  readonly metrics: readonly { readonly name: string; readonly words: string }[];
}

const mostMetrics = 10;

/** The verdict of what is over, or on its way back; undefined while it is under way, or where nothing was recorded. */
export function verdictOf(record: DeliveryRecord | undefined, state: Delivery['state']): Verdict | undefined {
  const entries = record?.entries ?? [];
  switch (state) {
    case 'aborting':
    case 'rolledBack':
    case 'notVerified': {
      const aborted = entries.findLast(({ event }) => event === 'aborted');
      return aborted === undefined ? undefined : verdictFrom(aborted, [aborted]);
    }
    case 'live': {
      const live = entries.findLast(({ event }) => event === 'live');
      const runs = entries.filter(({ event }) => event.startsWith('verdict:'));
      return live === undefined ? undefined : verdictFrom(live, runs);
    }
    default:
      return undefined;
  }
}

function verdictFrom({ at, by, text }: RecordEntry, evidence: readonly RecordEntry[]): Verdict {
  // The newest word of each metric: a step's analysis may run at several weights.
  const metrics = new Map<string, string>();
  for (const { facts } of evidence) {
    for (const [name, words] of Object.entries(facts)) if (name !== 'run') metrics.set(name, words);
  }
  return {
    atMs: Date.parse(at),
    by,
    text,
    metrics: [...metrics].slice(0, mostMetrics).map(([name, words]) => ({ name, words })),
  };
}
