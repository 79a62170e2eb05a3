import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';
import type { Logger } from 'pino';

/** What the thread says. */
export type EngineAnswer =
  | { readonly kind: 'opened' | 'pong' | 'closed' }
  | { readonly kind: 'discarded'; readonly why: string }
  | { readonly kind: 'rows'; readonly id: number; readonly rows: readonly unknown[]; readonly rowCount: number }
  | { readonly kind: 'failed'; readonly id: number; readonly message: string }
  | { readonly kind: 'notification'; readonly channel: string; readonly payload: string };

export interface Answer {
  readonly rows: readonly unknown[];
  readonly rowCount: number;
}

/** Postgres in a thread of its own: one session. */
export interface Engine {
  ask(text: string, parameters: readonly unknown[] | undefined): Promise<Answer>;
  /** Resolves when the thread itself answers. */
  ping(): Promise<void>;
  close(): Promise<void>;
}

export interface EngineSettings {
  readonly folder: string;
  readonly log: Logger;
  readonly onNotification: (channel: string, payload: string) => void;
  /** The thread ended though nobody closed it. */
  readonly onEnd: (error: Error) => void;
}

const LONGEST_OPEN_MS = 60_000;
const LONGEST_CLOSE_MS = 3_000;
const CLOSED_PAUSE_MS = 100;

/** Starts the thread and opens the database in `folder`; makes it where there is none (about 4 s the first time, 1 s later). */
export async function openEngine(settings: EngineSettings): Promise<Engine> {
  const { log } = settings;
  const thread = new Worker(new URL('./embedded-thread.ts', import.meta.url), {
    workerData: { folder: settings.folder },
    execArgv: [],
  });
  const questions = new Map<number, { resolve: (answer: Answer) => void; reject: (error: Error) => void }>();
  const pings: (() => void)[] = [];
  let lastId = 0;
  let isOpen = false;
  let isClosing = false;
  const opened = Promise.withResolvers<void>();
  const closed = Promise.withResolvers<void>();

  thread.on('message', (answer: EngineAnswer) => {
    switch (answer.kind) {
      case 'opened':
        isOpen = true;
        return opened.resolve();
      case 'pong':
        return pings.shift()?.();
      case 'closed':
        return closed.resolve();
      case 'discarded':
        return log.warn(
          { why: answer.why, folder: settings.folder },
          'unreadable folder of the embedded store was emptied',
        );
      case 'notification':
        return settings.onNotification(answer.channel, answer.payload);
      case 'rows':
        questions.get(answer.id)?.resolve(answer);
        return questions.delete(answer.id);
      case 'failed':
        questions.get(answer.id)?.reject(new Error(answer.message));
        return questions.delete(answer.id);
    }
  });

  function end(error: Error): void {
    for (const { reject } of questions.values()) reject(error);
    questions.clear();
    opened.reject(error);
    if (isOpen && !isClosing) settings.onEnd(error);
    isOpen = false;
  }
  thread.on('error', (error) => end(new Error('the thread of the embedded store failed', { cause: error })));
  thread.on('exit', (code) => end(new Error(`the thread of the embedded store ended with code ${code}`)));

  const timer = new AbortController();
  await Promise.race([
    opened.promise,
    sleep(LONGEST_OPEN_MS, undefined, { signal: timer.signal }).then(
      () => end(new Error(`the embedded store did not open within ${LONGEST_OPEN_MS} ms`)),
      () => undefined,
    ),
  ])
    .catch(async (error: unknown) => {
      await thread.terminate();
      throw error;
    })
    .finally(() => timer.abort());

  return {
    async ask(text, parameters) {
      if (!isOpen) {
        // BullMQ's worker asks again at once, for ever: without a pause it would not let go of the event loop.
        await sleep(CLOSED_PAUSE_MS);
        throw new Error('the embedded store is closed');
      }
      const id = ++lastId;
      const { promise, resolve, reject } = Promise.withResolvers<Answer>();
      questions.set(id, { resolve, reject });
      thread.postMessage({ id, text, parameters });
      return await promise;
    },
    ping() {
      if (!isOpen) return Promise.reject(new Error('the embedded store is closed'));
      const { promise, resolve } = Promise.withResolvers<void>();
      pings.push(resolve);
      thread.postMessage('ping');
      return promise;
    },
    async close() {
      if (isClosing) return;
      isClosing = true;
      if (isOpen) {
        thread.postMessage('close');
        await Promise.race([closed.promise, once(thread, 'exit'), sleep(LONGEST_CLOSE_MS)]);
      }
      await thread.terminate();
    },
  };
}
