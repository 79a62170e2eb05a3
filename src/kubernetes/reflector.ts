import { setTimeout as sleep } from 'node:timers/promises';
import type { Logger } from 'pino';
import type { ApiClient } from './api-client.ts';
import { ExpiredError } from './api-errors.ts';
import type { KubernetesObject, Reflector, Resource } from './cluster.ts';
import { createObjectCache } from './object-cache.ts';
import { isOlderVersion } from './objects.ts';
import { readPages } from './pages.ts';
import { createRetryPauses, type RetrySettings } from './retry-pauses.ts';
import { readWatch } from './watch-events.ts';

export interface ReflectorSettings<T> {
  readonly cluster: { readonly api: ApiClient };
  readonly resource: Resource;
  /** [] = all. */
  readonly namespaces: readonly string[];
  readonly labelSelector?: string;
  readonly fieldSelector?: string;
  /** Only their metadata are sent: of kinds that others own, and that change with each of their pods. */
  readonly isOfMetadata?: true;
  /** What we keep of an object; undefined: not ours. What it throws is logged, and the object is not kept. */
  project(object: KubernetesObject): T | undefined;
  /** What `ownedBy` finds it by; unset: the uid of its controller. */
  readonly ownerOf?: (object: KubernetesObject) => string | undefined;
  readonly log: Logger;
  readonly timing?: Partial<ReflectorTiming>;
}

export interface ReflectorTiming extends RetrySettings {
  /** How long the server shall keep one watch open. Its end, and the next one's beginning, are signs of life on a quiet day. */
  readonly watchSeconds: number;
  /** Silence after which a watch counts as hanging: longer than `watchSeconds`, shorter than what /readyz allows. */
  readonly silenceMs: number;
}

const usualTiming: ReflectorTiming = { watchSeconds: 40, silenceMs: 55_000, firstRetryMs: 200, longestRetryMs: 10_000 };

