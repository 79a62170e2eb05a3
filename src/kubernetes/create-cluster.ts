import { setTimeout as sleep } from 'node:timers/promises';
import type { KubeConfig } from '@kubernetes/client-node';
import type { Logger } from 'pino';
import { ConflictError, ForbiddenError, type Json, type JsonObject, NotFoundError } from '../lib/index.ts';
import { type ApiAnswer, type ApiClient, createApiClient } from './api-client.ts';
import { ExpiredError } from './api-errors.ts';
import type { Cluster, KubernetesObject, ObjectName, Resource, WriteOptions } from './cluster.ts';
import { allowPlainHttpOnLoopback, type KubeConfigSettings, loadKubeConfig } from './load-kube-config.ts';
import { parseAccessAnswer, parseObject } from './objects.ts';
import { readPages } from './pages.ts';
import { apiVersionOf, pathOf, resources } from './resources.ts';
import type { RateLimits } from './token-bucket.ts';

/** A Cluster with its connection: reflectors and the lease build on `api`. */
export interface ConnectedCluster extends Cluster {
  readonly api: ApiClient;
  /**
   * Every call made inside, however deep, goes before those that wait at the token bucket: an abort, a click. After a start with
   * thousands of rollouts the line is minutes long.
   */
  urgently<T>(act: () => Promise<T>): Promise<T>;
  /** Waits, as long as the signal lets it, until the API server has answered once; then `uid()` and `nowMs()` hold. */
  start(signal: AbortSignal): Promise<void>;
  stop(): Promise<void>;
}

export interface ClusterSettings {
  readonly kubeConfig: KubeConfig | KubeConfigSettings;
  /** Default `stepwise`. */
  readonly fieldManager?: string;
  /** Default 100/s, burst 200. */
  readonly limits?: RateLimits;
  /** Hears of every answer of the API server: counts, times. */
  readonly onAnswer?: (answer: ApiAnswer) => void;
  readonly log: Logger;
}

export function createCluster(settings: ClusterSettings): ConnectedCluster {
  const { kubeConfig, fieldManager = 'stepwise', limits, onAnswer, log } = settings;
  const config = 'clusters' in kubeConfig ? kubeConfig : loadKubeConfig(kubeConfig);
  allowPlainHttpOnLoopback(config);
  const api = createApiClient({ kubeConfig: config, limits, onAnswer });
  const stopping = new AbortController();
  let uid: string | undefined;
  let clockLoop: Promise<void> | undefined;

  async function patch(at: Address, body: Json, contentType: string, options: WriteOptions): Promise<KubernetesObject> {
    const path = pathOf(at.resource, at.name.namespace, at.name.name);
    const answer = await api.request({
      method: 'PATCH',
      path: options.subresource === undefined ? path : `${path}/${options.subresource}`,
      query: { fieldManager: options.fieldManager ?? fieldManager },
      body,
      contentType,
      signal: options.signal,
    });
    return parseObject(answer, at.resource);
  }

  const cluster: ConnectedCluster = {
    api,
    urgently: api.urgently,
    async get(resource, name, signal) {
      // Without a name the path is that of the list; what people leave out is not there.
      if (name.name === '') return undefined;
      try {
        const path = pathOf(resource, name.namespace, name.name);
        return parseObject(await api.request({ method: 'GET', path, signal }), resource);
      } catch (error) {
        if (error instanceof NotFoundError) return undefined;
        throw error;
      }
    },
    async list(resource, query, signal) {
      for (let attempt = 1; ; attempt++) {
        try {
          const found: KubernetesObject[] = [];
          for await (const page of readPages(api, { resource, ...query, signal })) found.push(...page.items);
          return found;
        } catch (error) {
          if (!(error instanceof ExpiredError) || attempt === 3) throw error;
        }
      }
    },
    async create(resource, object, options) {
      const answer = await api.request({
        method: 'POST',
        path: pathOf(resource, namespaceOf(object)),
        query: { fieldManager: options.fieldManager ?? fieldManager },
        body: { apiVersion: apiVersionOf(resource), kind: resource.kind, ...object },
        signal: options.signal,
      });
      return parseObject(answer, resource);
    },
    patchJson: (resource, name, operations, options) =>
      patch({ resource, name }, [...operations], 'application/json-patch+json', options),
    patchMerge: (resource, name, body, options) =>
      patch({ resource, name }, body, 'application/merge-patch+json', options),
    async delete(resource, name, objectUid, options) {
      try {
        await api.request({
          method: 'DELETE',
          path: pathOf(resource, name.namespace, name.name),
          query: { fieldManager: options.fieldManager ?? fieldManager },
          body: {
            apiVersion: 'v1',
            kind: 'DeleteOptions',
            propagationPolicy: 'Background',
            preconditions: { uid: objectUid },
          },
          signal: options.signal,
        });
      } catch (error) {
        // A conflict about the uid: the name belongs to another object by now, so ours is gone.
        if (!(error instanceof NotFoundError || error instanceof ConflictError)) throw error;
      }
    },
    async mayI(question, signal) {
      const { group, plural } = question.resource ?? resources.rollouts;
      const answer = await api.request({
        method: 'POST',
        path: pathOf(resources.subjectAccessReviews, ''),
        body: {
          apiVersion: apiVersionOf(resources.subjectAccessReviews),
          kind: resources.subjectAccessReviews.kind,
          spec: {
            user: question.user,
            groups: [...question.groups],
            resourceAttributes: {
              group,
              resource: plural,
              verb: question.verb,
              namespace: question.namespace,
              name: question.name,
            },
          },
        },
        signal,
      });
      return parseAccessAnswer(answer);
    },
    nowMs: api.clock.nowMs,
    uid() {
      if (uid === undefined) throw new Error('the cluster is not started: uid() is known after start()');
      return uid;
    },
    async start(signal) {
      for (let attempt = 0; uid === undefined; attempt++) {
        try {
          const system = await cluster.get(resources.namespaces, { namespace: '', name: 'kube-system' }, signal);
          if (system === undefined)
            throw new NotFoundError('namespace kube-system not found: its uid names the cluster');
          uid = system.metadata.uid;
        } catch (error) {
          signal.throwIfAborted();
          if (error instanceof ForbiddenError || error instanceof NotFoundError) throw error;
          if (attempt === 0) log.warn({ err: error }, 'API server not reachable yet');
          await sleep(Math.min(5000, 250 * 2 ** attempt) * (0.5 + Math.random() / 2), undefined, { signal });
        }
      }
      clockLoop ??= sharpenClock(api, stopping.signal);
    },
    async stop() {
      stopping.abort();
      await clockLoop;
      await api.stop();
    },
  };
  return cluster;
}

/** Within some 8 s of the start the clock is known to a few hundredths of a second, and stays so. */
async function sharpenClock(api: ApiClient, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    const isSharp = api.clock.uncertaintyMs() < 50;
    await sleep(isSharp ? 30_000 : api.clock.bestProbeInMs(), undefined, { signal, ref: false }).catch(() => undefined);
    if (isSharp || signal.aborted) continue;
    // A failure costs nothing but sharpness; who needs the answer meets the failure too.
    await api.request({ method: 'GET', path: '/version', signal }).catch(() => undefined);
  }
}

interface Address {
  readonly resource: Resource;
  readonly name: ObjectName;
}

function namespaceOf(object: JsonObject): string {
  const metadata = object.metadata;
  if (metadata === null || typeof metadata !== 'object' || !('namespace' in metadata)) return '';
  return typeof metadata.namespace === 'string' ? metadata.namespace : '';
}
