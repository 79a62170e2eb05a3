import { createHash } from 'node:crypto';
import { AlreadyExistsError } from '../lib/index.ts';
import type { Cluster, Resource } from './cluster.ts';
import { renderMicroTime } from './micro-time.ts';
import { apiVersionOf, resources } from './resources.ts';

export interface EventToSend {
  /** What it is about. */
  readonly regarding: {
    readonly resource: Resource;
    readonly namespace: string;
    readonly name: string;
    readonly uid: string;
  };
  readonly type: 'Normal' | 'Warning';
  readonly reason: string;
  readonly message: string;
  /** What makes this event one of its kind, besides uid and reason: revision, step. */
  readonly occasion: string;
}

/**
 * Tells of something on an object, as `kubectl describe` shows it. Once per (uid, reason, occasion), however often it is sent: the
 * name follows from them, and the API server refuses the second.
 */
export async function sendEvent(cluster: Cluster, event: EventToSend, signal: AbortSignal): Promise<void> {
  const { resource, namespace, name, uid } = event.regarding;
  try {
    await cluster.create(
      resources.events,
      {
        metadata: { namespace: namespace === '' ? 'default' : namespace, name: eventName(event) },
        eventTime: renderMicroTime(cluster.nowMs()),
        reportingController: 'stepwise.dev/controller',
        reportingInstance: 'stepwise',
        action: event.reason,
        reason: event.reason,
        regarding: { apiVersion: apiVersionOf(resource), kind: resource.kind, namespace, name, uid },
        note: cut(event.message, longestNoteBytes),
        type: event.type,
      },
      { signal },
    );
  } catch (error) {
    if (!(error instanceof AlreadyExistsError)) throw error;
  }
}

/** What events.k8s.io/v1 accepts. */
const longestNoteBytes = 1024;

function eventName({ regarding, reason, occasion }: EventToSend): string {
  const digest = createHash('sha256')
    .update(JSON.stringify([regarding.uid, reason, occasion]))
    .digest('hex');
  return `${regarding.name.slice(0, 230)}.${digest.slice(0, 16)}`;
}

function cut(text: string, longestBytes: number): string {
  if (Buffer.byteLength(text) <= longestBytes) return text;
  const room = longestBytes - Buffer.byteLength('…');
  // Streaming, the decoder keeps back the half character at the cut.
  return `${new TextDecoder().decode(Buffer.from(text).subarray(0, room), { stream: true })}…`;
}
