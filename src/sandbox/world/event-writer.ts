import { createHash } from 'node:crypto';
import type { ObjectMeta } from '../../lib/index.ts';
import { AlreadyExistsError } from '../../lib/index.ts';
import type { ApiClient } from './api-client.ts';
import { timestamp } from './pod-status.ts';

/** Who tells, and of what. */
const kinds = {
  kubelet: { kind: 'Pod', apiVersion: 'v1' },
  'replicaset-controller': { kind: 'ReplicaSet', apiVersion: 'apps/v1' },
  'job-controller': { kind: 'Job', apiVersion: 'batch/v1' },
  'deployment-controller': { kind: 'Deployment', apiVersion: 'apps/v1' },
  'horizontal-pod-autoscaler': { kind: 'HorizontalPodAutoscaler', apiVersion: 'autoscaling/v2' },
} as const;

export type ToldEvent = {
  readonly type: 'Normal' | 'Warning';
  readonly reason: string;
  readonly message: string;
  readonly component: keyof typeof kinds;
  /** `spec.containers{checkout}` */
  readonly fieldPath?: string;
};

type Involved = { readonly metadata: ObjectMeta; readonly kind?: unknown; readonly apiVersion?: unknown };

/** The same words about the same object are counted, and written down at most this often. */
const QUIET_MS = 5000;
const MOST_REMEMBERED = 2000;
/** A kubelet's own limits (--event-qps, --event-burst): more is left untold, so that a thousand pods do not drown the API in news. */
const PER_SECOND = 50;
const BURST = 100;

/** Writes events (core/v1) as the kubelet and the controllers do: one for the same words about the same object, with a count. */
export function createEventWriter(client: Pick<ApiClient, 'create' | 'mergePatch'>) {
  const told = new Map<string, { count: number; atMs: number }>();
  let allowance = BURST;
  let filledMs = Date.now();

  function mayTell(nowMs: number): boolean {
    allowance = Math.min(BURST, allowance + ((nowMs - filledMs) / 1000) * PER_SECOND);
    filledMs = nowMs;
    if (allowance < 1) return false;
    allowance -= 1;
    return true;
  }

  async function write(name: string, object: Involved, event: ToldEvent, count: number): Promise<void> {
    const { namespace, name: objectName, uid, resourceVersion } = object.metadata;
    const path = `/api/v1/namespaces/${namespace}/events`;
    const now = timestamp(Date.now());
    const { type, reason, message, component, fieldPath } = event;
    const involvedObject = {
      ...kinds[component],
      namespace,
      name: objectName,
      uid,
      resourceVersion,
      ...(fieldPath && { fieldPath }),
    };
    const source = component === 'kubelet' ? { component, host: 'sandbox' } : { component };
    const body = {
      metadata: { namespace, name },
      involvedObject,
      reason,
      message,
      source,
      type,
      count,
      firstTimestamp: now,
      lastTimestamp: now,
      reportingComponent: component,
      reportingInstance: source.host ?? '',
    };
    try {
      await client.create(path, { apiVersion: 'v1', kind: 'Event', ...body }, component);
    } catch (error) {
      if (!(error instanceof AlreadyExistsError)) throw error;
      await client.mergePatch(`${path}/${name}`, { count, lastTimestamp: now }, component);
    }
  }

  return {
    /** Best effort, as events are: what is not written is lost. */
    tell(object: Involved, event: ToldEvent): void {
      const digest = createHash('sha256')
        .update(JSON.stringify([object.metadata.uid, event]))
        .digest('hex')
        .slice(0, 16);
      const before = told.get(digest);
      const nowMs = Date.now();
      const count = (before?.count ?? 0) + 1;
      const isQuiet = before !== undefined && nowMs - before.atMs < QUIET_MS;
      told.set(digest, { count, atMs: isQuiet ? before.atMs : nowMs });
      const [oldest] = told.keys();
      if (told.size > MOST_REMEMBERED && oldest !== undefined) told.delete(oldest);
      if (isQuiet || !mayTell(nowMs)) return;
      const name = `${object.metadata.name.slice(0, 230)}.${digest}`;
      write(name, object, event, count).catch(() => undefined);
    },
  };
}
