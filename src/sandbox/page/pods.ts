import { request } from 'node:http';
import { request as secureRequest } from 'node:https';
import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';

/** A pod as the page shows it. */
export interface PodLine {
  readonly namespace: string;
  readonly name: string;
  /** The workload it belongs to, by its `app` label or its name. */
  readonly app: string;
  /** The tag of its first container's image. */
  readonly version: string;
  readonly isReady: boolean;
  readonly isLeaving: boolean;
  /** `Running`, `Pending`, or why a container waits. */
  readonly state: string;
}

const Pod = z.looseObject({
  metadata: z.looseObject({
    name: z.string(),
    namespace: z.string().default('default'),
    labels: z.record(z.string(), z.string()).default({}),
    deletionTimestamp: z.string().optional(),
    resourceVersion: z.string().optional(),
  }),
  spec: z.looseObject({ containers: z.array(z.looseObject({ image: z.string().default('') })).default([]) }),
  status: z
    .looseObject({
      phase: z.string().default('Pending'),
      conditions: z.array(z.looseObject({ type: z.string(), status: z.string() })).default([]),
      containerStatuses: z
        .array(
          z.looseObject({
            state: z.looseObject({ waiting: z.looseObject({ reason: z.string().optional() }).optional() }).optional(),
          }),
        )
        .default([]),
    })
    .default({ phase: 'Pending', conditions: [], containerStatuses: [] }),
});
type Pod = z.infer<typeof Pod>;
const List = z.looseObject({ metadata: z.looseObject({ resourceVersion: z.string() }), items: z.array(Pod) });
const Event = z.looseObject({ type: z.string(), object: z.unknown() });

export interface KubernetesAddress {
  readonly url: string;
  readonly token?: string | undefined;
  readonly ca?: string | undefined;
}

/** Watches the pods and tells all of them whenever one changed. Lists again after every end or error. */
export async function watchPods(
  address: KubernetesAddress,
  {
    onPods,
    onState,
    signal,
  }: { onPods: (pods: readonly PodLine[]) => void; onState: (isThere: boolean) => void; signal: AbortSignal },
): Promise<void> {
  while (!signal.aborted) {
    const pods = new Map<string, PodLine>();
    try {
      let text = '';
      await get(address, '/api/v1/pods', { signal, timeoutMs: 5000, onText: (part) => (text += part) });
      const list = List.parse(JSON.parse(text));
      for (const pod of list.items) pods.set(keyOf(pod), read(pod));
      onState(true);
      onPods([...pods.values()]);
      let rest = '';
      await get(address, `/api/v1/pods?watch=true&resourceVersion=${list.metadata.resourceVersion}`, {
        signal,
        timeoutMs: 0,
        onText(part) {
          const lines = (rest + part).split('\n');
          rest = lines.pop() ?? '';
          for (const line of lines) if (line.trim() !== '') applyEvent(pods, line);
          onPods([...pods.values()]);
        },
      });
    } catch {
      onState(false);
    }
    await sleep(500, undefined, { signal, ref: false }).catch(() => {});
  }
}

function applyEvent(pods: Map<string, PodLine>, line: string): void {
  const event = Event.parse(JSON.parse(line));
  if (event.type === 'BOOKMARK') return;
  const pod = Pod.parse(event.object);
  if (event.type === 'DELETED') pods.delete(keyOf(pod));
  else pods.set(keyOf(pod), read(pod));
}

function keyOf(pod: Pod): string {
  return `${pod.metadata.namespace}/${pod.metadata.name}`;
}

function read({ metadata, spec, status }: Pod): PodLine {
  const image = spec.containers[0]?.image ?? '';
  const waiting = status.containerStatuses.find((container) => container.state?.waiting?.reason !== undefined);
  return {
    namespace: metadata.namespace,
    name: metadata.name,
    app:
      metadata.labels.app ?? metadata.labels['app.kubernetes.io/name'] ?? metadata.name.replace(/(-[a-z0-9]+){2}$/, ''),
    version: image.split('@')[0]?.split('/').at(-1)?.split(':')[1] ?? 'latest',
    isReady: status.conditions.some((condition) => condition.type === 'Ready' && condition.status === 'True'),
    isLeaving: metadata.deletionTimestamp !== undefined,
    state: waiting?.state?.waiting?.reason ?? status.phase,
  };
}

interface GetOptions {
  readonly signal: AbortSignal;
  readonly timeoutMs: number;
  readonly onText: (part: string) => void;
}

/** GETs a path; resolves when the answer ended. node:http, because fetch takes no certificate authority. */
function get(address: KubernetesAddress, path: string, { signal, timeoutMs, onText }: GetOptions): Promise<void> {
  const url = new URL(path, address.url);
  const send = url.protocol === 'https:' ? secureRequest : request;
  return new Promise((resolve, reject) => {
    const outgoing = send(
      url,
      {
        signal,
        timeout: timeoutMs,
        ...(address.ca !== undefined && { ca: address.ca }),
        headers: {
          accept: 'application/json',
          ...(address.token !== undefined && { authorization: `Bearer ${address.token}` }),
        },
      },
      (response) => {
        response.setEncoding('utf8');
        if (response.statusCode !== 200) {
          response.resume();
          reject(new Error(`GET ${path} answered ${response.statusCode}`));
          return;
        }
        response.on('data', onText);
        response.on('end', resolve);
        response.on('error', reject);
      },
    );
    outgoing.on('timeout', () => outgoing.destroy(new Error(`GET ${path} took more than ${timeoutMs} ms`)));
    outgoing.on('error', reject);
    outgoing.end();
  });
}
