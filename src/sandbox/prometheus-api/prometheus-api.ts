import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { isLabelName } from './labels.ts';
import { EvaluationError, QueryError, QueryTimeout } from './promql/expression.ts';
import { answerQuery, answerRangeQuery, checkPeriod, readSelectors } from './query-api.ts';
import { createSampleStore, type SampleStore } from './sample-store.ts';
import { startScraper, type Target } from './scraper.ts';

export type PrometheusApiOptions = {
  /** 0 takes a free one. */
  readonly port: number;
  readonly targets: readonly Target[];
  readonly scrapeIntervalMs?: number;
  readonly retentionMs?: number;
};

/** down: connections break and nothing is scraped; slow: answers take 35 s; garbage: an answer that is not JSON; empty: no series. */
export type PrometheusFault = 'none' | 'down' | 'slow' | 'garbage' | 'empty';

export type PrometheusApi = {
  readonly url: string;
  setFault(fault: PrometheusFault): void;
  stop(): Promise<void>;
};

const SLOW_ANSWER_MS = 35_000;
const MOST_BODY_BYTES = 1024 * 1024;

/** Starts a server that scrapes its targets, keeps their samples in memory and answers Prometheus' query API. */
export async function createPrometheusApi(options: PrometheusApiOptions): Promise<PrometheusApi> {
  const store = createSampleStore(options.retentionMs ?? 1_200_000);
  let fault: PrometheusFault = 'none';
  // Aborted at each change of fault, so that slow answers end with it.
  let faultEnded = new AbortController();

  const server = http.createServer((request, response) => {
    void answer(request, response).catch((error: unknown) => {
      sendError(response, 500, 'internal', error instanceof Error ? error.message : String(error));
    });
  });

  async function answer(request: http.IncomingMessage, response: http.ServerResponse): Promise<void> {
    if (fault === 'down') {
      request.socket.destroy();
      return;
    }
    const url = new URL(request.url ?? '/', 'http://prometheus');
    const params = url.searchParams;
    if (request.method === 'POST') for (const [name, value] of await readForm(request)) params.append(name, value);
    const isAllowed = request.method === 'GET' || request.method === 'POST' || !url.pathname.startsWith('/api/');
    if (!isAllowed) {
      refuseMethod(request.method ?? '', response);
      return;
    }
    if (fault === 'slow') await sleep(SLOW_ANSWER_MS, faultEnded.signal);
    if (fault === 'garbage') {
      response.writeHead(200, { 'content-type': 'text/html' }).end('<html><body>Bad gateway: upstream reset');
      return;
    }
    if (url.pathname === '/-/healthy' || url.pathname === '/-/ready') {
      response.writeHead(200, { 'content-type': 'text/plain' }).end('Prometheus Server is Healthy.\n');
      return;
    }
    try {
      const data = answerPath(store, { pathname: url.pathname, params, isEmpty: fault === 'empty' });
      if (data === undefined) response.writeHead(404, { 'content-type': 'text/plain' }).end('404 page not found\n');
      else sendJson(response, 200, { status: 'success', data });
    } catch (error) {
      if (error instanceof QueryError) sendError(response, 400, 'bad_data', error.message);
      else if (error instanceof EvaluationError) sendError(response, 422, 'execution', error.message);
      else if (error instanceof QueryTimeout) sendError(response, 503, 'timeout', error.message);
      else throw error;
    }
  }

  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(options.port, '127.0.0.1', resolve);
  });
  const intervalMs = options.scrapeIntervalMs ?? 1000;
  const isPaused = () => fault === 'down';
  const scrapers = options.targets.map((target) => startScraper({ target, store, intervalMs, isPaused }));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    setFault(next) {
      fault = next;
      faultEnded.abort();
      faultEnded = new AbortController();
    },
    async stop() {
      faultEnded.abort();
      for (const scraper of scrapers) scraper.stop();
      await new Promise<void>((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      });
    },
  };
}

type Question = { readonly pathname: string; readonly params: URLSearchParams; readonly isEmpty: boolean };

function answerPath(store: SampleStore, { pathname, params, isEmpty }: Question): unknown {
  const nothing = createSampleStore(0);
  const source = isEmpty ? nothing : store;
  switch (pathname) {
    case '/api/v1/query':
      return answerQuery(source, params, Date.now());
    case '/api/v1/query_range':
      return answerRangeQuery(source, params);
    case '/api/v1/labels':
      return [...namesOf(source, params).keys()].sort();
    case '/api/v1/series':
      if (!params.has('match[]')) throw new QueryError('no match[] parameter provided');
      checkPeriod(params);
      return readSelectors(params, 'invalid parameter "match[]": ').flatMap((matchers) =>
        source.select(matchers).map((series) => series.labels),
      );
    case '/api/v1/status/buildinfo':
      return { version: '3.0.0-sandbox', revision: '', branch: '', buildUser: '', buildDate: '', goVersion: '' };
    default: {
      const label = /^\/api\/v1\/label\/([^/]+)\/values$/.exec(pathname)?.[1];
      if (label !== undefined && !isLabelName(label))
        throw new QueryError(`invalid label name: ${JSON.stringify(label)}`);
      return label === undefined ? undefined : [...(namesOf(source, params).get(label) ?? [])].sort();
    }
  }
}

function namesOf(store: SampleStore, params: URLSearchParams): ReadonlyMap<string, ReadonlySet<string>> {
  checkPeriod(params);
  const selectors = readSelectors(params);
  const names = new Map<string, Set<string>>();
  for (const matchers of selectors.length === 0 ? [[]] : selectors) {
    for (const [name, values] of store.labels(matchers)) {
      names.set(name, new Set([...(names.get(name) ?? []), ...values]));
    }
  }
  return names;
}

async function readForm(request: http.IncomingMessage): Promise<URLSearchParams> {
  const chunks: Buffer[] = [];
  let sizeBytes = 0;
  for await (const chunk of request) {
    sizeBytes += (chunk as Buffer).length;
    if (sizeBytes > MOST_BODY_BYTES) throw new Error(`the form is larger than ${MOST_BODY_BYTES} bytes`);
    chunks.push(chunk as Buffer);
  }
  return new URLSearchParams(Buffer.concat(chunks).toString('utf8'));
}

/** Browsers ask first whether they may ask. */
function refuseMethod(method: string, response: http.ServerResponse): void {
  if (method === 'OPTIONS') response.writeHead(204, { 'access-control-allow-origin': '*' }).end();
  else response.writeHead(405, { 'content-type': 'text/plain; charset=utf-8' }).end('Method Not Allowed\n');
}

function sendError(response: http.ServerResponse, status: number, errorType: string, error: string): void {
  if (!response.headersSent) sendJson(response, status, { status: 'error', errorType, error });
}

function sendJson(response: http.ServerResponse, status: number, body: object): void {
  response.writeHead(status, { 'content-type': 'application/json', 'access-control-allow-origin': '*' });
  response.end(JSON.stringify(body));
}

function sleep(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, ms);
    signal.addEventListener('abort', () => {
      clearTimeout(timer);
      resolve();
    });
  });
}
