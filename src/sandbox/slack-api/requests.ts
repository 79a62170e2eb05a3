import type { IncomingMessage, ServerResponse } from 'node:http';

/** A request with its body read. */
export interface Request {
  readonly verb: string;
  readonly path: string;
  readonly query: URLSearchParams;
  readonly headers: IncomingMessage['headers'];
  readonly body: Buffer;
}

export class TooLargeError extends Error {
  override readonly name = 'TooLargeError';
}

const maxBodyBytes = 50_000_000;

export async function readRequest(request: IncomingMessage): Promise<Request> {
  const url = new URL(request.url ?? '/', 'http://localhost');
  const chunks: Buffer[] = [];
  let lengthBytes = 0;
  for await (const chunk of request) {
    lengthBytes += chunk.length;
    if (lengthBytes > maxBodyBytes) throw new TooLargeError(`a body may have ${maxBodyBytes} bytes`);
    chunks.push(chunk);
  }
  return {
    verb: request.method ?? 'GET',
    path: url.pathname,
    query: url.searchParams,
    headers: request.headers,
    body: Buffer.concat(chunks),
  };
}

/** The arguments of an API call, from the query, a form, a multipart form or JSON. */
export async function readArguments(request: Request): Promise<Record<string, unknown>> {
  const args: Record<string, unknown> = Object.fromEntries(request.query);
  const type = request.headers['content-type'] ?? '';
  if (request.body.length === 0) return args;
  if (type.startsWith('application/json')) return { ...args, ...JSON.parse(request.body.toString()) };
  if (type.startsWith('multipart/form-data')) {
    for (const [name, value] of await readForm(request)) if (typeof value === 'string') args[name] = value;
    return args;
  }
  return { ...args, ...Object.fromEntries(new URLSearchParams(request.body.toString())) };
}

/** The bytes of an upload: the one part with a file in a multipart form, or the whole body. */
export async function readUpload(request: Request): Promise<Buffer> {
  if (!(request.headers['content-type'] ?? '').startsWith('multipart/form-data')) return request.body;
  for (const [, value] of await readForm(request)) {
    if (typeof value !== 'string') return Buffer.from(await value.arrayBuffer());
  }
  return Buffer.alloc(0);
}

function readForm(request: Request): Promise<FormData> {
  const headers = { 'content-type': request.headers['content-type'] ?? '' };
  return new Response(new Uint8Array(request.body), { headers }).formData();
}

export function sendJson(
  response: ServerResponse,
  status: number,
  body: unknown,
  headers: Record<string, string> = {},
): void {
  response.writeHead(status, { 'content-type': 'application/json; charset=utf-8', ...headers });
  response.end(JSON.stringify(body));
}
