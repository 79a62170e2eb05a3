import type { z } from 'zod';
import type { ObjectMeta } from '../../lib/index.ts';
import { type ApiClient, GoneError, WATCH_SECONDS, type WatchEvent } from './api-client.ts';
import { keyOf } from './objects.ts';

type Named = { readonly metadata: ObjectMeta };

/** A live copy of every object of one kind, kept by list and watch. */
export type Mirror<T extends Named> = {
  get(key: string): T | undefined;
  values(): IterableIterator<T>;
  inNamespace(namespace: string): Iterable<T>;
  /** Takes what a write answered, so that the next look already sees it; older than what we hold is ignored. */
  absorb(answer: unknown): T | undefined;
  /** Called at once for each object held, then after each change; `after` is undefined for a deletion. */
  onChange(listener: (before: T | undefined, after: T | undefined) => void): void;
  /** Resolves after the first complete list. */
  readonly synced: Promise<void>;
  stop(): void;
};

export type MirrorOptions<T> = {
  readonly client: ApiClient;
  /** The collection's path, e.g. `/api/v1/pods`. */
  readonly path: string;
  readonly schema: z.ZodType<T>;
  /** A kind that may not be installed (a CRD): its absence counts as an empty list and is asked for again later. */
  readonly isOptional?: boolean;
  readonly onProblem: (message: string) => void;
};

const ABSENT_RETRY_MS = 3000;

export function createMirror<T extends Named>(options: MirrorOptions<T>): Mirror<T> {
  const objects = new Map<string, T>();
  const namespaces = new Map<string, Map<string, T>>();
  const listeners: ((before: T | undefined, after: T | undefined) => void)[] = [];
  const stopped = new AbortController();
  const synced = Promise.withResolvers<void>();
  /** How far the server's own lists and events have come; answers to our writes may be ahead of it. */
  let streamVersion = 0;

  function store(key: string, after: T | undefined): void {
    const before = objects.get(key);
    const namespace = (after ?? before)?.metadata.namespace ?? '';
    if (after === undefined) {
      objects.delete(key);
      namespaces.get(namespace)?.delete(key);
    } else {
      objects.set(key, after);
      const members = namespaces.get(namespace) ?? new Map<string, T>();
      namespaces.set(namespace, members);
      members.set(key, after);
    }
    for (const listener of listeners) listener(before, after);
  }

  /** `listVersion`: the answer is part of a list, which is right about everything up to that version. */
  function absorb(answer: unknown, listVersion = 0): T | undefined {
    const parsed = options.schema.safeParse(answer);
    if (!parsed.success) {
      options.onProblem(`${options.path}: skipped an object that does not read: ${parsed.error.message}`);
      return undefined;
    }
    // A third of every object, and nobody here reads it.
    delete parsed.data.metadata.managedFields;
    const key = keyOf(parsed.data);
    const held = objects.get(key);
    const heldVersion = held === undefined ? -1 : versionOf(held);
    // A server whose data is gone may have counted past our versions again: what it lists under a name that we know is another object.
    const isAnother = held?.metadata.uid !== parsed.data.metadata.uid && heldVersion <= listVersion;
    if (isAnother || heldVersion < versionOf(parsed.data)) store(key, parsed.data);
    return parsed.data;
  }

  async function list(): Promise<string> {
    const answer = await options.client.list(options.path, stopped.signal);
    const listVersion = Number(answer.resourceVersion);
    // A server whose count began anew (its data is gone) holds none of what we knew.
    if (listVersion < streamVersion) for (const key of [...objects.keys()]) store(key, undefined);
    streamVersion = listVersion;
    const listedKeys = new Set<string>();
    for (const item of answer.items) {
      const object = absorb(item, listVersion);
      if (object !== undefined) listedKeys.add(keyOf(object));
    }
    // Danger: what we created while the list was on its way is younger than the list and must survive it.
    for (const [key, object] of objects) {
      if (!listedKeys.has(key) && versionOf(object) <= listVersion) store(key, undefined);
    }
    synced.resolve();
    return answer.resourceVersion;
  }

  async function watchFrom(version: string): Promise<string> {
    let resourceVersion = version;
    function takeEvent(event: WatchEvent): void {
      if (event.type === 'ERROR') throw new GoneError(`${options.path}: ${JSON.stringify(event.object)}`);
      const metadata = (event.object as { metadata?: { resourceVersion?: string } }).metadata;
      resourceVersion = metadata?.resourceVersion ?? resourceVersion;
      streamVersion = Number(resourceVersion);
      if (event.type === 'BOOKMARK') return;
      if (event.type !== 'DELETED') {
        absorb(event.object);
        return;
      }
      const parsed = options.schema.safeParse(event.object);
      if (!parsed.success) return;
      const held = objects.get(keyOf(parsed.data));
      // Danger: a name may live again by the time its predecessor's deletion arrives.
      if (held?.metadata.uid === parsed.data.metadata.uid) store(keyOf(parsed.data), undefined);
    }
    const separator = options.path.includes('?') ? '&' : '?';
    const path = `${options.path}${separator}allowWatchBookmarks=true&resourceVersion=${resourceVersion}`;
    await options.client.watch(path, takeEvent, stopped.signal);
    return resourceVersion;
  }

  async function run(): Promise<void> {
    let resourceVersion: string | undefined;
    let failures = 0;
    while (!stopped.signal.aborted) {
      try {
        resourceVersion ??= await list();
        const startedMs = performance.now();
        resourceVersion = await watchFrom(resourceVersion);
        const lastedMs = performance.now() - startedMs;
        // A watch that ended before its time may mean another server, whose versions say nothing about ours.
        if (lastedMs < WATCH_SECONDS * 900) resourceVersion = undefined;
        // A server that ends every watch at once must not be asked in a busy loop.
        failures = lastedMs > 1000 ? 0 : failures + 1;
      } catch (error) {
        if (stopped.signal.aborted) return;
        resourceVersion = undefined;
        failures += 1;
        if (options.isOptional === true && isNotFound(error)) {
          for (const key of [...objects.keys()]) store(key, undefined);
          synced.resolve();
          await sleep(ABSENT_RETRY_MS, stopped.signal);
          continue;
        }
        if (!(error instanceof GoneError)) options.onProblem(`${options.path}: ${String(error)}`);
      }
      if (failures > 0) await sleep(Math.min(2000, 50 * 2 ** failures) * (0.5 + Math.random()), stopped.signal);
    }
  }

  void run();
  return {
    get: (key) => objects.get(key),
    values: () => objects.values(),
    inNamespace: (namespace) => namespaces.get(namespace)?.values() ?? [],
    absorb,
    onChange(listener) {
      listeners.push(listener);
      for (const object of [...objects.values()]) listener(undefined, object);
    },
    synced: synced.promise,
    stop() {
      stopped.abort();
      synced.resolve();
    },
  };
}

// API servers hand out decimal versions, comparable since Kubernetes 1.35 by contract and always in practice.
function versionOf(object: Named): number {
  return Number(object.metadata.resourceVersion ?? 0);
}

function isNotFound(error: unknown): boolean {
  return error instanceof Error && error.name === 'NotFoundError';
}

function sleep(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(done, ms);
    function done(): void {
      clearTimeout(timer);
      signal.removeEventListener('abort', done);
      resolve();
    }
    signal.addEventListener('abort', done);
  });
}
