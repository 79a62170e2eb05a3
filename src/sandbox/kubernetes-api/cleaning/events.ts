import type { Api } from '../api.ts';
import { type StoredObject, textAt } from '../kubernetes-object.ts';

const keptMs = 3_600_000;
const sweepEveryMs = 60_000;

/** Events are news: an hour after they last happened they are gone. Returns how to stop. */
export function startEventSweeper({ store, nowMs }: Api): () => void {
  const timer = setInterval(() => {
    const oldestMs = nowMs() - keptMs;
    for (const event of store.collection('events').list(undefined)) {
      const { namespace = '', name } = event.metadata;
      if (lastSeenMs(event) < oldestMs) store.remove({ collection: 'events', namespace, name });
    }
  }, sweepEveryMs);
  timer.unref();
  return () => clearInterval(timer);
}

function lastSeenMs(event: StoredObject): number {
  const last = textAt(event, 'lastTimestamp') || textAt(event, 'eventTime') || event.metadata.creationTimestamp;
  // Made just now, about what happened long ago: that is news, too.
  return Math.max(Date.parse(last) || 0, Date.parse(event.metadata.creationTimestamp));
}
