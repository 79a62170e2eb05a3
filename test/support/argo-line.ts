import { type IncomingMessage, type ServerResponse, request as send } from 'node:http';
import { createInterface } from 'node:readline';
import { text } from 'node:stream/consumers';
import { startLocalServer } from './local-server.ts';

/** How the line's controller appears at the API server. */
export const argo = {
  pod: 'argo-rollouts-6f7d9c5b8-x2x4z',
  manager: 'rollouts-controller',
  lease: '/apis/coordination.k8s.io/v1/namespaces/argo-rollouts/leases/argo-rollouts-controller-lock',
} as const;

/** Name of the replica behind the line. */
const pod = 'argo';

/**
 * A line to the API server behind which our own engine appears as an Argo controller: the Lease's holder is a pod of argo-rollouts, and
 * every write carries Argo's field manager. It keeps no records: Argo has none. What it decides is our engine's; what Argo itself
 * writes is in test/fixtures/argo.
 */
export async function startArgoLine(serverUrl: string): Promise<{ readonly url: string; stop(): Promise<void> }> {
  const target = new URL(serverUrl);

  function outward(words: string): string {
    return words.replaceAll(`stepwise_${pod}_`, `${argo.pod}_`);
  }

  function inward(words: string): string {
    // What it wrote is its own to it: otherwise it would take itself for another controller. Of guarded Deployments Argo knows nothing.
    return words
      .replaceAll('"stepwise.dev/analysis"', '"elsewhere.dev/analysis"')
      .replaceAll(`${argo.pod}_`, `stepwise_${pod}_`)
      .replaceAll(`"manager":"${argo.manager}"`, '"manager":"stepwise"');
  }

  async function answer(incoming: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(incoming.url ?? '/', target);
    if (url.pathname.startsWith('/apis/stepwise.dev/')) {
      const status = { kind: 'Status', apiVersion: 'v1', status: 'Failure', reason: 'Forbidden', code: 403 };
      response.writeHead(403, { 'content-type': 'application/json' }).end(JSON.stringify(status));
      return;
    }
    if (url.searchParams.get('fieldManager') === 'stepwise') url.searchParams.set('fieldManager', argo.manager);
    const body = outward(await text(incoming));
    // Its own rights, which are not ours: without a token it is the machine's admin.
    const { 'content-length': _, 'accept-encoding': __, authorization: ___, ...headers } = incoming.headers;
    const onward = send(
      {
        hostname: target.hostname,
        port: target.port,
        method: incoming.method,
        path: `${url.pathname}${url.search}`,
        headers: { ...headers, ...(body === '' ? {} : { 'content-length': Buffer.byteLength(body) }) },
      },
      (coming) => {
        tell(coming, response, url.searchParams.get('watch') === 'true').catch(() => response.destroy());
      },
    );
    onward.on('error', () => response.destroy());
    response.on('close', () => {
      if (!response.writableFinished) onward.destroy();
    });
    onward.end(body);
  }

  async function tell(coming: IncomingMessage, response: ServerResponse, isWatch: boolean): Promise<void> {
    const { 'content-length': _, 'transfer-encoding': __, ...headers } = coming.headers;
    response.writeHead(coming.statusCode ?? 502, headers);
    if (isWatch) {
      response.flushHeaders();
      for await (const line of createInterface({ input: coming })) response.write(`${inward(line)}\n`);
      response.end();
    } else response.end(inward(await text(coming)));
  }

  return startLocalServer(answer);
}

/** Settings of the service behind the line. */
export const argoSettings = {
  CONTROLLER: 'own',
  POD_NAME: pod,
  SLACK_BOT_TOKEN: '',
  SLACK_APP_TOKEN: '',
  QUEUE_PREFIX: 'argo',
} as const;
