import { expect, test } from 'vitest';
import type { TurnOutcome } from '../../../src/engine/reconcile.ts';
import { createTakeTurn, type TurnTaker, type TurnTools } from '../../../src/engine/turn.ts';
import { TerminalError } from '../../../src/lib/index.ts';
import type { TurnKey } from '../../../src/queue-stores/index.ts';
import { silentLog } from '../../support/silent-log.ts';

const key: TurnKey = { kind: 'rollout', namespace: 'shop', name: 'checkout' };

function aReplica(take: TurnTaker, tools: Partial<TurnTools> = {}) {
  const wakes: number[] = [];
  const results: string[] = [];
  const takeTurn = createTakeTurn({
    store: {
      async wake(_key, delayMs) {
        wakes.push(delayMs);
      },
      nudge: async () => undefined,
    },
    takers: {
      rollout: take,
      experiment: take,
      deployment: take,
      'analysis-run': take,
      'step-plugin': take,
      card: take,
      builds: take,
    },
    mayAct: () => true,
    observeTurn: ({ result }) => results.push(result),
    log: silentLog,
    ...tools,
  });
  return { wakes, results, takeTurn };
}

test('what a turn comes to is what its key is woken for', async () => {
  const table: readonly (readonly [TurnOutcome, readonly number[]])[] = [
    [{}, []],
    [{ wakeAfterMs: 5000.2 }, [5001]],
    [{ wakeAfterMs: 0 }, [250]],
    [{ wakeAfterMs: -3 }, [250]],
  ];
  for (const [outcome, expected] of table) {
    const { wakes, takeTurn } = aReplica(async () => outcome);
    await takeTurn(key);
    expect(wakes).toEqual(expected);
  }
});

test('a turn that fails comes back later each time, at most after ten seconds, and soon again after a success', async () => {
  let isBroken = true;
  const { wakes, results, takeTurn } = aReplica(async () => {
    if (isBroken) throw new Error('the API server is down');
    return {};
  });
  for (let times = 0; times < 12; times++) await takeTurn(key);
  expect(wakes).toHaveLength(12);
  for (const [index, delayMs] of wakes.entries()) {
    const full = Math.min(10_000, 250 * 2 ** index);
    expect(delayMs).toBeGreaterThanOrEqual(Math.max(250, full / 2));
    expect(delayMs).toBeLessThanOrEqual(full);
  }
  isBroken = false;
  await takeTurn(key);
  isBroken = true;
  await takeTurn(key);
  expect(wakes.at(-1)).toBeLessThanOrEqual(250);
  expect(results).toEqual([...Array<string>(12).fill('failed'), 'done', 'failed']);
});

test('keys fail each for itself, and a turn that ran out of looks comes back as one that failed', async () => {
  const { wakes, takeTurn } = aReplica(async ({ name }) => ({ isUnfinished: name === 'checkout' }));
  for (let times = 0; times < 4; times++) await takeTurn(key);
  await takeTurn({ ...key, name: 'cart' });
  expect(wakes).toHaveLength(4);
});

test('what can never succeed is given up', async () => {
  const { wakes, results, takeTurn } = aReplica(async () => {
    throw new TerminalError('gone');
  });
  await takeTurn(key);
  expect({ wakes, results }).toEqual({ wakes: [], results: ['terminal'] });
});

test('a replica that must not act keeps the key for one that may', async () => {
  let turns = 0;
  const { wakes, takeTurn } = aReplica(
    async () => {
      turns += 1;
      return {};
    },
    { mayAct: () => false },
  );
  await takeTurn(key);
  expect({ wakes, turns }).toEqual({ wakes: [1000], turns: 0 });
});

test('a service that stops interrupts a measurement, which is taken again, and lets a rollout end its turn', async () => {
  const stopping = new AbortController();
  const ended = Promise.withResolvers<void>();
  const { wakes, takeTurn } = aReplica(
    (_key, signal) =>
      new Promise((resolve, reject) => {
        signal.addEventListener('abort', () => reject(signal.reason));
        void ended.promise.then(() => resolve({}));
      }),
    { stopping: stopping.signal },
  );
  const measuring = takeTurn({ ...key, kind: 'analysis-run' });
  const moving = takeTurn(key);
  stopping.abort(new Error('the service stops'));
  await measuring;
  expect(wakes).toHaveLength(1);
  ended.resolve();
  await moving;
  expect(wakes).toHaveLength(1);
});
