import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A proxy's counters and a pod list, as small as the page needs them. */
export async function startLittleWorld() {
  let share = 0.1;
  const watchers = new Set<ServerResponse>();
  const pods = new Map([['checkout-a', aPod('checkout-a', '1.4.2', true)]]);

  function readCounters(): object {
    const tally = (part: number) => ({ requestsPerSecond: 40 * part, errors: 0, total: 1000 });
    const versions = { '1.4.2': tally(1 - share), '2.0.0': tally(share) };
    return { atMs: Date.now(), windowSeconds: 2, hosts: { 'checkout.example': { versions } } };
  }

  const server = createServer((request, response) => {
    const path = request.url ?? '';
    if (path.startsWith('/counters/stream')) {
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      const timer = setInterval(() => response.write(`data: ${JSON.stringify(readCounters())}\n\n`), 50);
      request.on('close', () => clearInterval(timer));
    } else if (path.includes('watch=true')) {
      response.writeHead(200, { 'content-type': 'application/json' });
      response.flushHeaders();
      watchers.add(response);
    } else {
      response.end(JSON.stringify({ metadata: { resourceVersion: '1' }, items: [...pods.values()] }));
    }
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    setShare(next: number): void {
      share = next;
    },
    addPod(name: string, tag: string, isReady: boolean): void {
      const type = pods.has(name) ? 'MODIFIED' : 'ADDED';
      pods.set(name, aPod(name, tag, isReady));
      for (const watcher of watchers) watcher.write(`${JSON.stringify({ type, object: pods.get(name) })}\n`);
    },
    async stop(): Promise<void> {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

function aPod(name: string, tag: string, isReady: boolean): object {
  return {
    metadata: { name, namespace: 'shop', labels: { app: 'checkout' }, resourceVersion: '2' },
    spec: { containers: [{ image: `example/checkout:${tag}` }] },
    status: {
      phase: isReady ? 'Running' : 'Pending',
      conditions: [{ type: 'Ready', status: isReady ? 'True' : 'False' }],
      containerStatuses: [],
    },
  };
}
