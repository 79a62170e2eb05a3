import type { Json, JsonObject } from '../../lib/index.ts';
import type { Slack } from './call.ts';
import type { Deliveries, Outcome } from './deliveries.ts';
import { writeEvent } from './payloads.ts';

/** What the person's client learns: acknowledged, or the error it would show. */
export interface Acted {
  readonly isAcknowledged: boolean;
  readonly error?: string;
  /** Per block, when a modal was not accepted. */
  readonly errors?: Readonly<Record<string, string>>;
  /** The message that was said. */
  readonly ts?: string;
  readonly options?: readonly Json[];
}

/** Sends an event of the Events API. One that the app did not subscribe to is nobody's: like one that was heard. */
export async function sendEvent(
  slack: Slack,
  deliveries: Deliveries,
  event: JsonObject,
  about: string,
): Promise<Outcome> {
  if (!slack.settings.events.includes(about)) return { kind: 'acknowledged', response: {} };
  return deliveries.sendEvent(writeEvent(event, slack), about);
}

export function readOutcome(outcome: Outcome): Acted {
  return outcome.kind === 'acknowledged' ? { isAcknowledged: true } : { isAcknowledged: false, error: outcome.error };
}
