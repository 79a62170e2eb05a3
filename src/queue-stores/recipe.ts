import { setTimeout as sleep } from 'node:timers/promises';
import type { BackendFactory, IQueueBackend, Job, JobsOptions, Processor } from 'bullmq';
import { Queue, Worker } from 'bullmq';
import type { Logger } from 'pino';
import { allLanes, atOnce, deduplicationId, type Lane, laneOf, StoredTurnKey, wholeDelayMs } from './key-id.ts';
import type { TakeTurn, TurnKey } from './queue-store.ts';

/**
 * How BullMQ keeps every nudge and every wake (the six obvious designs each lose or delay one):
 * two queues, and in each the same deduplication id for one key.
 * `turns` (`measurements` and `cards`, which may be slow) holds immediate jobs; a nudge during a turn is kept for after it.
 * `wakes` holds delayed jobs; a due wake does nothing but nudge, so it can never stand in a nudge's place.
 */
export interface Recipe {
  nudge(key: TurnKey, isUrgent: boolean): Promise<void>;
  wake(key: TurnKey, delayMs: number): Promise<void>;
  resync(key: TurnKey, delayMs: number): Promise<void>;
  start(takeTurn: TakeTurn): Promise<void>;
  /** Ends when the turns under way have ended, after 10 s at most. The caller then closes the connections, whatever they still do. */
  stop(isThere: boolean): Promise<void>;
  counts(): Promise<{ readonly waiting: number; readonly planned: number; readonly active: number }>;
}

export interface RecipeSettings<Backend extends IQueueBackend, Connection> {
  readonly backendFactory: BackendFactory<Backend, Connection>;
  /** Fails fast: a person waits for what goes over it. */
  readonly producer: Connection;
  /** Waits for ever: workers come back by themselves. */
  readonly consumer: Connection;
  /** Redis only: namespaces all keys. */
  readonly prefix?: string;
  readonly log: Logger;
  readonly onLoss: (why: string) => void;
}

const WAKES_AT_ONCE = 50;
/** A killed replica's keys go on after lock + stall check: at most 8 s (BullMQ's defaults mean 30 to 60 s). */
const WORKER_OPTIONS = { autorun: false, lockDuration: 6_000, stalledInterval: 2_000, maxStalledCount: 10 };
/** `attempts: 1`, and a job never throws: BullMQ's own retry would starve a nudge until its back-off ends. */
const JOB_OPTIONS = { attempts: 1, removeOnComplete: true, removeOnFail: true } satisfies JobsOptions;
const LONGEST_STOP_MS = 10_000;
const CLOSE_MS = 1_000;
const RETRY_MS = 5_000;
const URGENT_FOLLOW_MS = 100;
const URGENT_FOLLOW_TIMES = 100;

