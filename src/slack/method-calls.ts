import type { WebClient } from '@slack/web-api';
import type { Logger } from 'pino';
import { NotNowError } from '../lib/index.ts';
import type { SlackHealth } from './slack-health.ts';
import { slackFailure, within } from './web-client.ts';

/** Slack understood and said no. What to do about it is the caller's. */
export class SlackRefusedError extends Error {
  override readonly name = 'SlackRefusedError';
  readonly method: string;
  readonly slackError: string;
  constructor(method: string, slackError: string, options?: ErrorOptions) {
    super(`${method}: ${slackError}`, options);
    this.method = method;
    this.slackError = slackError;
  }
}

/** Calls one method of the Web API: what Slack limits or does not answer is NotNowError, what it refuses SlackRefusedError. */
export type Call = <T>(
  method: string,
  run: (client: WebClient) => Promise<T>,
  signal: AbortSignal,
  /** Calls that share a 429: the method, unless Slack counts them apart (posts, by channel). */
  clock?: string,
) => Promise<T>;

const unreachableRetryMs = 3000;

/** Each method has its own clock after a 429: one that is limited never stops the others. */
export function createCall(tools: {
  readonly client: WebClient;
  readonly log: Logger;
  readonly now: () => number;
  readonly health: SlackHealth;
}): Call {
  const { client, log, now, health } = tools;
  const blockedUntilMs = new Map<string, number>();
  return async function call(method, run, signal, clock = method) {
    const waitMs = (blockedUntilMs.get(clock) ?? 0) - now();
    if (waitMs > 0) throw new NotNowError(`${method} is rate limited`, waitMs);
    if (signal.aborted) throw new NotNowError('stopped before Slack was asked', 1000);
    try {
      const answer = await within(run(client), signal);
      health.answered(undefined);
      return answer;
    } catch (error) {
      const failure = slackFailure(error);
      if (failure === undefined) throw error;
      if (failure.kind === 'refused') {
        health.answered(failure.error);
        throw new SlackRefusedError(method, failure.error, { cause: error });
      }
      if (failure.kind === 'unreachable') {
        const jitterMs = Math.floor(Math.random() * unreachableRetryMs);
        throw new NotNowError(`${method}: ${failure.error}`, unreachableRetryMs + jitterMs, { cause: error });
      }
      blockedUntilMs.set(clock, now() + failure.retryAfterMs);
      log.warn({ method, retryAfterMs: failure.retryAfterMs }, 'slack limited the rate of a method');
      throw new NotNowError(`${method} is rate limited`, failure.retryAfterMs, { cause: error });
    }
  };
}
