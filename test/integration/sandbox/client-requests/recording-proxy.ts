import { createServer, request as httpRequest, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';

/** What a real client sent: enough to send it again. */
export interface SentRequest {
  readonly method: string;
  /** Path and query; `{ns}` is the namespace that it was sent about. */
  readonly path: string;
  readonly headers: { readonly [name: string]: string };
  /** As text, or in base64 where it is protobuf. `<uid 3>` and `<version 3>` come out of the answer to the fourth request. */
  readonly body?: string;
}

/** These decide what a server does; the others are the connection's business. */
const headersThatMatter = ['accept', 'content-type', 'user-agent', 'impersonate-user', 'impersonate-group'];

/** Stands before an API server and writes down what passes. */
export async function startRecordingProxy(targetUrl: string, namespace: string) {
  const requests: SentRequest[] = [];
  /** A value that an answer gave → the placeholder that stands for it. */
  const given = new Map<string, string>();

  function withPlaceholders(text: string): string {
    let found = text.replaceAll(namespace, '{ns}');
    for (const [value, placeholder] of given) found = found.replaceAll(value, placeholder);
    return found;
  }

  function remember(index: number, answer: string): void {
    const uid = /"uid":"([0-9a-f-]{36})"/.exec(answer)?.[1];
    const version = /"resourceVersion":"(\d+)"/.exec(answer)?.[1];
    if (uid !== undefined && !given.has(uid)) given.set(uid, `<uid ${index}>`);
    if (version === undefined) return;
    given.set(`resourceVersion=${version}`, `resourceVersion=<version ${index}>`);
    // The version of a list is of use to watches only.
    if (/"kind":"\w+List"/.test(answer)) return;
    for (const before of ['"resourceVersion":', '"path":"/metadata/resourceVersion","value":']) {
      given.set(`${before}"${version}"`, `${before}"<version ${index}>"`);
    }
  }

  const server = createServer((incoming, response) => {
    void readBody(incoming).then((body) => {
      const isText = !(incoming.headers['content-type'] ?? '').includes('protobuf');
      const index = requests.length;
      const headers = Object.fromEntries(
        headersThatMatter.flatMap((name) => (incoming.headers[name] ? [[name, String(incoming.headers[name])]] : [])),
      );
      const path = withPlaceholders(withoutHash(incoming.url ?? '/'));
      // Every kubectl asks for the version and the same documents again.
      const isAgain = /^\/(version|openapi)/.test(path) && requests.some((sent) => sent.path === path);
      const sent = isText ? withPlaceholders(body.toString('utf8')) : body.toString('base64');
      if (!isAgain) {
        requests.push({
          method: incoming.method ?? 'GET',
          path,
          headers,
          ...(body.length === 0 ? {} : { body: sent }),
        });
      }
      const { 'accept-encoding': _encoding, host: _host, ...rest } = incoming.headers;
      const outgoing = httpRequest(
        targetUrl + incoming.url,
        { method: incoming.method ?? 'GET', headers: rest },
        (answer) => {
          response.writeHead(answer.statusCode ?? 500, answer.headers);
          let heard = '';
          answer.on('data', (chunk: Buffer) => {
            heard += heard.length < 4_000_000 ? chunk.toString('utf8') : '';
            response.write(chunk);
          });
          answer.on('end', () => {
            if (!isAgain) remember(index, heard);
            response.end();
          });
        },
      );
      outgoing.on('error', () => response.destroy());
      response.on('close', () => outgoing.destroy());
      outgoing.end(body);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    requests,
    async stop(): Promise<void> {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** A document's hash belongs to one server. */
function withoutHash(path: string): string {
  return path.replace(/hash=[0-9A-F]+&/, '');
}

async function readBody(incoming: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of incoming) chunks.push(chunk);
  return Buffer.concat(chunks);
}