/** Keeps a cache of one kind by list and watch. Whatever ends a watch, it goes on; it stops only by `stop()`. */
export function createReflector<T>(settings: ReflectorSettings<T>): Reflector<T> {
  const { cluster, resource, project, labelSelector, fieldSelector } = settings;
  const { isOfMetadata } = settings;
  const selectors = { resource, labelSelector, fieldSelector, isOfMetadata };
  const timing = { ...usualTiming, ...settings.timing };
  const log = settings.log.child({ kind: resource.kind });
  const cache = createObjectCache<T>(project, log, settings.ownerOf);
  const scopes: readonly Scope[] = (settings.namespaces.length === 0 ? [''] : settings.namespaces).map(createScope);
  const stopping = new AbortController();
  let loops: Promise<unknown> | undefined;

  function createScope(namespace: string) {
    const isListed = Promise.withResolvers<void>();
    return { namespace, aliveAtMs: Number.NEGATIVE_INFINITY, isListed };
  }
  interface Scope extends ReturnType<typeof createScope> {
    /** Up to which version everything was told; undefined: nothing is sure. */
    told?: string | undefined;
  }

  async function list(scope: Scope): Promise<string> {
    const query = { ...selectors, namespace: scope.namespace, signal: stopping.signal };
    const listed = new Set<string>();
    let snapshot = { resourceVersion: '', isDoubted: false };
    for await (const { items, resourceVersion } of readPages(cluster.api, { ...query, timeoutMs: 30_000 })) {
      scope.aliveAtMs = performance.now();
      snapshot = {
        resourceVersion,
        isDoubted: scope.told === undefined || isOlderVersion(resourceVersion, scope.told),
      };
      for (const object of items) listed.add(cache.setListed(object, snapshot));
    }
    cache.deleteOthers(scope.namespace, listed, snapshot);
    scope.told = snapshot.resourceVersion;
    scope.isListed.resolve();
    return snapshot.resourceVersion;
  }

  /** Follows one watch to its end. Returns where the next one begins; undefined: nothing is sure, list again. */
  async function follow(scope: Scope, from: string): Promise<string | undefined> {
    const watchdog = new AbortController();
    const silence = setTimeout(() => watchdog.abort(new Error(`silent for ${timing.silenceMs} ms`)), timing.silenceMs);
    const signal = AbortSignal.any([stopping.signal, watchdog.signal]);
    const timeoutSeconds = Math.ceil(timing.watchSeconds * (0.75 + Math.random() / 4));
    let at = from;
    let hasNews = false;
    try {
      const query = { ...selectors, namespace: scope.namespace };
      for await (const event of readWatch(cluster.api, { ...query, resourceVersion: from, timeoutSeconds, signal })) {
        scope.aliveAtMs = performance.now();
        silence.refresh();
        if (event.kind === 'opened') continue;
        hasNews = true;
        if (event.kind === 'changed') cache.setWatched(event.object);
        if (event.kind === 'deleted') cache.delete(event.object);
        at = event.resourceVersion;
        scope.told = at;
      }
    } catch (error) {
      if (error instanceof ExpiredError || watchdog.signal.aborted) {
        const isSilent = watchdog.signal.aborted;
        if (isSilent) scope.told = undefined;
        log.info({ err: isSilent ? watchdog.signal.reason : error }, 'watch given up, listing again');
        return undefined;
      }
      // What came before the break is in the cache: the next watch begins after it.
      if (hasNews) return at;
      throw error;
    } finally {
      clearTimeout(silence);
      watchdog.abort();
    }
    return hasNews || (await isStillAhead(scope, at)) ? at : undefined;
  }

  /**
   * After a watch that brought nothing. A server whose versions went back (restored, emptied) accepts ours and has nothing to tell
   * until it has caught up; and then it may tell of another change under a version that we know.
   */
  async function isStillAhead(scope: Scope, at: string): Promise<boolean> {
    const query = { ...selectors, namespace: scope.namespace, signal: stopping.signal, limit: 1 };
    const { value: page } = await readPages(cluster.api, query).next();
    return page !== undefined && !isOlderVersion(page.resourceVersion, at);
  }

  async function run(scope: Scope): Promise<void> {
    const pauses = createRetryPauses(timing);
    let at: string | undefined;
    while (!stopping.signal.aborted) {
      const beganAtMs = performance.now();
      let pauseMs: number;
      try {
        at = at === undefined ? await list(scope) : await follow(scope, at);
        // A server that accepts and closes at once is not well either.
        const isWell = at !== undefined || performance.now() - beganAtMs > 1000;
        pauseMs = isWell ? pauses.afterSuccess() : pauses.afterFailure();
      } catch (error) {
        if (stopping.signal.aborted) return;
        pauseMs = pauses.afterFailure(error);
        log[pauses.failures() === 5 ? 'warn' : 'info']({ err: error, failures: pauses.failures() }, 'watch broken');
        if (pauses.failures() % 3 === 0) at = undefined;
      }
      await sleep(pauseMs, undefined, { signal: stopping.signal }).catch(() => undefined);
    }
  }

  return {
    get: cache.get,
    list: cache.list,
    ownedBy: cache.ownedBy,
    onChange: cache.onChange,
    learn(object) {
      const namespace = object.metadata.namespace ?? '';
      const scope = scopes.find((candidate) => candidate.namespace === '' || candidate.namespace === namespace);
      if (scope !== undefined) cache.setLearnt(object, scope.told);
    },
    async start() {
      loops ??= Promise.all(scopes.map(run));
      await Promise.all(scopes.map((scope) => scope.isListed.promise));
    },
    async stop() {
      stopping.abort(new Error('the reflector has stopped'));
      for (const scope of scopes) scope.isListed.reject(stopping.signal.reason);
      await Promise.allSettled([...scopes.map((scope) => scope.isListed.promise), loops]);
    },
    ageMs: () => performance.now() - Math.min(...scopes.map((scope) => scope.aliveAtMs)),
  };
}
