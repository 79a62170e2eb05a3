import { createHmac } from 'node:crypto';
import type { JsonObject } from '../../lib/index.ts';
import type { Envelope, Outcome } from './deliveries.ts';

export interface SignedRequest {
  readonly body: string;
  readonly headers: Readonly<Record<string, string>>;
}

/** Writes an envelope as Slack's HTTP request: commands as a form, interactions as JSON in a form, events as JSON. */
export function writeRequest(envelope: Envelope, signingSecret: string, nowMs: number): SignedRequest {
  const body = writeBody(envelope);
  const timestamp = String(Math.floor(nowMs / 1000));
  const signature = createHmac('sha256', signingSecret).update(`v0:${timestamp}:${body}`).digest('hex');
  return {
    body,
    headers: {
      'content-type': envelope.type === 'events_api' ? 'application/json' : 'application/x-www-form-urlencoded',
      'user-agent': 'Slackbot 1.0 (+https://api.slack.com/robots)',
      'x-slack-request-timestamp': timestamp,
      'x-slack-signature': `v0=${signature}`,
      ...(envelope.retryCount > 0 && {
        'x-slack-retry-num': String(envelope.retryCount),
        'x-slack-retry-reason': envelope.retryReason,
      }),
    },
  };
}

function writeBody({ type, payload }: Envelope): string {
  if (type === 'events_api') return JSON.stringify(payload);
  if (type === 'interactive') return new URLSearchParams({ payload: JSON.stringify(payload) }).toString();
  const fields = new URLSearchParams();
  for (const [name, value] of Object.entries(payload)) fields.set(name, String(value));
  return fields.toString();
}

/** Sends one request and reads the acknowledgement out of the answer. */
export async function sendRequest(url: string, request: SignedRequest, ackTimeoutMs: number): Promise<Outcome> {
  try {
    const answer = await fetch(url, {
      method: 'POST',
      body: request.body,
      headers: request.headers,
      redirect: 'manual',
      signal: AbortSignal.timeout(ackTimeoutMs),
    });
    const text = await answer.text();
    const mayRetry = answer.headers.get('x-slack-no-retry') !== '1';
    if (!answer.ok) return { kind: 'failed', error: 'http_error', status: answer.status, mayRetry };
    return { kind: 'acknowledged', response: parseAnswer(text) };
  } catch (error) {
    const isTimeout = error instanceof DOMException && error.name === 'TimeoutError';
    return { kind: 'failed', error: isTimeout ? 'operation_timeout' : 'connection_failed' };
  }
}

/** A JSON object is the acknowledgement's payload; any other text is the text of a reply. */
function parseAnswer(text: string): JsonObject {
  if (text === '') return {};
  try {
    const parsed: unknown = JSON.parse(text);
    if (typeof parsed === 'object' && parsed !== null && !Array.isArray(parsed)) return { ...parsed };
  } catch {
    // Plain text is a valid answer to a slash command.
  }
  return { text };
}
