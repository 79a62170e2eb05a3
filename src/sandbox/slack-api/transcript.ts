import type { JsonObject } from '../../lib/index.ts';
import type { Delivery } from './deliveries.ts';
import type { Block, Message, Recorded } from './workspace.ts';

/** One call of the Web API. */
export interface ApiCall {
  readonly atMs: number;
  readonly method: string;
  readonly args: JsonObject;
  readonly status: number;
  readonly error: string | undefined;
  readonly tookMs: number;
}

export interface MessageVersion {
  readonly atMs: number;
  readonly text: string;
  readonly blocks: readonly Block[];
  readonly metadata: JsonObject | undefined;
}

/** A message with everything it ever said, oldest first. */
export interface MessageStory {
  readonly channel: string;
  readonly ts: string;
  readonly user: string;
  readonly threadTs: string | undefined;
  readonly isBroadcast: boolean;
  /** The only person who saw it. */
  readonly onlyFor: string | undefined;
  readonly files: readonly JsonObject[];
  readonly versions: readonly MessageVersion[];
  readonly deletedAtMs: number | undefined;
}

export interface Transcript {
  readonly calls: readonly ApiCall[];
  readonly messages: readonly MessageStory[];
  readonly deliveries: readonly Delivery[];
}

/** Keeps the story of every message, from the changes as they are recorded. */
export function createStories(): { add(change: Recorded): void; read(): readonly MessageStory[] } {
  const stories = new Map<string, MessageStory & { readonly versions: MessageVersion[] }>();

  function write(
    channel: string,
    message: Message,
    { atMs, onlyFor }: { atMs: number; onlyFor: string | undefined },
  ): void {
    const key = `${channel} ${message.ts}`;
    const versions = stories.get(key)?.versions ?? [];
    versions.push({ atMs, text: message.text, blocks: message.blocks ?? [], metadata: message.metadata });
    stories.set(key, {
      channel,
      ts: message.ts,
      user: message.user,
      threadTs: message.thread_ts,
      isBroadcast: message.subtype === 'thread_broadcast',
      onlyFor,
      files: message.files ?? [],
      versions,
      deletedAtMs: undefined,
    });
  }

  return {
    add(change) {
      switch (change.kind) {
        case 'messagePosted':
        case 'messageUpdated':
          return write(change.channel, change.message, { atMs: change.atMs, onlyFor: undefined });
        case 'ephemeralPosted':
        case 'ephemeralUpdated':
          return write(change.channel, change.message, { atMs: change.atMs, onlyFor: change.user });
        case 'messageDeleted':
        case 'ephemeralDeleted': {
          const key = `${change.channel} ${change.ts}`;
          const story = stories.get(key);
          if (story !== undefined) stories.set(key, { ...story, deletedAtMs: change.atMs });
          return;
        }
        default:
      }
    },
    read: () => [...stories.values()],
  };
}
