import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { answerContainerLog, type ReadContainerLog } from './log-pages.ts';
import type { WorldCounters } from './proxy/recent-requests.ts';
import type { Answer, Traffic } from './proxy/traffic.ts';

export type ListenerOptions = {
  readonly port: number;
  readonly traffic: Traffic;
  readonly renderMetrics: () => string;
  readonly readCounters: (windowSeconds: number) => WorldCounters;
  readonly readLog: ReadContainerLog;
};

const STREAM_EVERY_MS = 500;
const ORDINARY_WINDOW_SECONDS = 5;

/**
 * Serves the world's own pages (/metrics, /counters, /counters/stream, /containerLogs) and, for every host that a route takes by its
 * Host header, the simulated applications.
 */
export async function startListener(
  options: ListenerOptions,
): Promise<{ readonly url: string; stop(): Promise<void> }> {
  const { traffic } = options;
  const streams = new Set<() => void>();
  const server = http.createServer((request, response) => {
    const url = new URL(request.url ?? '/', 'http://sandbox');
    const host = (request.headers.host ?? '').replace(/:\d+$/, '').toLowerCase();
    const isOwnAddress = host === '127.0.0.1' || host === 'localhost';
    if (isOwnAddress && answerOwn(url, request, response)) return;
    const headers: Record<string, string> = {};
    for (const [name, value] of Object.entries(request.headers)) headers[name] = String(value);
    const answer = traffic.send({ host, path: request.url ?? '/', method: request.method ?? 'GET', headers });
    request.resume();
    if (answer === undefined) sendJson(response, 404, { error: `no route takes host ${JSON.stringify(host)}` });
    else setTimeout(() => sendAnswer(response, answer), answer.durationMs);
  });

  function answerOwn(url: URL, request: http.IncomingMessage, response: http.ServerResponse): boolean {
    const windowSeconds = Number(url.searchParams.get('seconds') ?? ORDINARY_WINDOW_SECONDS) || ORDINARY_WINDOW_SECONDS;
    switch (url.pathname) {
      case '/metrics':
        response
          .writeHead(200, { 'content-type': 'text/plain; version=0.0.4; charset=utf-8' })
          .end(options.renderMetrics());
        return true;
      case '/counters':
        sendJson(response, 200, options.readCounters(windowSeconds));
        return true;
      case '/counters/stream':
        stream(request, response, windowSeconds);
        return true;
      default:
        return answerContainerLog(url, response, options.readLog);
    }
  }

  function stream(request: http.IncomingMessage, response: http.ServerResponse, windowSeconds: number): void {
    response.writeHead(200, {
      'content-type': 'text/event-stream',
      'cache-control': 'no-cache',
      'access-control-allow-origin': '*',
    });
    const send = () => response.write(`data: ${JSON.stringify(options.readCounters(windowSeconds))}\n\n`);
    send();
    const timer = setInterval(send, STREAM_EVERY_MS);
    const end = () => {
      clearInterval(timer);
      streams.delete(end);
      response.end();
    };
    streams.add(end);
    request.on('close', end);
  }

  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(options.port, '127.0.0.1', resolve);
  });
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    async stop() {
      for (const end of streams) end();
      await new Promise<void>((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      });
    },
  };
}

function sendAnswer(response: http.ServerResponse, answer: Answer): void {
  const { status, service, pod, version } = answer;
  sendJson(response, status, { service, pod, version, status });
}

function sendJson(response: http.ServerResponse, status: number, body: object): void {
  response.writeHead(status, { 'content-type': 'application/json', 'access-control-allow-origin': '*' });
  response.end(`${JSON.stringify(body)}\n`);
}
