import { createHmac } from 'node:crypto';
import { isIP } from 'node:net';
import axios, { AxiosError } from 'axios';
import { z } from 'zod';
import { parseDuration, type WebhookSettings } from '../analysis/index.ts';
import { redact } from '../lib/index.ts';
import { isForbiddenAddress, isListedHost, lookupAllowed } from './forbidden-address.ts';

/** What is asked of the other side: to begin and say how far it is, to stop what nobody waits for, to take back what it did. */
export type WebhookOperation = 'Run' | 'Terminate' | 'Abort';

export interface WebhookCall {
  readonly settings: WebhookSettings;
  readonly operation: WebhookOperation;
  /** The same for every call about one thing, a repeated one after a kill too: the other side begins it once. */
  readonly key: string;
  /** Who asks: namespace, name, revision … */
  readonly about: Readonly<Record<string, unknown>>;
  /** What its last answer carried in `status`. */
  readonly status: unknown;
}

/** How far it is, in its own words. */
export interface WebhookAnswer {
  readonly phase: 'Running' | 'Successful' | 'Failed' | 'Inconclusive';
  readonly message: string | undefined;
  /** Of `Running`: how long to leave it alone. */
  readonly requeueAfterMs: number;
  readonly value: string | undefined;
  readonly status: unknown;
}

export interface Webhooks {
  /** Calls once. Throws where what came back is no answer: then nothing is known, and the same may be asked again. */
  call(call: WebhookCall, signal: AbortSignal): Promise<WebhookAnswer>;
}

export interface WebhookOptions {
  /** Signs what is sent; empty: nothing is sent at all. */
  readonly secret: string;
  /** The only hosts that are called; empty: all whose addresses are neither loopback nor link-local. */
  readonly hosts: readonly string[];
  readonly nowMs: () => number;
}

const MOST_ANSWER_BYTES = 64 * 1024;
const MOST_STATUS_BYTES = 4 * 1024;
const LONGEST_MESSAGE = 500;
const REQUEUE_MS = { usual: 10_000, least: 1000, most: 3_600_000 };

const Answer = z.object({
  phase: z.enum(['Running', 'Successful', 'Failed', 'Inconclusive']),
  message: z.string().optional(),
  requeueAfter: z.string().optional(),
  value: z.union([z.string(), z.number(), z.boolean()]).optional(),
  status: z.unknown().optional(),
});

/**
 * Calls what a team named: `POST` of JSON, signed as our own hooks are: `x-stepwise-signature: v1=<hex HMAC-SHA256 of
 * v1:<x-stepwise-timestamp>:<body>>`. What it answers with anything but 200 and the JSON of an answer is quoted nowhere: whoever may
 * write a Rollout shall not read through us what only we can reach.
 */
export function createWebhooks({ secret, hosts, nowMs }: WebhookOptions): Webhooks {
  function whyNotCalled(url: URL): string | undefined {
    if (secret === '') return 'stepwise/webhook is off: set WEBHOOK_SECRET';
    const host = url.hostname.replace(/^\[|\]$/g, '');
    if (hosts.length > 0) return isListedHost(host, hosts) ? undefined : `${host} is not in WEBHOOK_HOSTS`;
    return isIP(host) > 0 && isForbiddenAddress(host) ? `${host} is not called: loopback or link-local` : undefined;
  }

  return {
    async call({ settings, operation, key, about, status }, signal) {
      const url = new URL(settings.url);
      const who = url.host;
      const reason = whyNotCalled(url);
      if (reason !== undefined) throw new Error(reason);
      const body = JSON.stringify({ operation, key, url: settings.url, ...about, data: settings.data, status });
      const sentAt = String(Math.floor(nowMs() / 1000));
      const signature = createHmac('sha256', secret).update(`v1:${sentAt}:${body}`).digest('hex');
      const deadline = AbortSignal.timeout(settings.timeoutMs);
      try {
        const response = await axios.request<unknown>({
          method: 'POST',
          url: settings.url,
          headers: {
            'User-Agent': 'stepwise',
            'Content-Type': 'application/json',
            'Idempotency-Key': key,
            'X-Stepwise-Timestamp': sentAt,
            'X-Stepwise-Signature': `v1=${signature}`,
          },
          data: body,
          signal: AbortSignal.any([signal, deadline]),
          maxRedirects: 0,
          maxContentLength: MOST_ANSWER_BYTES,
          proxy: false,
          responseType: 'text',
          transformResponse: [(text: unknown) => text],
          validateStatus: () => true,
          ...(hosts.length > 0 ? {} : { lookup: lookupAllowed }),
        });
        return readAnswer(who, response.status, String(response.data ?? ''));
      } catch (error) {
        if (!(error instanceof AxiosError)) throw error;
        throw new Error(describeFailure(who, error, { deadline, settings }), { cause: error });
      }
    },
  };
}

function readAnswer(who: string, status: number, body: string): WebhookAnswer {
  if (status >= 300 && status < 400) throw new Error(`${who} answered ${status}, a redirect: these are not followed`);
  if (status !== 200) throw new Error(`${who} answered ${status}`);
  const parsed = Answer.safeParse(parseJson(body));
  if (!parsed.success) {
    throw new Error(
      `${who} answered 200 without a phase: JSON with Running, Successful, Failed or Inconclusive is needed`,
    );
  }
  const { phase, message, requeueAfter, value, status: state } = parsed.data;
  if ((JSON.stringify(state) ?? '').length > MOST_STATUS_BYTES) {
    throw new Error(`${who} answered a status of more than ${MOST_STATUS_BYTES} bytes`);
  }
  return {
    phase,
    message: message === undefined || message === '' ? undefined : redact(message).slice(0, LONGEST_MESSAGE),
    requeueAfterMs: requeueMsOf(requeueAfter),
    value: value === undefined ? undefined : String(value).slice(0, LONGEST_MESSAGE),
    status: state,
  };
}

function requeueMsOf(text: string | undefined): number {
  const parsed = text === undefined ? undefined : parseDuration(text);
  if (parsed === undefined || !parsed.isValid) return REQUEUE_MS.usual;
  return Math.min(REQUEUE_MS.most, Math.max(REQUEUE_MS.least, parsed.ms));
}

function describeFailure(
  who: string,
  error: AxiosError,
  { deadline, settings }: { readonly deadline: AbortSignal; readonly settings: WebhookSettings },
): string {
  if (deadline.aborted) return `${who} did not answer within ${settings.timeoutMs / 1000} s`;
  if (error.code === AxiosError.ERR_CANCELED) return `${who} was not waited for: the call was interrupted`;
  if (error.message.includes('maxContentLength')) return `${who} answered more than ${MOST_ANSWER_BYTES / 1024} KiB`;
  return `${who} could not be called: ${error.message || error.code || 'unknown error'}`;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
