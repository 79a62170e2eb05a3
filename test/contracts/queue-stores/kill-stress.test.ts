import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { pino } from 'pino';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createRedisStore } from '../../../src/queue-stores/index.ts';
import { hasRedisServer, type RedisServer, startRedisServer } from '../../support/redis-server.ts';

/** More on demand: `STRESS_SEEDS=1,2,3 STRESS_SECONDS=60 vitest run --project contracts kill-stress`. */
const SEEDS = (process.env.STRESS_SEEDS ?? '20261120').split(',').map(Number);
const KILLING_MS = Number(process.env.STRESS_SECONDS ?? '6') * 1_000;
const PROCESSES = 3;
const KEYS = 30;
/** A slow machine takes longer for them. */
const LEAST_KILLS = 4;
const LEAST_NUDGES = 10 * KEYS;

/** One turn as its process told it. It has no `endedNs` while it runs, and where its process was killed. */
interface Turn {
  readonly key: string;
  readonly beganNs: bigint;
  endedNs?: bigint;
  killedNs?: bigint;
}

interface Taker {
  readonly child: ChildProcess;
  readonly running: Map<string, Turn>;
  readonly ready: Promise<void>;
  /** Resolves when all that it told was read. */
  readonly toldAll: Promise<unknown>;
}

describe.skipIf(!hasRedisServer())('with processes killed at any moment', () => {
  let server: RedisServer;
  const takers: Taker[] = [];
  beforeAll(async () => {
    server = await startRedisServer();
  });
  afterAll(async () => {
    for (const { child } of takers) child.kill('SIGKILL');
    await server.stop();
  });

  test.for(SEEDS)(
    'no nudge is unserved, no key falls asleep, no turns overlap (seed %d)',
    {
      timeout: KILLING_MS + 60_000,
    },
    async (seed) => {
      const random = createRandom(seed);
      const prefix = `stress-${seed}`;
      const turns: Turn[] = [];
      const nudger = createRedisStore({ url: server.url, prefix, log: pino({ enabled: false }) });
      const nudgedNs = new Map<string, bigint>();
      let nudges = 0;
      let kills = 0;

      function start(): Promise<void> {
        const taker = startTaker([server.url, prefix, String(Math.floor(random() * 1e9))], turns);
        takers.push(taker);
        return taker.ready;
      }

      let isKilling = true;
      async function nudgeMeanwhile(): Promise<void> {
        while (isKilling || nudges < LEAST_NUDGES || nudgedNs.size < KEYS) {
          const n = Math.floor(random() * KEYS);
          const name = `${n % 2 === 0 ? 'waking' : 'nudged'}-${n}`;
          const nowNs = process.hrtime.bigint();
          await nudger.nudge({ kind: 'rollout', namespace: 'stress', name }, { urgent: random() < 0.1 });
          nudgedNs.set(name, nowNs);
          nudges += 1;
          await sleep(random() * 10);
        }
      }

      await until(() => nudger.isHealthy());
      await Promise.all(Array.from({ length: PROCESSES }, start));
      const endMs = performance.now() + KILLING_MS;
      const nudging = nudgeMeanwhile();
      while (performance.now() < endMs || kills < LEAST_KILLS) {
        await sleep(200 + random() * 800);
        const [victim] = takers.splice(Math.floor(random() * takers.length), 1);
        if (victim !== undefined) await kill(victim);
        kills += 1;
        void start();
      }
      isKilling = false;
      await nudging;

      // Each key's last nudge is followed by a whole turn that began after it …
      const keys = [...nudgedNs.keys()];
      await until(() =>
        keys.every((key) =>
          turns.some(
            (turn) => turn.key === key && turn.beganNs >= (nudgedNs.get(key) ?? 0n) && turn.endedNs !== undefined,
          ),
        ),
      );
      // … and long after, each key that plans its own wakes still comes.
      const laterNs = process.hrtime.bigint() + 2_000_000_000n;
      const waking = keys.filter((key) => key.startsWith('waking'));
      await until(() => waking.every((key) => turns.some((turn) => turn.key === key && turn.beganNs > laterNs)));

      await Promise.all(takers.splice(0).map(kill));
      await nudger.stop();
      expect(overlaps(turns)).toEqual([]);
      expect(keys).toHaveLength(KEYS);
    },
  );
});

function startTaker(settings: readonly string[], turns: Turn[]): Taker {
  const script = new URL('../../support/turn-taker.ts', import.meta.url).pathname;
  const child = spawn(process.execPath, [script, ...settings], { stdio: ['ignore', 'pipe', 'inherit'] });
  const running = new Map<string, Turn>();
  const ready = Promise.withResolvers<void>();
  const lines = createInterface({ input: child.stdout });
  const toldAll = once(lines, 'close');
  lines.on('line', (line) => {
    const [what, key, ns] = line.split(' ');
    if (what === 'ready') ready.resolve();
    if (key === undefined || ns === undefined) return;
    if (what === 'begin') {
      const turn: Turn = { key, beganNs: BigInt(ns) };
      running.set(key, turn);
      turns.push(turn);
    }
    const ended = what === 'end' ? running.get(key) : undefined;
    if (ended !== undefined) ended.endedNs = BigInt(ns);
    if (what === 'end') running.delete(key);
  });
  return { child, running, ready: ready.promise, toldAll };
}

async function kill(taker: Taker): Promise<void> {
  taker.child.kill('SIGKILL');
  await taker.toldAll;
  for (const turn of taker.running.values()) turn.killedNs = process.hrtime.bigint();
}

/** Pairs of turns of one key of which the second began before the first had ended. */
function overlaps(turns: readonly Turn[]): readonly (readonly [Turn, Turn])[] {
  const found: [Turn, Turn][] = [];
  const last = new Map<string, Turn>();
  for (const turn of turns.toSorted((a, b) => (a.beganNs < b.beganNs ? -1 : 1))) {
    const before = last.get(turn.key);
    const endedNs = before?.endedNs ?? before?.killedNs;
    if (before !== undefined && (endedNs === undefined || endedNs > turn.beganNs)) found.push([before, turn]);
    last.set(turn.key, turn);
  }
  return found;
}

async function until(isSo: () => boolean): Promise<void> {
  while (!isSo()) await sleep(50);
}

/** The same moments for the same seed (mulberry32). */
function createRandom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
