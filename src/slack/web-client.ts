import {
  WebAPIHTTPError,
  WebAPIPlatformError,
  WebAPIRateLimitedError,
  WebAPIRequestError,
  WebClient,
} from '@slack/web-api';
import { NotNowError } from '../lib/index.ts';
import type { BoltLogger } from './bolt-logger.ts';

/** Nothing here waits longer. */
const callTimeoutMs = 9000;

/**
 * The Web API client: no retries of its own (a retry is another turn, decided by whoever asked) and no pausing of every method when
 * one is rate limited, as the library would.
 */
export function createWebClient(options: {
  readonly token: string;
  readonly slackApiUrl: string;
  readonly logger: BoltLogger;
}): WebClient {
  return new WebClient(options.token, webClientOptions(options));
}

export function webClientOptions(options: { readonly slackApiUrl: string; readonly logger: BoltLogger }) {
  return {
    slackApiUrl: options.slackApiUrl,
    logger: options.logger,
    retryConfig: { retries: 0 },
    rejectRateLimitedCalls: true,
    timeout: callTimeoutMs,
    maxRequestConcurrency: 50,
  };
}

/** What Slack answered when it did not do what was asked. */
export type SlackFailure =
  | { readonly kind: 'rateLimited'; readonly retryAfterMs: number }
  /** Slack understood and said no: `not_in_channel`, `invalid_blocks` … */
  | { readonly kind: 'refused'; readonly error: string; readonly details: readonly string[] }
  | { readonly kind: 'unreachable'; readonly error: string };

/** Reads an error of the Web API client; undefined: not one of Slack's. */
export function slackFailure(error: unknown): SlackFailure | undefined {
  if (error instanceof WebAPIRateLimitedError) {
    return { kind: 'rateLimited', retryAfterMs: Math.max(1, error.retryAfter) * 1000 };
  }
  if (error instanceof WebAPIPlatformError) {
    const details = error.data.response_metadata?.messages ?? [];
    // Some errors mean "not now" though they come as answers.
    const isTemporary = ['internal_error', 'fatal_error', 'service_unavailable', 'request_timeout'].includes(
      error.data.error,
    );
    if (isTemporary) return { kind: 'unreachable', error: error.data.error };
    if (error.data.error === 'ratelimited') return { kind: 'rateLimited', retryAfterMs: 5000 };
    return { kind: 'refused', error: error.data.error, details };
  }
  if (error instanceof WebAPIHTTPError) return { kind: 'unreachable', error: `HTTP ${error.statusCode}` };
  if (error instanceof WebAPIRequestError)
    return { kind: 'unreachable', error: `${error.message}${codeOf(error.original)}` };
  return undefined;
}

/** ` (ECONNREFUSED)`: fetch hides the code in the cause of its error. */
function codeOf(error: Error): string {
  const { code } = Object(error.cause ?? error) as { readonly code?: unknown };
  return typeof code === 'string' ? ` (${code})` : '';
}

/** Ends waiting for a call when the signal does: the client itself takes no signal, so the call may still arrive. */
export async function within<T>(call: Promise<T>, signal: AbortSignal): Promise<T> {
  if (signal.aborted) {
    call.catch(() => undefined);
    throw new NotNowError('stopped before Slack answered', 1000, { cause: signal.reason });
  }
  const { promise: aborted, reject } = Promise.withResolvers<never>();
  const onAbort = () => reject(new NotNowError('stopped before Slack answered', 1000, { cause: signal.reason }));
  signal.addEventListener('abort', onAbort, { once: true });
  try {
    return await Promise.race([call, aborted]);
  } finally {
    signal.removeEventListener('abort', onAbort);
    call.catch(() => undefined);
  }
}
