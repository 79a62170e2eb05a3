import { request as httpRequest } from 'node:http';
import { request as httpsRequest } from 'node:https';

/** Where a case is played: the stand-in or a real API server. `tokens.admin` may do everything, `tokens.dana` nothing at first. */
export interface Server {
  readonly url: string;
  readonly tokens: { readonly admin: string; readonly dana: string };
}

export type Body = { readonly [key: string]: unknown };

export interface Answer {
  readonly code: number;
  readonly warnings: readonly string[];
  readonly body: Body;
  readonly text: string;
}

export interface Sent {
  readonly method: string;
  readonly path: string;
  readonly body?: unknown;
  readonly headers?: { readonly [name: string]: string };
  readonly as?: 'admin' | 'dana';
}

/** One request, one answer. A watch answers when its timeoutSeconds are over. */
export function send(server: Server, sent: Sent): Promise<Answer> {
  const { promise, resolve, reject } = Promise.withResolvers<Answer>();
  const text = sent.body === undefined ? '' : JSON.stringify(sent.body);
  const start = server.url.startsWith('https:') ? httpsRequest : httpRequest;
  const outgoing = start(
    server.url + sent.path,
    {
      method: sent.method,
      // The real server under test signs its own certificate.
      rejectUnauthorized: false,
      headers: {
        authorization: `Bearer ${server.tokens[sent.as ?? 'admin']}`,
        ...(text === ''
          ? {}
          : { 'content-type': 'application/json', 'content-length': String(Buffer.byteLength(text)) }),
        ...sent.headers,
      },
      signal: AbortSignal.timeout(20_000),
    },
    (incoming) => {
      let received = '';
      incoming.setEncoding('utf8');
      incoming.on('data', (chunk: string) => {
        received += chunk;
      });
      incoming.on('end', () => {
        const warning = incoming.headersDistinct.warning ?? [];
        resolve({ code: incoming.statusCode ?? 0, warnings: warning, body: parsed(received), text: received });
      });
    },
  );
  outgoing.on('error', reject);
  outgoing.end(text);
  return promise;
}

function parsed(text: string): Body {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? { ...value } : {};
  } catch {
    return {};
  }
}
