import { createHmac, timingSafeEqual } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { Logger } from 'pino';
import { z } from 'zod';
import type { Build, Heard } from '../operations/index.ts';
import type { Reply } from './reply.ts';

export interface ImageHookTools {
  /** Empty: hooks are off. */
  readonly secret: string;
  readonly hear: (build: Build) => Promise<Heard>;
  readonly nowMs: () => number;
  readonly log: Logger;
}

const timestampHeader = 'x-stepwise-timestamp';
const signatureHeader = 'x-stepwise-signature';
const mostBytes = 16 * 1024;
/** A request that was recorded is worth nothing after this; the same build told twice within it is told once. */
const windowSeconds = 300;

const imagePattern =
  /^[a-z0-9]+(?:[._:/-]+[a-z0-9]+)*(?::[A-Za-z0-9_][A-Za-z0-9_.-]{0,127})?(?:@sha256:[0-9a-f]{64})?$/i;

/**
 * `POST /hooks/image`: a build that ended well.
 *
 *     { "image": "ghcr.io/acme/checkout:2.0.1",   repository with a tag, a digest or both
 *       "digest": "sha256:…",                     optional: 64 hex digits; a tag that is built again is told again by it
 *       "commits": 3,                             optional: how many more than the build before
 *       "link": "https://…/compare/…",            optional: where they are to be seen
 *       "by": "build 4711" }                      optional: who built it, at most 80 characters
 */
const ImageBuilt = z.object({
  image: z
    .string()
    .max(512)
    .regex(imagePattern, 'must be a repository with a tag or a digest, such as ghcr.io/acme/checkout:2.0.1')
    .refine((image) => /@|:[^/]+$/.test(image), 'has neither tag nor digest'),
  digest: z
    .string()
    .regex(/^sha256:[0-9a-f]{64}$/, 'must be sha256: and 64 hex digits')
    .optional(),
  commits: z.number().int().min(0).max(100_000).optional(),
  link: z
    .url({ protocol: /^https?$/ })
    .max(500)
    .optional(),
  by: z.string().trim().min(1).max(80).optional(),
});

/** Answers a request to the hook. Whoever may start anything is asked when they click: a hook only tells. */
export function createImageHook(tools: ImageHookTools): (request: IncomingMessage) => Promise<Reply> {
  return async (request) => {
    if (tools.secret === '') return { status: 404, text: 'image hooks are off: set IMAGE_HOOK_SECRET\n' };
    if (request.method !== 'POST')
      return { status: 405, text: 'only POST is answered here\n', headers: { allow: 'POST' } };
    const body = await readBody(request);
    if (body === undefined)
      return { status: 413, text: `at most ${mostBytes} bytes are read\n`, headers: { connection: 'close' } };
    const unsigned = whyUnsigned(request, body, tools);
    if (unsigned !== undefined) {
      tools.log.warn({ why: unsigned }, 'an image hook was refused');
      return { status: 401, text: `${unsigned}\n` };
    }
    const parsed = ImageBuilt.safeParse(parseJson(body));
    if (!parsed.success) return { status: 400, text: `${mistakesOf(parsed.error)}\n` };
    return hear(parsed.data, tools);
  };
}

async function hear(build: z.infer<typeof ImageBuilt>, { hear: tell, log }: ImageHookTools): Promise<Reply> {
  try {
    const { isKnown, rollouts } = await tell(build);
    log.info({ image: build.image, isKnown, rollouts }, 'image heard of');
    if (rollouts.length === 0)
      return { status: 202, text: `no rollout runs the repository of ${build.image}: nothing is told\n` };
    const known = isKnown ? ' already' : '';
    return { status: 202, text: `heard of ${build.image}${known}, for ${rollouts.join(', ')}\n` };
  } catch (error) {
    log.warn({ err: error, image: build.image }, 'an image could not be remembered');
    return { status: 503, text: 'it could not be remembered; send it again\n', headers: { 'retry-after': '5' } };
  }
}

/** Undefined: longer than we read. */
async function readBody(request: IncomingMessage): Promise<string | undefined> {
  const chunks: Buffer[] = [];
  let lengthBytes = 0;
  for await (const chunk of request) {
    lengthBytes += chunk.length;
    if (lengthBytes > mostBytes) return undefined;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString();
}

/** Why this is from nobody who holds the secret; undefined: it is signed, and lately. */
function whyUnsigned(
  { headers }: IncomingMessage,
  body: string,
  { secret, nowMs }: ImageHookTools,
): string | undefined {
  const sentAt = String(headers[timestampHeader] ?? '');
  const signature = String(headers[signatureHeader] ?? '');
  const how = `${signatureHeader} must be v1= and the hex HMAC-SHA256 of v1:<${timestampHeader}>:<body>`;
  if (!/^\d{1,12}$/.test(sentAt)) return `${timestampHeader} must be the time in Unix seconds; ${how}`;
  const expected = `v1=${createHmac('sha256', secret).update(`v1:${sentAt}:${body}`).digest('hex')}`;
  // First whether it is signed at all: whoever has no secret learns nothing of our clock.
  if (!isEqual(signature, expected)) return `the signature does not fit: ${how}`;
  const ageSeconds = Math.abs(nowMs() / 1000 - Number(sentAt));
  if (ageSeconds > windowSeconds)
    return `${timestampHeader} is ${Math.round(ageSeconds)} s off; at most ${windowSeconds} s`;
  return undefined;
}

function isEqual(a: string, b: string): boolean {
  const left = Buffer.from(a);
  const right = Buffer.from(b);
  return left.length === right.length && timingSafeEqual(left, right);
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** All mistakes at once, each with its field. */
function mistakesOf(error: z.ZodError): string {
  return error.issues
    .map(({ path, message }) =>
      path.length === 0 ? 'the body must be a JSON object' : `${path.join('.')}: ${message}`,
    )
    .join('; ');
}
