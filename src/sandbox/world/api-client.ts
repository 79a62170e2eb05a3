import http from 'node:http';
import https from 'node:https';
import {
  AlreadyExistsError,
  ConflictError,
  ForbiddenError,
  InvalidError,
  NotFoundError,
  NotNowError,
} from '../../lib/index.ts';

/** Where the API is and how to be let in. */
export type ApiAddress = {
  readonly url: string;
  readonly token?: string | undefined;
  /** For a test server with a certificate of its own making. */
  readonly skipTlsVerify?: boolean | undefined;
};

export type ListAnswer = { readonly items: readonly unknown[]; readonly resourceVersion: string };
export type WatchEvent = { readonly type: string; readonly object: unknown };

/** What the parts of the world may ask of the API: plain HTTP, nothing that kubectl could not do. */
export type ApiClient = {
  list(path: string, signal: AbortSignal): Promise<ListAnswer>;
  /** Reads events until the server ends the answer; throws when it breaks. */
  watch(path: string, onEvent: (event: WatchEvent) => void, signal: AbortSignal): Promise<void>;
  get(path: string): Promise<unknown>;
  create(path: string, body: object, fieldManager: string): Promise<unknown>;
  mergePatch(path: string, body: object, fieldManager: string): Promise<unknown>;
  /** Answers the object when it lingers (a pod's grace period), or a Status. */
  remove(path: string, body: object): Promise<unknown>;
  stop(): void;
};

const CALL_TIMEOUT_MS = 10_000;
/** A watch asks the server to end it after this time; silence beyond that means a dead peer. */
export const WATCH_SECONDS = 240;
const WATCH_SILENCE_MS = (WATCH_SECONDS + 60) * 1000;

export function createApiClient(address: ApiAddress): ApiClient {
  const transport = address.url.startsWith('https:') ? https : http;
  const agent = new transport.Agent({
    keepAlive: true,
    maxSockets: 24,
    ...(address.skipTlsVerify === true ? { rejectUnauthorized: false } : {}),
  });
  // Watches never share the pool: 24 of them would starve every write.
  const watchAgent = new transport.Agent({
    maxSockets: Number.POSITIVE_INFINITY,
    ...(address.skipTlsVerify === true ? { rejectUnauthorized: false } : {}),
  });
  const stopped = new AbortController();
  const baseUrl = address.url.replace(/\/$/, '');
  const authorization = address.token === undefined ? {} : { authorization: `Bearer ${address.token}` };

  function open(
    method: string,
    path: string,
    options: {
      readonly body?: string;
      readonly contentType?: string;
      readonly signal: AbortSignal;
      readonly isWatch?: boolean;
    },
  ) {
    const { promise, resolve, reject } = Promise.withResolvers<http.IncomingMessage>();
    const request = transport.request(`${baseUrl}${path}`, {
      method,
      agent: options.isWatch === true ? watchAgent : agent,
      signal: options.signal,
      headers: {
        accept: 'application/json',
        'user-agent': 'sandbox-world',
        ...authorization,
        ...(options.body === undefined
          ? {}
          : { 'content-type': options.contentType, 'content-length': Buffer.byteLength(options.body) }),
      },
    });
    request.on('response', resolve);
    request.on('error', reject);
    request.end(options.body);
    return promise;
  }

  async function call(
    method: string,
    path: string,
    body?: object,
    contentType = 'application/json',
    signal = stopped.signal,
  ) {
    const limits = AbortSignal.any([signal, stopped.signal, AbortSignal.timeout(CALL_TIMEOUT_MS)]);
    const response = await open(method, path, {
      signal: limits,
      ...(body === undefined ? {} : { body: JSON.stringify(body), contentType }),
    });
    const text = await readText(response);
    const status = response.statusCode ?? 0;
    if (status >= 300) throw errorOf(status, `${method} ${path}`, text, response.headers['retry-after']);
    return JSON.parse(text) as unknown;
  }

  return {
    async list(path, signal) {
      const answer = (await call('GET', path, undefined, undefined, signal)) as {
        items?: unknown[];
        metadata?: { resourceVersion?: string };
      };
      return { items: answer.items ?? [], resourceVersion: answer.metadata?.resourceVersion ?? '0' };
    },
    async watch(path, onEvent, signal) {
      const separator = path.includes('?') ? '&' : '?';
      const response = await open('GET', `${path}${separator}watch=true&timeoutSeconds=${WATCH_SECONDS}`, {
        signal: AbortSignal.any([signal, stopped.signal]),
        isWatch: true,
      });
      if (response.statusCode !== 200) {
        throw errorOf(response.statusCode ?? 0, `watch ${path}`, await readText(response), undefined);
      }
      response.setTimeout(WATCH_SILENCE_MS, () => response.destroy(new Error(`watch ${path} fell silent`)));
      response.setEncoding('utf8');
      let rest = '';
      for await (const chunk of response) {
        const lines = `${rest}${chunk as string}`.split('\n');
        rest = lines.pop() ?? '';
        for (const line of lines) if (line !== '') onEvent(JSON.parse(line) as WatchEvent);
      }
    },
    get: (path) => call('GET', path),
    create: (path, body, fieldManager) => call('POST', `${path}?fieldManager=${fieldManager}`, body),
    mergePatch: (path, body, fieldManager) =>
      call('PATCH', `${path}?fieldManager=${fieldManager}`, body, 'application/merge-patch+json'),
    remove: (path, body) => call('DELETE', path, body),
    stop() {
      stopped.abort();
      agent.destroy();
      watchAgent.destroy();
    },
  };
}

async function readText(response: http.IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of response) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString('utf8');
}

/** Thrown by a watch or a list whose resourceVersion the server has forgotten. */
export class GoneError extends Error {
  override readonly name = 'GoneError';
}

function errorOf(status: number, doing: string, text: string, retryAfter: string | undefined): Error {
  let reason = '';
  let detail = text.slice(0, 300);
  try {
    const body = JSON.parse(text) as { reason?: string; message?: string };
    reason = body.reason ?? '';
    detail = body.message ?? detail;
  } catch {
    // Not a Status: the first characters of whatever came stand in for it.
  }
  const message = `${doing}: ${status} ${detail}`;
  // The server's own words: controllers write them down as they are.
  if (status === 403) return new ForbiddenError(detail);
  if (status === 404) return new NotFoundError(message);
  if (status === 409) return reason === 'AlreadyExists' ? new AlreadyExistsError(message) : new ConflictError(message);
  if (status === 410) return new GoneError(message);
  if (status === 400 || status === 422) return new InvalidError(message);
  if (status === 429 || status === 503) return new NotNowError(message, Number(retryAfter ?? 1) * 1000);
  return new Error(message);
}
