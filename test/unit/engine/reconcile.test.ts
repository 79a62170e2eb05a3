import { expect, test } from 'vitest';
import type { Carried, Observation } from '../../../src/engine/observe.ts';
import { perform } from '../../../src/engine/perform.ts';
import { type ReconcileTools, reconcile } from '../../../src/engine/reconcile.ts';
import { ConflictError } from '../../../src/lib/index.ts';
import type { Effect, Rollout } from '../../../src/rollout/index.ts';
import { aRollout } from '../../support/builders.ts';
import { silentLog } from '../../support/silent-log.ts';

const writeStatus: Effect = { kind: 'writeStatus', status: {} };
const setWeight: Effect = { kind: 'setWeight', canaryWeight: 10, canaryPodHash: 'c', stablePodHash: 's' };
const scale: Effect = { kind: 'scaleReplicaSet', name: 'checkout-c', uid: 'u', from: 0, to: 1 };

/** Plays one turn whose decisions are told beforehand; tells what every decision was made on. */
async function play(decisions: readonly (readonly Effect[])[], conflictOn?: Effect): Promise<readonly string[]> {
  const looks: string[] = [];
  const left = [...decisions];
  let version = 0;
  let isFirstWrite = true;
  const versioned = (rollout: Rollout): Rollout => {
    version += 1;
    return { ...rollout, metadata: { ...rollout.metadata, resourceVersion: `v${version}` } };
  };
  const seenOf = ({ rollout, routers, isRolloutLatest }: Omit<Carried, 'analysisRuns'>): Observation => ({
    // Only what reconcile and perform look at.
    world: { rollout, analysisRuns: [] as const } as unknown as Observation['world'],
    routers,
    isRolloutLatest,
  });
  const write = async <T>(effect: Effect, answer: T): Promise<T> => {
    if (effect === conflictOn && isFirstWrite) {
      isFirstWrite = false;
      throw new ConflictError('somebody else wrote first');
    }
    return answer;
  };
  const tools: ReconcileTools = {
    async observe() {
      looks.push('live');
      return seenOf({ rollout: aRollout().build(), routers: [], isRolloutLatest: true, refusedEvictions: [] });
    },
    async observeAgain(carried) {
      looks.push(`answers, ${carried.isRolloutLatest ? 'latest' : 'older'}`);
      return seenOf(carried);
    },
    releaseServices: async () => undefined,
    decide: () => ({ effects: left[0] ?? [] }),
    async perform(effects, seen, signal) {
      left.shift();
      return perform(
        effects,
        seen,
        {
          rollouts: { writeStatus: (rollout: Rollout) => write(writeStatus, versioned(rollout)) },
          workloads: { scale: () => write(scale, undefined) },
          sendEvent: () => undefined,
        } as unknown as Parameters<typeof perform>[2],
        signal,
      );
    },
    nowMs: () => 0,
    log: silentLog,
  };
  await reconcile({ namespace: 'shop', name: 'checkout' }, tools, AbortSignal.timeout(5000));
  return looks;
}

test('after a write of the Rollout the next look is made from its answer', async () => {
  expect(await play([[writeStatus], [writeStatus]])).toEqual(['live', 'answers, latest', 'answers, latest']);
});

test('after any other write only the Rollout itself may be written without a new read', async () => {
  expect(await play([[scale], [writeStatus]])).toEqual(['live', 'answers, older', 'answers, latest']);
  expect(await play([[writeStatus, setWeight], [writeStatus]])).toEqual(['live', 'answers, older', 'answers, latest']);
});

test('a raise, a scale or a switch is never decided on a Rollout older than our last write elsewhere', async () => {
  expect(await play([[setWeight], [scale]])).toEqual(['live', 'answers, older', 'live', 'answers, older']);
  expect(await play([[scale], [setWeight]])).toEqual(['live', 'answers, older', 'live', 'answers, older']);
  expect(await play([[writeStatus], [setWeight]])).toEqual(['live', 'answers, latest', 'answers, older']);
});

test('after a lost race everything is read again', async () => {
  expect(await play([[writeStatus], [writeStatus]], writeStatus)).toEqual(['live', 'live', 'answers, latest']);
  expect(await play([[scale], []], scale)).toEqual(['live', 'live']);
});
