import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { bundleClient } from './bundle.ts';
import { createFeeds } from './feeds.ts';
import type { PageOptions } from './options.ts';

export interface Page {
  readonly url: string;
  stop(): Promise<void>;
}

/** The library writes style attributes, so those are allowed; scripts, frames and other people's servers are not. */
const contentSecurityPolicy = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self' 'unsafe-inline'",
  "img-src 'self' data:",
  "font-src 'self'",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');

const html = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Sandbox</title>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="/assets/page.css">
<script type="module" src="/assets/page.js"></script>
</head>
<body><div id="root"></div></body>
</html>
`;

/** Serves the page, and passes on to the Slack stand-in what its visitors do. */
export async function createPage(options: PageOptions): Promise<Page> {
  const assets = await bundleClient();
  const feeds = createFeeds(options);
  const slackUrl = options.slackUrl.replace(/\/$/, '');
  const about = {
    title: options.title ?? 'Sandbox',
    channel: options.channel,
    command: options.command ?? '',
    pinned: options.pinned,
    kubectlLine: options.kubectlLine,
    facts: options.facts ?? [],
    actions: options.actions ?? [],
    hasWorld: options.worldUrl !== undefined,
    hasKubernetes: options.kubernetesUrl !== undefined,
    hasWrites: options.writes !== undefined,
    slackUrl,
  };

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const path = new URL(request.url ?? '/', 'http://localhost').pathname;
    if (!isOwnPage(request)) return send(response, 403, 'text/plain', 'not from this page');
    const asset = assets.get(path);
    if (asset !== undefined) return send(response, 200, asset.type, asset.bytes);
    if (path === '/') {
      response.setHeader('content-security-policy', contentSecurityPolicy);
      return send(response, 200, 'text/html; charset=utf-8', html);
    }
    if (path === '/about') return send(response, 200, 'application/json', JSON.stringify(about));
    if (path === '/feeds') return streamFeeds(response);
    if (path === '/act' && request.method === 'POST') return act(request, response);
    if (path.startsWith('/slack/') && slackUrl !== '')
      return passOn(request, response, `${slackUrl}/_stand-in/${path.slice('/slack/'.length)}`);
    send(response, 404, 'text/plain', 'not found');
  }

  function streamFeeds(response: ServerResponse): void {
    response.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-store' });
    const stop = feeds.listen((item) => response.write(`data: ${JSON.stringify(item)}\n\n`));
    response.on('close', stop);
  }

  async function act(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = await readText(request);
    const name: unknown = JSON.parse(body).name;
    const known = about.actions.find((action) => action.name === name);
    if (known === undefined) return send(response, 404, 'text/plain', 'no such action');
    const note = await options.onAction?.(known.name);
    send(response, 200, 'application/json', JSON.stringify({ ok: true, note: note ?? '' }));
  }

  const server = createServer((request, response) => {
    answer(request, response).catch((error: unknown) => {
      if (response.headersSent) response.destroy();
      else send(response, 502, 'application/json', JSON.stringify({ ok: false, error: String(error) }));
    });
  });
  try {
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen(options.port, '127.0.0.1', resolve);
    });
  } catch (error) {
    feeds.stop();
    throw error;
  }
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    async stop() {
      feeds.stop();
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/**
 * Danger: anything in this machine's browser can reach us. A foreign page must not act as a person here, neither by a
 * form (its Origin differs) nor under a name that resolves to us (its Host differs).
 */
function isOwnPage(request: IncomingMessage): boolean {
  const host = request.headers.host ?? '';
  if (!/^(127\.0\.0\.1|localhost|\[::1\])(:\d+)?$/.test(host)) return false;
  const origin = request.headers.origin;
  if (origin !== undefined) return origin === `http://${host}`;
  return request.method === 'GET' || request.method === 'HEAD';
}

async function readText(request: IncomingMessage): Promise<string> {
  let text = '';
  for await (const chunk of request) text += chunk;
  return text;
}

/** Passes a request on to the stand-in, and its answer back as it comes: a stream stays a stream. */
async function passOn(request: IncomingMessage, response: ServerResponse, url: string): Promise<void> {
  const gone = new AbortController();
  response.on('close', () => gone.abort());
  const isPost = request.method === 'POST';
  const answer = await fetch(url, {
    method: isPost ? 'POST' : 'GET',
    signal: gone.signal,
    ...(isPost && { body: await readText(request), headers: { 'content-type': 'application/json' } }),
  });
  response.writeHead(answer.status, {
    'content-type': answer.headers.get('content-type') ?? 'application/octet-stream',
    'cache-control': 'no-store',
    'x-content-type-options': 'nosniff',
  });
  response.flushHeaders();
  for await (const chunk of answer.body ?? []) response.write(chunk);
  response.end();
}

function send(response: ServerResponse, status: number, type: string, body: string | Uint8Array): void {
  response.writeHead(status, {
    'content-type': type,
    'cache-control': 'no-store',
    'x-content-type-options': 'nosniff',
  });
  response.end(body);
}
