import { readFileSync, writeFileSync } from 'node:fs';
import { Agent, type IncomingMessage, type ServerResponse, request as send } from 'node:http';
import { buffer, text } from 'node:stream/consumers';
import { z } from 'zod';
import { startLocalServer } from './local-server.ts';

/** One request as it passes. */
export interface Passing {
  readonly method: string;
  /** Without the query. */
  readonly path: string;
  readonly isWatch: boolean;
  /** As sent; '' for a watch. */
  readonly body: string;
}

/** `pass`: on to the server. `conflict`: answered 409 in its place. `drop`: the connection breaks, the server never hears of it. */
export type Fate = 'pass' | 'conflict' | 'drop';

export interface LineHooks {
  /** Before the server sees it. */
  readonly onRequest?: (request: Passing) => Fate;
  /** The server has done it; whoever asked does not know yet, and never will where this says `drop`. Not asked of watches. */
  readonly onDone?: (request: Passing, answer: { readonly status: number; readonly body: string }) => 'pass' | 'drop';
}

/** An HTTP line between one client and one server, which a test listens to and breaks. */
export interface BreakableLine {
  /** In place of the server's own address. */
  readonly url: string;
  /** From now on open watches are silent and new ones stay without an answer; nothing else changes. */
  freezeWatches(): void;
  /** Frozen watches are cut, so that their reader begins again. */
  thawWatches(): void;
  stop(): Promise<void>;
}

export async function startBreakableLine(serverUrl: string, hooks: LineHooks = {}): Promise<BreakableLine> {
  const target = new URL(serverUrl);
  const agent = new Agent({ keepAlive: true });
  const watches = new Set<ServerResponse>();
  let areWatchesFrozen = false;

  async function answer(incoming: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(incoming.url ?? '/', target);
    const isWatch = url.searchParams.get('watch') === 'true';
    if (isWatch) {
      watches.add(response);
      response.on('close', () => watches.delete(response));
      if (areWatchesFrozen) return;
    }
    const body = isWatch ? '' : await text(incoming);
    const passing = { method: incoming.method ?? 'GET', path: url.pathname, isWatch, body };
    const fate = hooks.onRequest?.(passing) ?? 'pass';
    if (fate === 'drop') incoming.socket.destroy();
    else if (fate === 'conflict') refuse(response);
    else forward(passing, incoming, response);
  }

  function forward(passing: Passing, incoming: IncomingMessage, response: ServerResponse): void {
    const { hostname, port } = target;
    const { method, url: path, headers } = incoming;
    const onward = send({ hostname, port, method, path, headers, agent }, (coming) => {
      const told = passing.isWatch ? tellWatch(coming, response) : tell(passing, coming, response);
      told.catch(() => response.destroy());
    });
    onward.on('error', () => response.destroy());
    response.on('close', () => {
      if (!response.writableFinished) onward.destroy();
    });
    onward.end(passing.body);
  }

  async function tell(passing: Passing, coming: IncomingMessage, response: ServerResponse): Promise<void> {
    const status = coming.statusCode ?? 502;
    const body = await buffer(coming);
    if (hooks.onDone?.(passing, { status, body: body.toString() }) === 'drop') {
      response.destroy();
      return;
    }
    response.writeHead(status, coming.headers);
    response.end(body);
  }

  async function tellWatch(coming: IncomingMessage, response: ServerResponse): Promise<void> {
    response.writeHead(coming.statusCode ?? 502, coming.headers);
    response.flushHeaders();
    for await (const chunk of coming) if (!areWatchesFrozen) response.write(chunk);
    if (!areWatchesFrozen) response.end();
  }

  const server = await startLocalServer(answer);
  return {
    url: server.url,
    freezeWatches() {
      areWatchesFrozen = true;
    },
    thawWatches() {
      areWatchesFrozen = false;
      for (const watch of watches) watch.destroy();
    },
    async stop() {
      agent.destroy();
      await server.stop();
    },
  };
}

/** What a precondition that failed is answered. */
function refuse(response: ServerResponse): void {
  const message = 'the object has been modified; please apply your changes to the latest version and try again';
  const status = {
    kind: 'Status',
    apiVersion: 'v1',
    metadata: {},
    status: 'Failure',
    message,
    reason: 'Conflict',
    code: 409,
  };
  response.writeHead(409, { 'content-type': 'application/json' }).end(JSON.stringify(status));
}

const Kubeconfig = z.looseObject({
  clusters: z.array(z.looseObject({ cluster: z.looseObject({ server: z.string() }) })),
});

/** A kubeconfig like the one at `path`, with this address in it. Returns the new path, beside the old one. */
export function kubeconfigThrough(line: Pick<BreakableLine, 'url'>, path: string): string {
  const config = Kubeconfig.parse(JSON.parse(readFileSync(path, 'utf8')));
  for (const { cluster } of config.clusters) cluster.server = line.url;
  const through = `${path}.${new URL(line.url).port}`;
  writeFileSync(through, JSON.stringify(config), { mode: 0o600 });
  return through;
}
