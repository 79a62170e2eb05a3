import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { QueueStore, TurnKey } from '../../../src/queue-stores/index.ts';

/** Long enough that nothing planned for it comes during a test. */
const FAR_MS = 600_000;
const TURNS_AT_ONCE = 20;

/** Turns as one test sees them: what began, in order, and what each does. */
interface Stage {
  readonly began: string[];
  readonly overlaps: string[];
  act: (key: TurnKey) => Promise<void>;
}

/**
 * The promises of `QueueStore`, for every member. `open` gives a store that nothing else uses; it is opened once for most tests,
 * because some stores take seconds to open: tests keep apart by the namespace of their keys.
 */
export function describeQueueStore(name: string, open: () => Promise<QueueStore>): void {
  describe(`${name} keeps wake-ups`, () => {
    const stages = new Map<string, Stage>();
    const running = new Set<string>();
    let store: QueueStore;
    let count = 0;

    async function takeTurn(key: TurnKey): Promise<void> {
      const stage = stages.get(key.namespace);
      if (stage === undefined) return;
      const id = `${key.namespace}/${key.name}`;
      if (running.has(id)) stage.overlaps.push(key.name);
      running.add(id);
      stage.began.push(key.name);
      try {
        await stage.act(key);
      } finally {
        running.delete(id);
      }
    }

    function setStage(act: Stage['act'] = async () => undefined) {
      const namespace = `test-${count++}`;
      const stage: Stage = { began: [], overlaps: [], act };
      stages.set(namespace, stage);
      return { stage, key: (keyName: string): TurnKey => ({ kind: 'rollout', namespace, name: keyName }) };
    }

    beforeAll(async () => {
      store = await open();
      await store.start(takeTurn);
    });
    afterAll(() => store.stop());

    test('a nudge leads to a turn', async () => {
      const { stage, key } = setStage();
      await store.nudge(key('a'));
      await until(() => stage.began.length === 1);
    });

    test('kinds, namespaces and names are told apart, and the key arrives whole', async () => {
      const seen: TurnKey[] = [];
      const { key } = setStage(async (one) => {
        seen.push(one);
      });
      const keys = [key('a'), key('b'), { ...key('a'), kind: 'card' } as const];
      for (const one of keys) await store.nudge(one);
      await until(() => seen.length === 3);
      expect(seen).toEqual(expect.arrayContaining(keys));
    });

    test('a nudge during a turn leads to one more turn after it', async () => {
      const gate = createGate();
      const { stage, key } = setStage(() => gate.passed);
      await store.nudge(key('a'));
      await until(() => stage.began.length === 1);
      for (let times = 0; times < 5; times++) await store.nudge(key('a'));
      gate.open();
      await until(() => stage.began.length === 2);
      await settle(store, setStage());
      expect(stage).toMatchObject({ began: ['a', 'a'], overlaps: [] });
    });

    test('a wake planned by the turn itself does not swallow the nudge that came during it', async () => {
      const gate = createGate();
      const { stage, key } = setStage(async (one) => {
        await gate.passed;
        await store.wake(one, FAR_MS);
      });
      await store.nudge(key('a'));
      await until(() => stage.began.length === 1);
      await store.nudge(key('a'));
      gate.open();
      await until(() => stage.began.length === 2);
    });

    test('a nudge after the wake was planned does not wait for it, also while the turn still runs (back-off)', async () => {
      const gate = createGate();
      const { stage, key } = setStage(async (one) => {
        await store.wake(one, FAR_MS);
        await gate.passed;
      });
      await store.nudge(key('a'));
      await until(() => stage.began.length === 1);
      await store.nudge(key('a'));
      gate.open();
      await until(() => stage.began.length === 2);
    });

    test('a nudge does not swallow a planned wake', async () => {
      const { stage, key } = setStage(async (one) => {
        if (stage.began.length <= 2) await store.wake(one, 400);
      });
      await store.nudge(key('a'));
      await until(() => stage.began.length === 1);
      await store.nudge(key('a'));
      // The first turn, the nudge's, and the wake's: the two wakes became one.
      await until(() => stage.began.length === 3);
    });

    test('a wake that is due while a turn of its key runs leads to a turn after it', async () => {
      const gate = createGate();
      const { stage, key } = setStage(() => gate.passed);
      await store.nudge(key('a'));
      await until(() => stage.began.length === 1);
      await store.wake(key('a'), 250);
      await sleep(600);
      gate.open();
      await until(() => stage.began.length === 2);
    });

    test('a later wake takes the place of the earlier one', async () => {
      const { stage, key } = setStage();
      await store.wake(key('sooner'), FAR_MS);
      await store.wake(key('sooner'), 300);
      await store.wake(key('later'), 300);
      await store.wake(key('later'), FAR_MS);
      await until(() => stage.began.length === 1);
      await settle(store, setStage());
      expect(stage.began).toEqual(['sooner']);
    });

    test('a wake can be planned again and again by its own turns', async () => {
      const { stage, key } = setStage(async (one) => {
        if (stage.began.length < 4) await store.wake(one, 250);
      });
      await store.nudge(key('a'));
      await until(() => stage.began.length === 4);
      await settle(store, setStage());
      expect(stage).toMatchObject({ began: ['a', 'a', 'a', 'a'], overlaps: [] });
    });

    test('a resync is dropped where something is planned, and taken where nothing is', async () => {
      const { stage, key } = setStage();
      await store.wake(key('planned'), FAR_MS);
      await store.resync(key('planned'), 250);
      await store.resync(key('idle'), 250);
      await until(() => stage.began.length === 1);
      await settle(store, setStage());
      expect(stage.began).toEqual(['idle']);
    });

    test('a resync gives way to a wake', async () => {
      const { stage, key } = setStage();
      await store.resync(key('a'), FAR_MS);
      await store.wake(key('a'), 250);
      await until(() => stage.began.length === 1);
    });

    test('delays may be fractions, tiny, or longer than a timer can hold', async () => {
      const { stage, key } = setStage();
      await store.wake(key('fraction'), 250.7);
      await store.wake(key('tiny'), 0.1);
      await store.wake(key('past'), -5);
      await store.wake(key('distant'), 40 * 86_400_000);
      await until(() => stage.began.length === 3);
      await settle(store, setStage());
      expect(stage.began.toSorted()).toEqual(['fraction', 'past', 'tiny']);
      await expect(store.wake(key('never'), Number.NaN)).rejects.toThrow('not a number');
    });

    test('an urgent nudge of the last of 300 waiting keys goes before the others', async () => {
      const gate = createGate();
      const { stage, key } = setStage((one) => (one.name.startsWith('busy') ? gate.passed : Promise.resolve()));
      for (let n = 0; n < TURNS_AT_ONCE; n++) await store.nudge(key(`busy-${n}`));
      await until(() => stage.began.length === TURNS_AT_ONCE);
      for (let n = 0; n < 300; n++) await store.nudge(key(`waiting-${n}`));
      await store.nudge(key('waiting-299'), { urgent: true });
      gate.open();
      await until(() => stage.began.length === TURNS_AT_ONCE + 300);
      // One round of slots may be handed out at once.
      expect(stage.began.indexOf('waiting-299')).toBeLessThan(2 * TURNS_AT_ONCE);
    });

    test('measurements and cards that hang hold up no rollout', async () => {
      const gate = createGate();
      const { stage, key } = setStage((one) => (one.kind === 'rollout' ? Promise.resolve() : gate.passed));
      for (let n = 0; n < 100; n++) {
        await store.nudge({ ...key(`run-${n}`), kind: 'analysis-run' });
        await store.nudge({ ...key(`card-${n}`), kind: 'card' });
      }
      await store.nudge(key('aborted'));
      await until(() => stage.began.includes('aborted'));
      gate.open();
      await until(() => stage.began.length === 201);
    });

    test('cards that hang hold up no measurement', async () => {
      const gate = createGate();
      const { stage, key } = setStage((one) => (one.kind === 'card' ? gate.passed : Promise.resolve()));
      for (let n = 0; n < 100; n++) await store.nudge({ ...key(`card-${n}`), kind: 'card' });
      await store.nudge({ ...key('run'), kind: 'analysis-run' });
      await until(() => stage.began.includes('run'));
      gate.open();
      await until(() => stage.began.length === 101);
    });

    test('a plain nudge does not take the place of an urgent one that waits for its turn to end', async () => {
      const gate = createGate();
      const clicked = createGate();
      const { stage, key } = setStage(async (one) => {
        if (one.name.startsWith('busy')) await gate.passed;
        if (one.name === 'clicked') await clicked.passed;
        await sleep(20);
      });
      await store.nudge(key('clicked'));
      for (let n = 1; n < TURNS_AT_ONCE; n++) await store.nudge(key(`busy-${n}`));
      await until(() => stage.began.length === TURNS_AT_ONCE);
      for (let n = 0; n < 300; n++) await store.nudge(key(`waiting-${n}`));
      await store.nudge(key('clicked'), { urgent: true });
      await store.nudge(key('clicked'));
      // Only the slot of `clicked` moves for now, so that all 300 cannot be done before the urgent one is put ahead.
      clicked.open();
      await until(() => stage.began.filter((one) => one === 'clicked').length === 2);
      const position = stage.began.lastIndexOf('clicked');
      gate.open();
      await until(() => stage.began.length === TURNS_AT_ONCE + 301);
      expect(position).toBeLessThan(TURNS_AT_ONCE + 100);
    });

    test('under a storm of nudges no turn overlaps another of its key, and the last nudge is served', async () => {
      const servedAt = new Map<string, number>();
      let clock = 0;
      const { stage, key } = setStage(async (one) => {
        servedAt.set(one.name, clock);
        await sleep(5);
      });
      const nudgedAt = new Map<string, number>();
      for (let round = 0; round < 40; round++) {
        for (let n = 0; n < 10; n++) {
          clock += 1;
          nudgedAt.set(`key-${n}`, clock);
          await store.nudge(key(`key-${n}`), { urgent: round % 7 === 0 });
        }
        await sleep(round % 5);
      }
      await until(() => [...nudgedAt].every(([one, at]) => (servedAt.get(one) ?? 0) >= at));
      expect(stage.overlaps).toEqual([]);
    });

    test('counts what waits and what is planned', async () => {
      const before = await store.counts();
      const { key } = setStage();
      for (let n = 0; n < 7; n++) await store.wake(key(`planned-${n}`), FAR_MS);
      expect((await store.counts()).planned).toBe(before.planned + 7);
    });

    test('a turn that throws does not stop the others, and its key comes again', async () => {
      const { stage, key } = setStage(async (one) => {
        if (one.name === 'bad' && stage.began.filter((name) => name === 'bad').length === 1)
          throw new Error('planned by a test');
      });
      await store.nudge(key('bad'));
      await store.nudge(key('good'));
      await until(() => stage.began.filter((one) => one === 'bad').length === 2);
      expect(stage.began).toContain('good');
    });

    test('is healthy while it answers', async () => {
      await until(() => store.isHealthy());
    });

    test('stop waits for the turns under way, and takes no more', async () => {
      const other = await open();
      const gate = createGate();
      const began: string[] = [];
      const ended: string[] = [];
      await other.start(async (key) => {
        began.push(key.name);
        await gate.passed;
        ended.push(key.name);
      });
      const key = { kind: 'card', namespace: 'stop', name: 'a' } as const;
      await other.nudge(key);
      await until(() => began.length === 1);
      await other.nudge(key);
      const stopped = other.stop();
      setTimeout(gate.open, 200);
      await stopped;
      expect(ended).toEqual(['a']);
      await sleep(300);
      expect(began).toEqual(['a']);
    });
  });
}

/** Waits until it is so; the test's own timeout ends it. */
export async function until(isSo: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await isSo())) await sleep(10);
}

/** Lets everything that would come wrongly come: a wake planned after it has come and gone. */
async function settle(
  store: QueueStore,
  { stage, key }: { stage: Stage; key: (name: string) => TurnKey },
): Promise<void> {
  await store.wake(key('settle'), 600);
  await until(() => stage.began.length === 1);
}

function createGate(): { readonly passed: Promise<void>; readonly open: () => void } {
  let open: () => void = () => undefined;
  const passed = new Promise<void>((resolve) => {
    open = resolve;
  });
  return { passed, open };
}
