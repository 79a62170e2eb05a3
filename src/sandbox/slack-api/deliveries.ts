import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { JsonObject } from '../../lib/index.ts';
import { sendRequest, writeRequest } from './signed-requests.ts';
import type { Sockets } from './socket-mode.ts';

export type EnvelopeType = 'slash_commands' | 'interactive' | 'events_api';

export interface Envelope {
  readonly id: string;
  readonly type: EnvelopeType;
  readonly payload: JsonObject;
  /** 0 for the first try. Only events are tried again. */
  readonly retryCount: number;
  readonly retryReason: string;
}

/** What became of one try. */
export type Outcome =
  | { readonly kind: 'acknowledged'; readonly response: JsonObject }
  | { readonly kind: 'failed'; readonly error: string; readonly status?: number; readonly mayRetry?: boolean };

/** One line of the record: sent, and acknowledged or not. */
export interface Delivery {
  readonly envelopeId: string;
  readonly type: EnvelopeType;
  /** `block_actions`, `app_mention`, the command's text …: what it was about. */
  readonly about: string;
  readonly transport: 'socket' | 'http';
  readonly sentAtMs: number;
  readonly retryCount: number;
  /** From sent to acknowledged; undefined when it was not. */
  readonly ackMs: number | undefined;
  readonly error: string | undefined;
}

export interface DeliveriesTools {
  readonly sockets: Sockets;
  readonly signingSecret: string;
  readonly ackTimeoutMs: number;
  readonly eventRetryDelaysMs: readonly number[];
  readonly nowMs: () => number;
}

export type Deliveries = ReturnType<typeof createDeliveries>;

/** Sends what people did to the app, over Socket Mode or signed HTTP, and keeps a line of each try. */
export function createDeliveries(tools: DeliveriesTools, firstRequestUrl: string | undefined) {
  const record: Delivery[] = [];
  const stopping = new AbortController();
  let requestUrl = firstRequestUrl;

  async function attempt(envelope: Envelope, about: string): Promise<Outcome> {
    const url = requestUrl;
    const sentAtMs = tools.nowMs();
    const started = performance.now();
    const outcome =
      url === undefined
        ? await tools.sockets.send(envelope)
        : await sendRequest(url, writeRequest(envelope, tools.signingSecret, sentAtMs), tools.ackTimeoutMs);
    record.push({
      envelopeId: envelope.id,
      type: envelope.type,
      about,
      transport: url === undefined ? 'socket' : 'http',
      sentAtMs,
      retryCount: envelope.retryCount,
      ackMs: outcome.kind === 'acknowledged' ? performance.now() - started : undefined,
      error: outcome.kind === 'failed' ? outcome.error : undefined,
    });
    return outcome;
  }

  return {
    /** Interactions are sent once: when nobody acknowledges, the person sees an error. */
    send(type: Exclude<EnvelopeType, 'events_api'>, payload: JsonObject, about: string): Promise<Outcome> {
      return attempt({ id: randomUUID(), type, payload, retryCount: 0, retryReason: '' }, about);
    },

    /** Events are sent again, up to three times, unless the app says not to. Resolves when the last try ended. */
    async sendEvent(payload: JsonObject, about: string): Promise<Outcome> {
      const first: Envelope = { id: randomUUID(), type: 'events_api', payload, retryCount: 0, retryReason: '' };
      let outcome = await attempt(first, about);
      for (const [index, delayMs] of tools.eventRetryDelaysMs.entries()) {
        if (outcome.kind === 'acknowledged' || outcome.mayRetry === false) break;
        const retryReason = outcome.error === 'operation_timeout' ? 'http_timeout' : outcome.error;
        try {
          await sleep(delayMs, undefined, { signal: stopping.signal, ref: false });
        } catch {
          break;
        }
        outcome = await attempt({ ...first, id: randomUUID(), retryCount: index + 1, retryReason }, about);
      }
      return outcome;
    },

    /** The record so far, oldest first. */
    record: (): readonly Delivery[] => record,
    /** From here on over HTTP to this address; undefined: over Socket Mode. */
    setRequestUrl(url: string | undefined): void {
      requestUrl = url;
    },
    stop: () => stopping.abort(),
  };
}
