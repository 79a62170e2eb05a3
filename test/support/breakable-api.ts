import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { KubeConfig } from '@kubernetes/client-node';

/** How a request for a list or a watch shall go wrong, instead of its answer. */
export type Breakage =
  | { readonly kind: 'status'; readonly code: number; readonly reason?: string; readonly retryAfter?: string }
  | { readonly kind: 'reset' }
  /** Accepts, and never says a word. */
  | { readonly kind: 'silence' };

/** How the open watches shall end. */
export type Death = 'clean' | 'reset' | 'expired' | 'error' | 'garbage' | 'halfLine' | 'hang';

interface Item {
  readonly metadata: {
    readonly name: string;
    readonly namespace: string;
    readonly uid: string;
    readonly resourceVersion: string;
    readonly ownerReferences?: readonly object[];
  };
  readonly data: Readonly<Record<string, string>>;
}

/**
 * An API server for ConfigMaps and nothing else, that breaks on command. The sandbox's API server is the one to test behaviour with;
 * this one is for what no healthy server does.
 */
export async function startBreakableApi(port = 0, firstVersion = 100) {
  const items = new Map<string, Item>();
  const journal: { readonly type: string; readonly object: Item; readonly version: number }[] = [];
  const watches = new Set<ServerResponse>();
  const hung = new WeakSet<ServerResponse>();
  const breakages = { list: [] as Breakage[], watch: [] as Breakage[] };
  const seen: { readonly kind: 'list' | 'watch' | 'other'; readonly url: URL; readonly authorization: string }[] = [];
  let version = firstVersion;
  let oldest = firstVersion;
  let pageSize = Number.POSITIVE_INFINITY;
  let onPage = () => {};

  const server = createServer((request, response) => {
    const url = new URL(request.url ?? '', 'http://self');
    const kind = kindOf(url);
    seen.push({ kind, url, authorization: request.headers.authorization ?? '' });
    const breakage = kind === 'other' ? undefined : breakages[kind].shift();
    if (breakage !== undefined) return breakWith(breakage, request, response);
    if (kind === 'list') return list(url, response);
    if (kind === 'watch') return watch(url, response);
    return sendJson(response, 200, {
      kind: 'Namespace',
      metadata: { name: 'kube-system', uid: 'c-1', resourceVersion: '1' },
    });
  });
  server.keepAliveTimeout = 60_000;
  let connections = 0;
  server.on('connection', () => {
    connections += 1;
  });

  function kindOf(url: URL): 'list' | 'watch' | 'other' {
    if (!url.pathname.endsWith('/configmaps')) return 'other';
    return url.searchParams.get('watch') === 'true' ? 'watch' : 'list';
  }

  function list(url: URL, response: ServerResponse): void {
    const from = Number(url.searchParams.get('continue') ?? '0');
    const all = [...items.values()];
    const page = all.slice(from, from + pageSize);
    const rest = from + pageSize < all.length ? { continue: String(from + pageSize) } : {};
    sendJson(response, 200, {
      kind: 'ConfigMapList',
      metadata: { resourceVersion: `${version}`, ...rest },
      items: page,
    });
    onPage();
  }

  function watch(url: URL, response: ServerResponse): void {
    const from = Number(url.searchParams.get('resourceVersion'));
    response.writeHead(200, { 'content-type': 'application/json' });
    response.flushHeaders();
    if (from < oldest) {
      response.end(
        `${JSON.stringify({ type: 'ERROR', object: status(410, 'Expired', 'too old resource version') })}\n`,
      );
      return;
    }
    for (const { version: at, type, object } of journal) if (at > from) say(response, type, object);
    watches.add(response);
    const timeOut = setTimeout(() => response.end(), Number(url.searchParams.get('timeoutSeconds') ?? '300') * 1000);
    response.on('close', () => {
      clearTimeout(timeOut);
      watches.delete(response);
    });
  }

  function say(response: ServerResponse, type: string, object: unknown): void {
    if (!hung.has(response)) response.write(`${JSON.stringify({ type, object })}\n`);
  }

  function tell(type: string, object: Item): void {
    journal.push({ type, object, version: Number(object.metadata.resourceVersion) });
    for (const response of watches) say(response, type, object);
  }

  server.listen(port, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  const boundPort = typeof address === 'object' && address !== null ? address.port : port;

  return {
    port: boundPort,
    kubeConfig: kubeConfigFor(`http://127.0.0.1:${boundPort}`),
    seen,
    put(name: string, value: string, owner?: string, uid = `uid-${name}`) {
      version += 1;
      const owners = owner === undefined ? {} : { ownerReferences: [{ uid: owner, controller: true }] };
      const metadata = { name, namespace: 'shop', uid, resourceVersion: `${version}`, ...owners };
      const object = { metadata, data: { value } };
      const isKnown = items.has(name);
      items.set(name, object);
      tell(isKnown ? 'MODIFIED' : 'ADDED', object);
      return object;
    },
    remove(name: string) {
      const known = items.get(name);
      if (known === undefined) return;
      version += 1;
      items.delete(name);
      tell('DELETED', { ...known, metadata: { ...known.metadata, resourceVersion: `${version}` } });
    },
    bookmark() {
      const object = { kind: 'ConfigMap', metadata: { resourceVersion: `${version}` } };
      for (const response of watches) say(response, 'BOOKMARK', object);
    },
    /** The next requests of this kind go wrong, one for each breakage. */
    breakNext(kind: 'list' | 'watch', ...how: readonly Breakage[]) {
      breakages[kind].push(...how);
    },
    /** Ends the open watches. What happens until they are open again is only in the journal. */
    kill(death: Death) {
      for (const response of watches) {
        if (death !== 'hang') watches.delete(response);
        killOne(response, death);
      }
    },
    /** Other kinds changed: the version grows, and this kind has nothing to tell. */
    moveOn(by: number) {
      version += by;
    },
    /** As after a compaction: watches from before are refused. */
    forgetJournal() {
      oldest = version;
      journal.length = 0;
    },
    /** As after a restore from a backup: the versions go back, and what changed since is gone. */
    restore(names: readonly string[], atVersion: number) {
      for (const name of [...items.keys()]) if (!names.includes(name)) items.delete(name);
      version = atVersion;
      journal.length = 0;
      oldest = 0;
    },
    pageBy(size: number, whenServed: () => void = () => {}) {
      pageSize = size;
      onPage = whenServed;
    },
    watchCount: () => watches.size,
    /** Since the start. */
    connectionCount: () => connections,
    async stop() {
      const closed = once(server, 'close');
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };

  function killOne(response: ServerResponse, death: Death): void {
    switch (death) {
      case 'clean':
        response.end();
        return;
      case 'reset':
        response.socket?.resetAndDestroy();
        return;
      case 'expired':
        response.end(
          `${JSON.stringify({ type: 'ERROR', object: status(410, 'Expired', 'too old resource version') })}\n`,
        );
        return;
      case 'error':
        response.end(`${JSON.stringify({ type: 'ERROR', object: status(500, 'InternalError', 'etcd is away') })}\n`);
        return;
      case 'garbage':
        // The connection stays: only who notices the garbage hears the rest.
        response.write('<html>502 Bad Gateway</html>\n');
        return;
      case 'halfLine':
        response.write('{"type":"MODIFIED","object":{"metada');
        response.socket?.destroy();
        return;
      case 'hang':
        hung.add(response);
    }
  }
}

export type BreakableApi = Awaited<ReturnType<typeof startBreakableApi>>;

function breakWith(breakage: Breakage, request: IncomingMessage, response: ServerResponse): void {
  switch (breakage.kind) {
    case 'status': {
      const headers = breakage.retryAfter === undefined ? {} : { 'retry-after': breakage.retryAfter };
      sendJson(
        response,
        breakage.code,
        status(breakage.code, breakage.reason ?? 'Broken', 'broken on command'),
        headers,
      );
      return;
    }
    case 'reset':
      request.socket.resetAndDestroy();
      return;
    case 'silence':
  }
}

function status(code: number, reason: string, message: string) {
  return { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Failure', message, reason, code };
}

function sendJson(response: ServerResponse, code: number, body: unknown, headers: Record<string, string> = {}): void {
  response.writeHead(code, { 'content-type': 'application/json', ...headers });
  response.end(JSON.stringify(body));
}

export function kubeConfigFor(server: string): KubeConfig {
  const kubeConfig = new KubeConfig();
  kubeConfig.loadFromClusterAndUser(
    { name: 'test', server, skipTLSVerify: false },
    { name: 'test', token: 'test-token' },
  );
  return kubeConfig;
}
