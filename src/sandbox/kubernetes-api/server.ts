import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { Api } from './api.ts';
import { ApiError, nothingThere } from './api-error.ts';
import { type Answer, jsonAnswer } from './requests/answer.ts';
import { answerDiscovery } from './requests/discovery.ts';
import { answerOpenApi } from './requests/openapi.ts';
import { type ApiRequest, parseResourcePath, type ResourcePath, type User } from './requests/request.ts';
import { answerResource } from './requests/resource-request.ts';
import type { WatchStream } from './requests/watch.ts';

const longestBodyBytes = 3_145_728;
/** What etcd takes of one object. */
const longestObjectBytes = 1_572_864;

export interface HttpServer {
  readonly port: number;
  stop(): Promise<void>;
}

export interface ServerTools {
  readonly api: Api;
  readonly port: number;
  authenticate(request: IncomingMessage): User;
  /** Throws when the user may not. */
  authorize(request: ApiRequest): void;
  /** Answers kinds that are asked and not stored; undefined for all others. */
  answerReview(request: ApiRequest, path: ResourcePath): Answer | undefined;
  onAnswered(request: ApiRequest, code: number): void;
}

/** Serves the API over plain HTTP on the loopback interface. */
export async function startServer(tools: ServerTools): Promise<HttpServer> {
  const watches = new Set<WatchStream>();
  const server = createServer({ keepAliveTimeout: 60_000 }, (incoming, response) => {
    answer(tools, incoming, response, watches).catch((error: unknown) => sendError(response, error));
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(tools.port, '127.0.0.1', resolve);
  });
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : tools.port;
  return {
    port,
    async stop() {
      for (const watch of watches) watch.end();
      await new Promise<void>((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      });
    },
  };
}

async function answer(
  tools: ServerTools,
  incoming: IncomingMessage,
  response: ServerResponse,
  watches: Set<WatchStream>,
): Promise<void> {
  const body = await readBytes(incoming);
  const url = new URL(incoming.url ?? '/', 'http://kubernetes');
  const request: ApiRequest = {
    method: incoming.method ?? 'GET',
    path: url.pathname,
    query: url.searchParams,
    headers: incoming.headers,
    body,
    user: tools.authenticate(incoming),
  };
  const warnings: string[] = [];
  let code = 500;
  try {
    tools.authorize(request);
    const result = answerRequest(tools, request, response, watches, warnings);
    if (result === undefined) {
      code = 200;
      return;
    }
    code = result.code;
    send(response, result, warnings);
  } catch (error) {
    code = sendError(response, error);
  } finally {
    tools.onAnswered(request, code);
  }
}

function answerRequest(
  tools: ServerTools,
  request: ApiRequest,
  response: ServerResponse,
  watches: Set<WatchStream>,
  warnings: string[],
): Answer | undefined {
  const { api } = tools;
  const path = parseResourcePath(request.path);
  if (path !== undefined && path.plural !== '') {
    const review = tools.answerReview(request, path);
    if (review !== undefined) return review;
    return answerResource(api, request, path, {
      response,
      warnings,
      onWatch(watch) {
        watches.add(watch);
        response.on('close', () => watches.delete(watch));
      },
    });
  }
  const plain = answerPlain(request.path);
  const found =
    plain ??
    answerDiscovery(api, request, request.headers.host ?? '') ??
    answerOpenApi(api, request.path, request.headers.accept ?? '');
  if (found === undefined) throw nothingThere();
  return found;
}

function answerPlain(path: string): Answer | undefined {
  if (/^\/(healthz|livez|readyz)(\/.*)?$/.test(path)) return { code: 200, contentType: 'text/plain', text: 'ok' };
  if (path !== '/version' && path !== '/version/') return undefined;
  return jsonAnswer({
    major: '1',
    minor: '34',
    gitVersion: 'v1.34.0',
    gitCommit: '0000000000000000000000000000000000000000',
    gitTreeState: 'clean',
    buildDate: '1970-01-01T00:00:00Z',
    goVersion: 'go1.24.0',
    compiler: 'gc',
    platform: 'linux/amd64',
  });
}

function send(response: ServerResponse, result: Answer, warnings: readonly string[]): void {
  const headers: Record<string, string | string[]> = {
    'content-type': result.contentType,
    'cache-control': 'no-cache, private',
  };
  if (warnings.length > 0) headers.warning = warnings.map((text) => `299 - ${JSON.stringify(text)}`);
  response.writeHead(result.code, headers);
  response.end(result.text);
}

function sendError(response: ServerResponse, error: unknown): number {
  const known =
    error instanceof ApiError
      ? error
      : new ApiError(
          500,
          'InternalError',
          `Internal error occurred: ${error instanceof Error ? error.stack : String(error)}`,
        );
  if (!response.headersSent) send(response, refusalAnswer(known), []);
  else response.end();
  return known.code;
}

function refusalAnswer(error: ApiError): Answer {
  if (error.reason !== 'PlainText') return jsonAnswer(error.status(), error.code);
  return { code: error.code, contentType: 'text/plain; charset=utf-8', text: `${error.message}\n` };
}

async function readBytes(incoming: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let sizeBytes = 0;
  for await (const chunk of incoming) {
    chunks.push(chunk);
    sizeBytes += chunk.length;
    if (sizeBytes > longestBodyBytes) {
      throw new ApiError(413, 'RequestEntityTooLarge', `Request entity too large: limit is ${longestBodyBytes}`);
    }
  }
  if (sizeBytes > longestObjectBytes) throw new ApiError(500, '', 'etcdserver: request is too large');
  return Buffer.concat(chunks);
}
