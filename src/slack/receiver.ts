import type { App, Receiver, ReceiverEvent } from '@slack/bolt';

/** How Slack reaches us: the same listeners behind both. */
export interface SlackReceiver {
  readonly receiver: Receiver;
  /** Resolves at once (sockets connect beside it) or when the port is open. */
  start(): Promise<void>;
  stop(): Promise<void>;
  isConnected(): boolean;
  /** Sockets (or the port) that are open, of those that should be. */
  connections(): { readonly mode: 'socket' | 'http'; readonly open: number; readonly wanted: number };
  /** The port, where there is one. */
  port(): number | undefined;
}

/** What Bolt gives a receiver: the way in. */
export interface Inbox {
  processEvent(event: ReceiverEvent): Promise<void>;
}

/** Puts something of ours before the way in. A receiver uses nothing else of Bolt's App. */
export function asApp(inbox: Inbox): App {
  return inbox as unknown as App;
}
