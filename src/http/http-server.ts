import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { Logger } from 'pino';
import type { Registry } from 'prom-client';
import type { Check } from './readiness.ts';
import type { Reply } from './reply.ts';

export interface HttpServerSettings {
  /** 0: any free one. */
  readonly port: number;
  /** Default: all addresses. */
  readonly host?: string;
  /** Asked anew on each request. */
  readiness(): readonly Check[];
  readonly metrics: Registry;
  /** Answers `/hooks/image`. */
  readonly imageHook?: ((request: IncomingMessage) => Promise<Reply>) | undefined;
  readonly log: Logger;
}

export interface HttpServer {
  /** Resolves with the port when connections are accepted. */
  start(): Promise<number>;
  stop(): Promise<void>;
}

/** `/livez`, `/readyz`, `/metrics`, `/hooks/image`. */
export function createHttpServer(settings: HttpServerSettings): HttpServer {
  const server = createServer((request, response) => {
    answer(request, response).catch((error: unknown) => {
      settings.log.error({ err: error, url: request.url }, 'request failed');
      if (!response.headersSent) response.writeHead(500);
      response.end();
    });
  });
  // Probes and scrapes are short: nobody may hold a connection.
  server.requestTimeout = 10_000;

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const path = URL.parse(request.url ?? '', 'http://self')?.pathname;
    if (path === '/hooks/image' && settings.imageHook !== undefined)
      return send(response, await settings.imageHook(request));
    if (request.method !== 'GET' && request.method !== 'HEAD') {
      return send(response, { status: 405, text: 'only GET is answered here\n', headers: { allow: 'GET, HEAD' } });
    }
    switch (path) {
      case '/livez':
        return send(response, { status: 200, text: 'ok\n' });
      case '/readyz':
        return sendReadiness(response);
      case '/metrics': {
        const headers = { 'content-type': settings.metrics.contentType };
        return send(response, { status: 200, text: await settings.metrics.metrics(), headers });
      }
      default:
        return send(response, { status: 404, text: 'known here: /livez, /readyz, /metrics, /hooks/image\n' });
    }
  }

  function sendReadiness(response: ServerResponse): void {
    const checks = settings.readiness();
    const isReady = checks.every((check) => check.isReady);
    const lines = checks.map(({ isReady: isWell, name, message }) => `[${isWell ? '+' : '-'}] ${name}: ${message}\n`);
    send(response, { status: isReady ? 200 : 503, text: `${lines.join('')}${isReady ? 'ready' : 'not ready'}\n` });
  }

  return {
    async start() {
      server.listen(settings.port, settings.host);
      await once(server, 'listening');
      const address = server.address();
      return typeof address === 'object' && address !== null ? address.port : settings.port;
    },
    async stop() {
      if (!server.listening) return;
      const closed = once(server, 'close');
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}

function send(response: ServerResponse, { status, text, headers }: Reply): void {
  response.writeHead(status, { 'content-type': 'text/plain; charset=utf-8', ...headers });
  response.end(text);
}
