import type { Logger } from 'pino';
import type { Cluster } from './cluster.ts';
import { type EventToSend, sendEvent } from './events.ts';

/** Sends events beside the turns that they tell of. Nobody waits for one: what a turn decides must not be late for its story. */
export interface EventOutbox {
  add(event: EventToSend): void;
  /** Sends what is left, for two seconds at most. */
  stop(): Promise<void>;
}

/** Few at a time: at the token bucket they stand between the calls of turns, never before them in a crowd. */
const SENT_AT_ONCE = 4;
/** A burst of some thousand rollouts; beyond it the oldest are dropped, because memory is not what events are worth. */
const MOST_WAITING = 20_000;
const SEND_MS = 10_000;
const LAST_MS = 2000;

export function createEventOutbox(cluster: Cluster, log: Logger): EventOutbox {
  const waiting: EventToSend[] = [];
  const stopping = new AbortController();
  const senders = new Set<Promise<void>>();
  let dropped = 0;

  async function sendAll(): Promise<void> {
    for (let event = waiting.shift(); event !== undefined; event = waiting.shift()) {
      try {
        await sendEvent(cluster, event, AbortSignal.any([stopping.signal, AbortSignal.timeout(SEND_MS)]));
      } catch (error) {
        const { namespace, name } = event.regarding;
        log.warn({ err: error, namespace, name, reason: event.reason }, 'event was not sent');
      }
    }
  }

  return {
    add(event) {
      if (stopping.signal.aborted) return;
      waiting.push(event);
      if (waiting.length > MOST_WAITING) {
        waiting.shift();
        dropped += 1;
        if (dropped % 1000 === 1) log.warn({ dropped }, 'more events than can be sent: the oldest are dropped');
      }
      if (senders.size >= SENT_AT_ONCE) return;
      const sender = sendAll().finally(() => senders.delete(sender));
      senders.add(sender);
    },
    async stop() {
      const timer = setTimeout(() => stopping.abort(new Error('the service has stopped')), LAST_MS);
      await Promise.all(senders);
      clearTimeout(timer);
      stopping.abort();
    },
  };
}