/** Creates the two queues on one backend; `start` adds their workers. */
export function createRecipe<Backend extends IQueueBackend, Connection>(
  settings: RecipeSettings<Backend, Connection>,
): Recipe {
  const { log } = settings;
  const stopped = new AbortController();
  const lanes = {
    turns: openQueue(settings, 'turns'),
    measurements: openQueue(settings, 'measurements'),
    cards: openQueue(settings, 'cards'),
  };
  const wakes = openQueue(settings, 'wakes');
  let workers: { pause(doNotWait: boolean): Promise<void>; close(isForced: boolean): Promise<void> }[] = [];
  const underWay = new Set<Promise<void>>();

  async function nudge(key: TurnKey, isUrgent: boolean): Promise<void> {
    const id = deduplicationId(key);
    const lane = laneOf(key);
    const deduplication = { id, keepLastIfActive: true };
    const job = await lanes[lane].add(key.kind, key, { ...JOB_OPTIONS, deduplication, lifo: isUrgent });
    if (!isUrgent) return;
    // A key that waits already keeps its place in the line, whatever `add` was told: move it to the head.
    await moveToHead(job);
    void keepAhead(lane, id, job.id);
  }

  async function moveToHead(job: Job<TurnKey, void>): Promise<void> {
    // Throws when the job is gone by now, which means that its turn began after the nudge.
    await job.changePriority({ priority: 0, lifo: true }).catch(() => undefined);
  }

  /**
   * An urgent nudge of a key whose turn runs is stored for after it; the next plain nudge takes its place, and the person waits at the
   * end of the line. (It does come: what a person asks for changes an object, and its watch event is a plain nudge.) So we follow.
   */
  async function keepAhead(lane: Lane, id: string, jobId: string | undefined): Promise<void> {
    try {
      for (let times = 0; times < URGENT_FOLLOW_TIMES; times++) {
        await sleep(URGENT_FOLLOW_MS, undefined, { signal: stopped.signal });
        const current = await lanes[lane].getDeduplicationJobId(id);
        if (current === jobId) continue;
        const job = current === null ? undefined : await lanes[lane].getJob(current);
        if (job !== undefined) await moveToHead(job);
        return;
      }
    } catch (error) {
      if (!stopped.signal.aborted) log.warn({ err: error }, 'could not keep an urgent turn ahead');
    }
  }

  async function wake(key: TurnKey, delayMs: number): Promise<void> {
    const deduplication = { id: deduplicationId(key), replace: true, keepLastIfActive: true };
    await wakes.add(key.kind, key, { ...JOB_OPTIONS, deduplication, delay: wholeDelayMs(delayMs) });
  }

  async function resync(key: TurnKey, delayMs: number): Promise<void> {
    const deduplication = { id: deduplicationId(key) };
    await wakes.add(key.kind, key, { ...JOB_OPTIONS, deduplication, delay: wholeDelayMs(delayMs) });
  }

  async function runTurn(job: Job<TurnKey, void>, takeTurn: TakeTurn): Promise<void> {
    const key = StoredTurnKey.safeParse(job.data);
    if (!key.success) {
      log.warn({ jobId: job.id }, 'job of another version dropped');
      return;
    }
    // A worker that closes may still be handed the job it was waiting for: it is stored for after this one, and another process has it.
    if (stopped.signal.aborted) return await nudge(key.data, false);
    const turn = takeTurn(key.data).catch(async (error: unknown) => {
      log.error({ err: error, ...key.data }, 'turn threw, which it never should');
      await resync(key.data, RETRY_MS);
    });
    underWay.add(turn);
    await turn.finally(() => underWay.delete(turn));
  }

  async function runWake(job: Job<TurnKey, void>): Promise<void> {
    const key = StoredTurnKey.safeParse(job.data);
    if (key.success) await nudge(key.data, false);
  }

  return {
    nudge,
    wake,
    resync,
    async start(takeTurn) {
      await Promise.all([...Object.values(lanes), wakes].map((queue) => queue.waitUntilReady()));
      const opened = [
        openWorker(settings, 'wakes', runWake),
        ...allLanes.map((lane) => openWorker(settings, lane, (job) => runTurn(job, takeTurn))),
      ];
      workers = opened;
      await Promise.all(opened.map((worker) => worker.waitUntilReady()));
    },
    async stop(isThere) {
      stopped.abort();
      await Promise.all(workers.map((worker) => worker.pause(true)));
      await within(LONGEST_STOP_MS, Promise.allSettled(underWay));
      // Closing gently tells the store how each job ended, and waits for its answer: one that is gone is closed by force.
      await within(CLOSE_MS, Promise.all(workers.map((worker) => worker.close(!isThere))));
    },
    async counts() {
      const later = await wakes.getJobCounts('delayed');
      let waiting = 0;
      let active = 0;
      for (const lane of allLanes) {
        const now = await lanes[lane].getJobCounts('waiting', 'active');
        waiting += now.waiting ?? 0;
        active += now.active ?? 0;
      }
      return { waiting, planned: later.delayed ?? 0, active };
    },
  };
}

function openQueue<Backend extends IQueueBackend, Connection>(
  settings: RecipeSettings<Backend, Connection>,
  name: Lane | 'wakes',
) {
  const queue = new Queue<TurnKey, void, string, TurnKey, void, string, Backend, Connection>(
    name,
    { connection: settings.producer, ...prefixOf(settings), streams: { events: { maxLen: 100 } } },
    settings.backendFactory,
  );
  queue.on('error', (error) => settings.log.debug({ err: error, queue: name }, 'queue connection failed'));
  return queue;
}

function openWorker<Backend extends IQueueBackend, Connection>(
  settings: RecipeSettings<Backend, Connection>,
  name: Lane | 'wakes',
  processor: Processor<TurnKey, void>,
) {
  const worker = new Worker<TurnKey, void, string, Backend, never, Connection>(
    name,
    processor,
    {
      connection: settings.consumer,
      ...prefixOf(settings),
      ...WORKER_OPTIONS,
      concurrency: name === 'wakes' ? WAKES_AT_ONCE : atOnce[name],
    },
    settings.backendFactory,
  );
  worker.on('error', (error) => settings.log.debug({ err: error, queue: name }, 'worker connection failed'));
  worker.on('failed', (_job, error) => settings.onLoss(`a job failed: ${error.message}`));
  worker.run().catch((error: unknown) => settings.log.error({ err: error, queue: name }, 'worker ended'));
  return worker;
}

async function within(limitMs: number, done: Promise<unknown>): Promise<void> {
  const timer = new AbortController();
  await Promise.race([done, sleep(limitMs, undefined, { signal: timer.signal }).catch(() => undefined)]);
  timer.abort();
}

/** `prefix` is an option of the Redis backend alone. */
function prefixOf(settings: { readonly prefix?: string }): { readonly prefix?: string } {
  return settings.prefix === undefined ? {} : { prefix: settings.prefix };
}
