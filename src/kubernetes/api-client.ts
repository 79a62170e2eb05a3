import { AsyncLocalStorage } from 'node:async_hooks';
import type { Readable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { HttpMethod, type KubeConfig, RequestContext } from '@kubernetes/client-node';
import { Agent, type Dispatcher } from 'undici';
import { type Json, NotNowError } from '../lib/index.ts';
import { parseFailure } from './api-errors.ts';
import { createServerClock, type ServerClock } from './server-clock.ts';
import { createTokenBucket, type RateLimits } from './token-bucket.ts';

export interface ApiRequest {
  readonly method: 'GET' | 'POST' | 'PATCH' | 'DELETE';
  readonly path: string;
  readonly query?: Readonly<Record<string, string>>;
  readonly body?: Json;
  /** Default `application/json`. */
  readonly contentType?: string;
  readonly signal: AbortSignal;
  /** Default 5 s. */
  readonly timeoutMs?: number;
}

/** The API server as bytes and JSON: who we are, how often we may ask, how long we wait, what its failures mean. */
export interface ApiClient {
  /** One question, one answer. Waits for a token, honours 429, ends within its time; failures are the errors of api-errors.ts. */
  request(request: ApiRequest): Promise<unknown>;
  /** A GET whose body is read as it comes. Without a time limit of its own: the caller's signal ends it. */
  open(request: Pick<ApiRequest, 'path' | 'query' | 'signal'>): Promise<Readable>;
  /** Every call made inside, however deep, goes before those that wait for their token. */
  urgently<T>(act: () => Promise<T>): Promise<T>;
  readonly clock: ServerClock;
  stop(): Promise<void>;
}

interface Credentials {
  readonly headers: Record<string, string>;
  readonly dispatcher: Dispatcher;
  readonly takenAtMs: number;
}

/** Tokens of service accounts and of exec plugins change while we run. */
const credentialsLastMs = 60_000;

/** So that a storm of ours never becomes the API server's. */
const usualLimits: RateLimits = { perSecond: 100, burst: 200 };

export function createApiClient(kubeConfig: KubeConfig, limits: RateLimits = usualLimits): ApiClient {
  const server = kubeConfig.getCurrentCluster()?.server.replace(/\/$/, '');
  if (server === undefined) throw new Error('the kubeconfig has no current cluster');
  const origin = new URL(server).origin;
  const prefix = server.slice(origin.length);
  const clock = createServerClock();
  const bucket = createTokenBucket(limits);
  const urgency = new AsyncLocalStorage<boolean>();
  const stopping = new AbortController();
  let credentials: Promise<Credentials> | undefined;

  // client-node 2.0.1 makes a new undici Agent, so a new TCP and TLS connection, for every request that has a CA or a client
  // certificate (2.5 ms CPU each, 0.3 ms on a kept connection): we ask it once a minute and keep what it made.
  async function takeCredentials(): Promise<Credentials> {
    const context = new RequestContext(`${server}/`, HttpMethod.GET);
    await kubeConfig.applySecurityAuthentication(context);
    const dispatcher = context.getDispatcher() ?? new Agent();
    return { headers: context.getHeaders(), dispatcher, takenAtMs: performance.now() };
  }

  async function currentCredentials(): Promise<Credentials> {
    const kept = await credentials?.catch(() => undefined);
    if (kept !== undefined && performance.now() - kept.takenAtMs < credentialsLastMs) return kept;
    credentials = takeCredentials();
    // Idle connections of the one before close by themselves; those in use (watches) go on.
    return credentials;
  }

  async function send(request: ApiRequest): Promise<Dispatcher.ResponseData> {
    await bucket.take(request.signal, urgency.getStore());
    const { headers, dispatcher } = await currentCredentials();
    const query = request.query === undefined ? '' : `?${new URLSearchParams(request.query)}`;
    const sentMs = performance.now();
    const response = await dispatcher.request({
      origin,
      path: `${prefix}${request.path}${query}`,
      method: request.method,
      headers: {
        ...headers,
        accept: 'application/json',
        'user-agent': 'stepwise',
        ...(request.body === undefined ? {} : { 'content-type': request.contentType ?? 'application/json' }),
      },
      body: request.body === undefined ? null : JSON.stringify(request.body),
      signal: request.signal,
      ...http1,
    });
    clock.observe(String(response.headers.date), sentMs, performance.now());
    return response;
  }

  async function sendAndCheck(request: ApiRequest): Promise<Dispatcher.ResponseData> {
    let hasNewCredentials = false;
    for (;;) {
      const response = await send(request);
      if (response.statusCode < 300) return response;
      const body = await response.body.text();
      if (response.statusCode === 401 && !hasNewCredentials) {
        hasNewCredentials = true;
        credentials = undefined;
        continue;
      }
      const retryAfter = response.headers['retry-after']?.toString();
      const act = `${request.method} ${request.path}`;
      const failure = parseFailure({ statusCode: response.statusCode, body, retryAfter, act });
      // 429: nothing was done, so every verb may be sent again; longer than we may wait is the caller's to know.
      if (response.statusCode !== 429 || !(failure instanceof NotNowError) || failure.retryAfterMs > 2000)
        throw failure;
      await sleep(failure.retryAfterMs, undefined, { signal: request.signal });
    }
  }

  return {
    async request({ timeoutMs = 5000, signal, ...request }) {
      const timeout = AbortSignal.timeout(timeoutMs);
      const limited = AbortSignal.any([signal, stopping.signal, timeout]);
      try {
        const response = await sendAndCheck({ ...request, signal: limited });
        return await response.body.json();
      } catch (cause) {
        signal.throwIfAborted();
        if (!timeout.aborted && isOurs(cause)) throw cause;
        const why = timeout.aborted ? `no answer within ${timeoutMs} ms` : describe(cause);
        throw new Error(`${request.method} ${request.path}: ${why}`, { cause });
      }
    },
    async open({ signal, ...request }) {
      const limited = AbortSignal.any([signal, stopping.signal]);
      const response = await sendAndCheck({ ...request, method: 'GET', signal: limited });
      return response.body;
    },
    urgently: (act) => urgency.run(true, act),
    clock,
    async stop() {
      stopping.abort(new Error('the Kubernetes client has stopped'));
      const last = await credentials?.catch(() => undefined);
      await last?.dispatcher.destroy();
    },
  };
}

// HTTP/2 would put all calls and watches on one connection, and a connection that died without a word (a lost node, a firewall)
// would fail them all until the kernel gives up, minutes later. With HTTP/1.1 a call that timed out takes its connection with it.
const http1 = { allowH2: false };

function isOurs(error: unknown): boolean {
  return error instanceof Error && error.name !== 'AbortError' && !('code' in error);
}

/** undici says "fetch failed" or nothing; the reason is in `code` or in the cause. */
function describe(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const code = 'code' in error ? ` (${String(error.code)})` : '';
  return `${error.message}${code}`;
}
