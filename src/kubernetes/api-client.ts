import { AsyncLocalStorage } from 'node:async_hooks';
import type { Readable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import type { KubeConfig } from '@kubernetes/client-node';
import type { Dispatcher } from 'undici';
import { type Json, NotNowError, TerminalError } from '../lib/index.ts';
import { parseFailure } from './api-errors.ts';
import { createCredentialSource } from './credentials.ts';
import { pluralOf } from './resources.ts';
import { createServerClock, type ServerClock } from './server-clock.ts';
import { createTokenBucket, type RateLimits } from './token-bucket.ts';

export interface ApiRequest {
  readonly method: 'GET' | 'POST' | 'PATCH' | 'DELETE';
  readonly path: string;
  readonly query?: Readonly<Record<string, string>>;
  readonly body?: Json;
  /** Default `application/json`. */
  readonly contentType?: string;
  /** Default `application/json`. */
  readonly accept?: string | undefined;
  readonly signal: AbortSignal;
  /** Default 5 s. */
  readonly timeoutMs?: number;
  /** A 429 is an answer (a disruption budget's no), not a reason to wait and ask again. */
  readonly isOneTry?: boolean;
}

/** The API server as bytes and JSON: who we are, how often we may ask, how long we wait, what its failures mean. */
export interface ApiClient {
  /** One question, one answer. Waits for a token, honours 429, ends within its time; failures are the errors of api-errors.ts. */
  request(request: ApiRequest): Promise<unknown>;
  /** A GET whose body is read as it comes. Without a time limit of its own: the caller's signal ends it. */
  open(request: Pick<ApiRequest, 'path' | 'query' | 'accept' | 'signal'>): Promise<Readable>;
  /** Every call made inside, however deep, goes before those that wait for their token. */
  urgently<T>(act: () => Promise<T>): Promise<T>;
  readonly clock: ServerClock;
  stop(): Promise<void>;
}

/** One answer of the API server, for those who count. A watch is answered when it opens. */
export interface ApiAnswer {
  readonly method: ApiRequest['method'];
  /** `rollouts`, `ingresses` … */
  readonly plural: string;
  /** 0: no answer at all. */
  readonly statusCode: number;
  readonly durationMs: number;
}

/** So that a storm of ours never becomes the API server's. */
const usualLimits: RateLimits = { perSecond: 100, burst: 200 };

/** A 429 that asks for more than this is the caller's to know. */
const longestWaitMs = 2000;

// HTTP/2 would put all calls and watches on one connection, and a connection that died without a word (a lost node, a firewall)
// would fail them all until the kernel gives up, minutes later. With HTTP/1.1 a call that timed out takes its connection with it.
const http1 = { allowH2: false };

export interface ApiClientSettings {
  readonly kubeConfig: KubeConfig;
  /** Default 100/s, burst 200. */
  readonly limits?: RateLimits | undefined;
  /** Hears of every answer. */
  readonly onAnswer?: ((answer: ApiAnswer) => void) | undefined;
}

export function createApiClient({ kubeConfig, limits = usualLimits, onAnswer }: ApiClientSettings): ApiClient {
  const server = kubeConfig.getCurrentCluster()?.server.replace(/\/$/, '');
  if (server === undefined) throw new TerminalError('the kubeconfig has no current cluster');
  const { origin } = new URL(server);
  const prefix = server.slice(origin.length);
  const clock = createServerClock();
  const bucket = createTokenBucket(limits);
  const credentials = createCredentialSource(kubeConfig, server);
  const urgency = new AsyncLocalStorage<boolean>();
  const stopping = new AbortController();

  async function sendOnce(request: ApiRequest, dispatcher: Dispatcher, headers: Readonly<Record<string, string>>) {
    const query = request.query === undefined ? '' : `?${new URLSearchParams(request.query)}`;
    const { method, body, contentType = 'application/json', accept = 'application/json' } = request;
    const sentMs = performance.now();
    let statusCode = 0;
    try {
      const response = await dispatcher.request({
        origin,
        path: `${prefix}${request.path}${query}`,
        method,
        headers: {
          ...headers,
          accept,
          'user-agent': 'stepwise',
          ...(body === undefined ? {} : { 'content-type': contentType }),
        },
        body: body === undefined ? null : JSON.stringify(body),
        signal: request.signal,
        ...http1,
      });
      statusCode = response.statusCode;
      clock.observe(String(response.headers.date), sentMs, performance.now());
      return response;
    } finally {
      onAnswer?.({ method, plural: pluralOf(request.path), statusCode, durationMs: performance.now() - sentMs });
    }
  }

  /** The answer, or what it means that there is none. */
  async function send(request: ApiRequest): Promise<Dispatcher.ResponseData | Error> {
    for (let isFirst = true; ; isFirst = false) {
      await bucket.take(request.signal, urgency.getStore());
      const used = await credentials.current();
      const response = await sendOnce(request, used.dispatcher, used.headers);
      if (response.statusCode < 300) return response;
      const failure = parseFailure({
        statusCode: response.statusCode,
        body: await response.body.text(),
        retryAfter: response.headers['retry-after']?.toString(),
        act: actOf(request),
      });
      if (response.statusCode === 401 && isFirst) {
        credentials.distrust(used);
        continue;
      }
      // 429: nothing was done, so every verb may be sent again.
      const mayRepeat = response.statusCode === 429 && request.isOneTry !== true && failure instanceof NotNowError;
      if (!mayRepeat || failure.retryAfterMs > longestWaitMs) return failure;
      await sleep(failure.retryAfterMs, undefined, { signal: request.signal });
    }
  }

  /** undici's own words are about sockets: ours are about what we were doing, and keep its code. */
  async function inWords<T>(request: ApiRequest, act: () => Promise<T>): Promise<T> {
    try {
      return await act();
    } catch (cause) {
      const code = cause instanceof Error && 'code' in cause ? ` (${String(cause.code)})` : '';
      const told = cause instanceof Error ? cause.message : String(cause);
      throw new Error(`${actOf(request)}: ${told}${code}`, { cause });
    }
  }

  return {
    async request({ timeoutMs = 5000, signal, ...asked }) {
      const deadline = openDeadline(timeoutMs, [signal, stopping.signal]);
      const request = { ...asked, signal: deadline.signal };
      try {
        const answer = await inWords(request, async () => {
          const response = await send(request);
          return response instanceof Error ? response : response.body.json();
        });
        if (answer instanceof Error) throw answer;
        return answer;
      } catch (error) {
        signal.throwIfAborted();
        if (!deadline.isOver()) throw error;
        throw new Error(`${actOf(request)}: no answer within ${timeoutMs} ms`, { cause: error });
      } finally {
        deadline.release();
      }
    },
    async open({ signal, ...asked }) {
      const request = { ...asked, method: 'GET', signal: AbortSignal.any([signal, stopping.signal]) } as const;
      const response = await inWords(request, () => send(request));
      if (response instanceof Error) throw response;
      return response.body;
    },
    urgently: (act) => urgency.run(true, act),
    clock,
    async stop() {
      stopping.abort(new Error('the Kubernetes client has stopped'));
      await credentials.stop();
    },
  };
}

/**
 * A signal that aborts with any of these, or when the time is over. Let go of after each request: `AbortSignal.timeout` goes off seconds
 * after the answer all the same, and a thousand of those a second are a twentieth of the process.
 */
function openDeadline(timeoutMs: number, signals: readonly AbortSignal[]) {
  const controller = new AbortController();
  let isOver = false;
  const timer = setTimeout(() => {
    isOver = true;
    controller.abort(new Error('the time is over'));
  }, timeoutMs);
  const listeners = signals.map((signal) => {
    const listener = () => controller.abort(signal.reason);
    if (signal.aborted) listener();
    else signal.addEventListener('abort', listener, { once: true });
    return { signal, listener };
  });
  return {
    signal: controller.signal,
    isOver: () => isOver,
    release() {
      clearTimeout(timer);
      for (const { signal, listener } of listeners) signal.removeEventListener('abort', listener);
    },
  };
}

function actOf({ method, path }: ApiRequest): string {
  return `${method} ${path}`;
}
