import type { Logger } from 'pino';
import { createInProcessStore } from './in-process.ts';
import { keyId } from './key-id.ts';
import { createLossListeners } from './loss-listeners.ts';
import type { QueueStore, TakeTurn, TurnKey } from './queue-store.ts';

export interface FailoverSettings {
  /** Creates the store that may go away; it tells its health. */
  readonly createPrimary: (onHealth: (isHealthy: boolean) => void) => QueueStore;
  /** Whether this replica is the keeper now: it alone takes turns without the primary. */
  readonly isKeeper: () => boolean;
  readonly log: Logger;
  /** How long the primary may be silent; default 3 s. */
  readonly patienceMs?: number;
}

/**
 * - `primary`: everything goes through the primary.
 * - `holding`: it does not answer; keys are held in this process and nobody takes turns.
 * - `in-process`: it has been silent for `patienceMs`; the keeper takes the turns of what is held.
 */
type State = 'primary' | 'holding' | 'in-process';

const RETRY_MS = 500;

/**
 * Creates a store that goes on without its primary, so that "Redis is gone" never means "no rollback". Its calls do not throw while
 * the primary is gone. `onLoss` fires when the keeper takes over and when the primary is back: both times the caller resyncs.
 */
export function createFailoverStore(settings: FailoverSettings): QueueStore {
  const { log, isKeeper } = settings;
  const losses = createLossListeners();
  const fallback = createInProcessStore({ log });
  const primary = settings.createPrimary((isHealthy) => (isHealthy ? goBack() : hold()));
  primary.onLoss(losses.tell);
  let state: State = 'holding';
  let take: TakeTurn | undefined;
  let isTaking = false;
  let isStopped = false;
  let timer: NodeJS.Timeout | undefined;
  const ready = Promise.withResolvers<void>();
  /** Changes of who takes turns, one after the other. */
  let change: Promise<void> = Promise.resolve();

  function hold(): void {
    if (isStopped || state !== 'primary') return;
    state = 'holding';
    startPatience();
  }

  function startPatience(): void {
    clearTimeout(timer);
    timer = setTimeout(() => {
      if (state !== 'holding') return;
      state = 'in-process';
      log.error('redis does not answer: the keeper takes the turns in process');
      ready.resolve();
      followKeeper();
    }, settings.patienceMs ?? 3_000);
  }

  /** The lease may change hands while the primary is gone. */
  function followKeeper(): void {
    if (isStopped || state !== 'in-process') return;
    if (isKeeper() !== isTaking) change = change.then(isTaking ? stopTaking : startTaking);
    timer = setTimeout(followKeeper, RETRY_MS);
  }

  async function startTaking(): Promise<void> {
    if (isTaking || isStopped || state !== 'in-process' || take === undefined) return;
    isTaking = true;
    await fallback.start(take);
    losses.tell('redis does not answer: turns are taken in process');
  }

  async function stopTaking(): Promise<void> {
    isTaking = false;
    await fallback.stop();
  }

  function goBack(): void {
    if (isStopped || state === 'primary') return;
    const wasTaking = isTaking;
    state = 'primary';
    clearTimeout(timer);
    change = change.then(async () => {
      if (isTaking) await stopTaking();
      await handOver();
      if (wasTaking) losses.tell('redis answers again');
    });
  }

  /** Gives the primary what was held. What it does not take is held again, and tried again. */
  async function handOver(): Promise<void> {
    const held = fallback.takeAll();
    for (const key of held.urgent) await nudge(key, true);
    for (const key of held.waiting) await nudge(key, false);
    for (const { key, inMs } of held.planned) await plan('wake', key, inMs);
  }

  function retryLater(): void {
    if (isStopped || state !== 'primary') return;
    clearTimeout(timer);
    timer = setTimeout(() => {
      if (state === 'primary') change = change.then(handOver);
    }, RETRY_MS);
  }

  async function nudge(key: TurnKey, isUrgent: boolean): Promise<void> {
    await through(
      () => primary.nudge(key, { urgent: isUrgent }),
      () => fallback.nudge(key, { urgent: isUrgent }),
    );
  }

  async function plan(how: 'wake' | 'resync', key: TurnKey, delayMs: number): Promise<void> {
    await through(
      () => primary[how](key, delayMs),
      () => fallback[how](key, delayMs),
    );
  }

  async function through(first: () => Promise<void>, second: () => Promise<void>): Promise<void> {
    if (state !== 'primary') return await second();
    try {
      await first();
    } catch (error) {
      // Its pulse tells within a second whether it is gone; if not, the key goes there a little later.
      log.debug({ err: error }, 'redis did not take a key');
      await second();
      retryLater();
    }
  }

  return {
    kind: primary.kind,
    nudge: (key, options) => nudge(key, options?.urgent === true),
    wake: (key, delayMs) => plan('wake', key, delayMs),
    resync: (key, delayMs) => plan('resync', key, delayMs),
    async start(takeTurn) {
      take = oneAtATime(takeTurn);
      if (state === 'holding') startPatience();
      const started = primary.start(take);
      // Where Redis is away from the start, its workers come when it does.
      started.catch((error: unknown) => log.error({ err: error }, 'redis cannot be used'));
      await Promise.race([started, ready.promise]);
    },
    async stop() {
      isStopped = true;
      clearTimeout(timer);
      await change;
      await Promise.all([primary.stop(), fallback.stop()]);
    },
    onLoss: losses.add,
    isHealthy: () => primary.isHealthy(),
    report: () => primary.report(),
    async counts() {
      const held = await fallback.counts();
      if (state !== 'primary') return held;
      const { waiting, planned, active } = await primary.counts();
      return { waiting: waiting + held.waiting, planned: planned + held.planned, active: active + held.active };
    },
  };
}

/** While one store takes over from the other, both may hand out the same key: this process takes its turns one after the other. */
function oneAtATime(takeTurn: TakeTurn): TakeTurn {
  const running = new Map<string, Promise<void>>();
  return async function takeAfterTheOther(key) {
    const id = keyId(key);
    const before = running.get(id) ?? Promise.resolve();
    const turn = before.catch(() => undefined).then(() => takeTurn(key));
    running.set(id, turn);
    try {
      await turn;
    } finally {
      if (running.get(id) === turn) running.delete(id);
    }
  };
}
