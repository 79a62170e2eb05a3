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
export async function send(server: Server, sent: Sent): Promise<Answer> {
  const body = sent.body === undefined ? '' : JSON.stringify(sent.body);
  const headers = {
    authorization: `Bearer ${server.tokens[sent.as ?? 'admin']}`,
    ...(body === '' ? {} : { 'content-type': 'application/json' }),
    ...sent.headers,
  };
  const { code, text, warnings } = await sendRaw(server, sent.method, sent.path, { headers, body });
  return { code, warnings, text, body: parsed(text) };
}

export interface RawAnswer {
  readonly code: number;
  /** Of the content, without parameters of the character set. */
  readonly type: string;
  readonly warnings: readonly string[];
  readonly text: string;
}

/** The same for what was recorded: headers and bytes as they are. */
export function sendRaw(
  server: Server,
  method: string,
  path: string,
  extra: { readonly headers: { readonly [name: string]: string }; readonly body?: string | Buffer },
): Promise<RawAnswer> {
  const { promise, resolve, reject } = Promise.withResolvers<RawAnswer>();
  const { body = '' } = extra;
  const start = server.url.startsWith('https:') ? httpsRequest : httpRequest;
  const outgoing = start(
    server.url + path,
    {
      method,
      // The real server under test signs its own certificate.
      rejectUnauthorized: false,
      headers: {
        ...extra.headers,
        ...(body.length === 0 ? {} : { 'content-length': String(Buffer.byteLength(body)) }),
      },
      signal: AbortSignal.timeout(60_000),
    },
    (incoming) => {
      let text = '';
      incoming.setEncoding('utf8');
      incoming.on('data', (chunk: string) => {
        text += chunk;
      });
      incoming.on('end', () => {
        const type = (incoming.headers['content-type'] ?? '').replace(/; ?charset=.*/i, '');
        resolve({ code: incoming.statusCode ?? 0, type, warnings: incoming.headersDistinct.warning ?? [], text });
      });
    },
  );
  outgoing.on('error', reject);
  outgoing.end(body);
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
