import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { createPostgresBackend, runMigrations } from 'bullmq';
import type { Logger } from 'pino';
import { type Engine, openEngine } from './embedded-engine.ts';
import { createEmbeddedPool } from './embedded-pool.ts';
import { lockFolder } from './folder-lock.ts';
import { createLossListeners } from './loss-listeners.ts';
import { type Pulse, startPulse } from './pulse.ts';
import type { QueueStore, TakeTurn } from './queue-store.ts';
import { createRecipe, type Recipe } from './recipe.ts';

export interface EmbeddedSettings {
  /** Where Postgres keeps its files. One process at a time; what is in it may be thrown away. */
  readonly dataFolder: string;
  readonly log: Logger;
  /** Default: the real one, in a thread. */
  readonly openEngine?: typeof openEngine;
}

const REOPEN_MS = 1_000;

/**
 * Creates the store of one process without Redis: Postgres (PGlite) in a worker thread, behind BullMQ's Postgres backend.
 * About 10 ms of CPU a turn (Redis 1.2), 100 turns/s, 500 to 800 MB: good for about 50 moving rollouts.
 */
export function createEmbeddedStore(settings: EmbeddedSettings): QueueStore {
  const { log } = settings;
  const losses = createLossListeners();
  const folder = join(settings.dataFolder, 'queue');
  let engine: Engine | undefined;
  let recipe: Recipe | undefined;
  let pulse: Pulse | undefined;
  let unlock: () => void = () => undefined;
  let isStopped = false;
  let reopening: Promise<void> = Promise.resolve();
  let starting: Promise<void> = Promise.resolve();
  // While there is no engine, questions wait for the next one: BullMQ's worker asks again at once when it is refused, for ever.
  let opened = Promise.withResolvers<Engine>();
  const pool = createEmbeddedPool(async (text, parameters) => (await opened.promise).ask(text, parameters));

  function needRecipe(): Recipe {
    if (recipe === undefined) throw new Error('the embedded store is not started');
    return recipe;
  }

  async function open(): Promise<void> {
    engine = await (settings.openEngine ?? openEngine)({
      folder: join(folder, 'postgres'),
      log,
      onNotification: pool.notify,
      onEnd(error) {
        log.error({ err: error }, 'embedded store ended; it is opened again');
        opened = Promise.withResolvers();
        pulse?.lose();
        reopening = reopen(error);
      },
    });
    await empty(engine);
    opened.resolve(engine);
  }

  async function reopen(error: Error): Promise<void> {
    while (!isStopped) {
      try {
        await open();
        pool.fail(error);
        losses.tell('the embedded store was opened again, empty');
        return;
      } catch (reopenError) {
        log.error({ err: reopenError }, 'embedded store could not be opened again');
        await sleep(REOPEN_MS);
      }
    }
  }

  async function start(takeTurn: TakeTurn): Promise<void> {
    unlock = await lockFolder(folder);
    try {
      await open();
      log.info({ folder }, 'embedded queue store opened: good for about 50 moving rollouts; set REDIS_URL for more');
      pulse = startPulse({
        ping: () => engine?.ping() ?? Promise.reject(new Error('not open')),
        onChange: () => undefined,
      });
      recipe = createRecipe({
        backendFactory: createPostgresBackend,
        producer: pool,
        consumer: pool,
        log,
        onLoss: losses.tell,
      });
      await recipe.start(takeTurn);
    } catch (error) {
      unlock();
      throw error;
    }
  }

  return {
    kind: 'embedded',
    nudge: async (key, options) => needRecipe().nudge(key, options?.urgent === true),
    wake: async (key, delayMs) => needRecipe().wake(key, delayMs),
    resync: async (key, delayMs) => needRecipe().resync(key, delayMs),
    async start(takeTurn) {
      starting = start(takeTurn);
      await starting;
    },
    async stop() {
      isStopped = true;
      // A thread that is ended while it opens the database may never end: the process then hangs in its exit.
      await starting.catch(() => undefined);
      await recipe?.stop(pulse?.isHealthy() === true);
      await pulse?.stop();
      await reopening;
      await engine?.close();
      unlock();
    },
    onLoss: losses.add,
    isHealthy: () => pulse?.isHealthy() ?? false,
    report: async () => ({ kind: 'embedded', isHealthy: pulse?.isHealthy() ?? false }),
    counts: async () => needRecipe().counts(),
  };
}

/** Brings the schema up to date and empties it: a queue kept over a kill delays recovery; one emptied and resynced does not. */
async function empty(engine: Engine): Promise<void> {
  await runMigrations({
    // The rows of its own statements: as with node-postgres, their author knows their shape.
    query: async <R>(text: string, parameters?: readonly unknown[]) => {
      const { rows, rowCount } = await engine.ask(text, parameters);
      return { rows: [...rows] as R[], rowCount };
    },
  });
  await engine.ask('SET search_path TO bullmq, public', undefined);
  await engine.ask(TRUNCATE_ALL, undefined);
}

const TRUNCATE_ALL = `DO $$ BEGIN EXECUTE (
  SELECT 'TRUNCATE ' || string_agg(quote_ident(tablename), ', ') || ' CASCADE'
  FROM pg_tables WHERE schemaname = 'bullmq' AND tablename <> 'migration'
); END $$`;
