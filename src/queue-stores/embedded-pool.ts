import { EventEmitter } from 'node:events';
import type { PgPool, PgPoolClient, PgQueryResult } from 'bullmq';
import type { Answer } from './embedded-engine.ts';

type Ask = (text: string, parameters: readonly unknown[] | undefined) => Promise<Answer>;

/** Hands the one session to one client at a time. */
interface SessionLock {
  /** Resolves to the function that gives it back. */
  take(): Promise<() => void>;
}

/** What BullMQ takes for a `pg.Pool`: many clients, one session. */
export interface EmbeddedPool extends PgPool {
  /** Passes a NOTIFY to every client, as Postgres would to each that listens. */
  notify(channel: string, payload: string): void;
  /** Tells every client that its connection is gone: they subscribe again. */
  fail(error: Error): void;
}

/** Creates the pool over a function that asks the engine of the moment. */
export function createEmbeddedPool(ask: Ask): EmbeddedPool {
  const lock = createSessionLock();
  const clients = new Set<Client>();
  function connect(): Client {
    const client = new Client(ask, lock, () => clients.delete(client));
    clients.add(client);
    return client;
  }
  const pool: EmbeddedPool = {
    query: (text, parameters) => new Client(ask, lock, () => undefined).query(text, parameters),
    connect: async () => connect(),
    // The engine is closed by the store, which opened it.
    end: async () => undefined,
    // The pool itself has nothing to say: errors and notifications belong to its clients.
    on: () => pool,
    removeAllListeners: () => pool,
    notify(channel, payload) {
      for (const client of clients) client.emit('notification', { channel, payload });
    },
    fail(error) {
      for (const client of [...clients]) if (client.listenerCount('error') > 0) client.emit('error', error);
    },
  };
  return pool;
}

class Client extends EventEmitter implements PgPoolClient {
  readonly #ask: Ask;
  readonly #lock: SessionLock;
  readonly #onRelease: () => void;
  /** Ends our hold of the session; set from BEGIN to COMMIT or ROLLBACK, while nobody else may speak in it. */
  #endTransaction: (() => void) | undefined;

  constructor(ask: Ask, lock: SessionLock, onRelease: () => void) {
    super();
    this.#ask = ask;
    this.#lock = lock;
    this.#onRelease = onRelease;
    // Each blocked worker adds a listener or two.
    this.setMaxListeners(0);
  }

  async query<R>(text: string, parameters?: readonly unknown[]): Promise<PgQueryResult<R>> {
    const word = firstWord(text);
    const giveBack = this.#endTransaction ?? (await this.#lock.take());
    let isHeld = this.#endTransaction !== undefined && word !== 'COMMIT' && word !== 'ROLLBACK';
    try {
      const { rows, rowCount } = await this.#ask(text, parameters);
      if (word === 'BEGIN') isHeld = true;
      // What a row holds is known to the author of the SQL alone, as with node-postgres.
      return { rows: [...rows] as R[], rowCount };
    } finally {
      this.#endTransaction = isHeld ? giveBack : undefined;
      if (!isHeld) giveBack();
    }
  }

  release(): void {
    this.removeAllListeners();
    this.#onRelease();
    if (this.#endTransaction !== undefined) void this.query('ROLLBACK').catch(() => undefined);
  }
}

/** The first word of a statement; BullMQ's texts begin with comments. */
function firstWord(text: string): string {
  const statement = text.replace(/^(?:\s|--[^\n]*(?:\n|$)|\/\*[\s\S]*?\*\/)*/, '');
  return /^\w+/.exec(statement)?.[0].toUpperCase() ?? '';
}

function createSessionLock(): SessionLock {
  let last: Promise<void> = Promise.resolve();
  return {
    async take() {
      const before = last;
      const held = Promise.withResolvers<void>();
      last = held.promise;
      await before;
      return held.resolve;
    },
  };
}
