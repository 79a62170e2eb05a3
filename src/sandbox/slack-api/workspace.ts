import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { assertNever, type JsonObject } from '../../lib/index.ts';
import { createId, createTimestamps } from './ids.ts';
import { openJournal } from './journal.ts';
import type { Person, Settings, UserGroup } from './options.ts';

export type Block = JsonObject;

/** A message as Slack keeps and returns it. `ts` is its name within the channel. */
export interface Message {
  readonly type: 'message';
  readonly ts: string;
  readonly user: string;
  readonly text: string;
  readonly team: string;
  readonly subtype?: string;
  readonly bot_id?: string;
  readonly app_id?: string;
  readonly blocks?: readonly Block[];
  readonly attachments?: readonly JsonObject[];
  readonly thread_ts?: string;
  readonly metadata?: JsonObject;
  readonly edited?: { readonly user: string; readonly ts: string };
  readonly files?: readonly JsonObject[];
  readonly reactions?: readonly { readonly name: string; readonly count: number; readonly users: readonly string[] }[];
}

export interface Channel {
  readonly id: string;
  /** Empty for a direct message. */
  readonly name: string;
  readonly topic: string;
  readonly isPrivate: boolean;
  readonly isArchived: boolean;
  /** The person on the other side, when this is a direct message with the app. */
  readonly directWith: string | undefined;
  readonly memberIds: readonly string[];
}

export interface StoredFile {
  readonly id: string;
  readonly name: string;
  readonly title: string;
  readonly altText: string;
  readonly mimetype: string;
  readonly sizeBytes: number;
  readonly createdMs: number;
  readonly user: string;
  /** Before this moment a block cannot use it. */
  readonly readyAtMs: number;
  readonly shares: readonly { readonly channel: string; readonly ts: string }[];
}

/** A modal or a Home tab. */
export interface View {
  readonly id: string;
  readonly userId: string;
  readonly rootId: string;
  readonly previousId: string | undefined;
  readonly hash: string;
  readonly body: JsonObject;
}

/** Everything that can happen here. The kept ones, played again in order, give the same workspace. */
export type Change =
  | { readonly kind: 'channelChanged'; readonly channel: Channel }
  | { readonly kind: 'messagePosted'; readonly channel: string; readonly message: Message }
  | { readonly kind: 'messageUpdated'; readonly channel: string; readonly message: Message }
  | { readonly kind: 'messageDeleted'; readonly channel: string; readonly ts: string }
  | { readonly kind: 'fileChanged'; readonly file: StoredFile }
  | { readonly kind: 'fileDeleted'; readonly file: string }
  | { readonly kind: 'homePublished'; readonly view: View }
  | { readonly kind: 'userGroupChanged'; readonly userGroup: UserGroup }
  | { readonly kind: 'personChanged'; readonly person: Person }
  // The rest lives only as long as the process, as it does in a Slack client.
  | { readonly kind: 'ephemeralPosted'; readonly channel: string; readonly user: string; readonly message: Message }
  | { readonly kind: 'ephemeralUpdated'; readonly channel: string; readonly user: string; readonly message: Message }
  | { readonly kind: 'ephemeralDeleted'; readonly channel: string; readonly user: string; readonly ts: string }
  | { readonly kind: 'viewOpened'; readonly view: View }
  | { readonly kind: 'viewUpdated'; readonly view: View }
  | { readonly kind: 'viewClosed'; readonly userId: string; readonly id: string }
  | { readonly kind: 'connectionsChanged'; readonly count: number }
  | { readonly kind: 'faultChanged'; readonly fault: string };

const kept: ReadonlySet<Change['kind']> = new Set([
  'channelChanged',
  'messagePosted',
  'messageUpdated',
  'messageDeleted',
  'fileChanged',
  'fileDeleted',
  'homePublished',
  'userGroupChanged',
  'personChanged',
]);

export type Recorded = Change & { readonly atMs: number };

/** Who the app is in this workspace. */
export interface AppIdentity {
  readonly teamId: string;
  readonly teamDomain: string;
  readonly appId: string;
  readonly botId: string;
  readonly botUserId: string;
  readonly name: string;
}

export type Workspace = ReturnType<typeof openWorkspace>;

/** Opens the workspace: what the journal remembers, or a fresh one made from the settings. */
export function openWorkspace(settings: Settings) {
  const app: AppIdentity = {
    teamId: 'T0SANDBOX',
    teamDomain: 'sandbox',
    appId: 'A0SANDBOX',
    botId: 'B0SANDBOX',
    botUserId: 'U0APPBOT',
    name: settings.appName,
  };
  const botPerson: Person = { id: app.botUserId, name: app.name.toLowerCase(), realName: app.name, isBot: true };
  const people = new Map([...settings.people, botPerson].map((person) => [person.id, person]));
  const userGroups = new Map(settings.userGroups.map((group) => [group.id, group]));
  const channels = new Map<string, Channel>();
  const messages = new Map<string, Map<string, Message>>();
  const ephemerals = new Map<string, { readonly channel: string; readonly user: string; readonly message: Message }>();
  const files = new Map<string, StoredFile>();
  const fileBytes = new Map<string, Buffer>();
  const views = new Map<string, View>();
  const homes = new Map<string, View>();
  const listeners = new Set<(change: Recorded) => void>();
  const timestamps = createTimestamps(settings.nowMs);

  function messagesOf(channel: string): Map<string, Message> {
    const known = messages.get(channel);
    if (known !== undefined) return known;
    const fresh = new Map<string, Message>();
    messages.set(channel, fresh);
    return fresh;
  }

  function apply(change: Change): void {
    switch (change.kind) {
      case 'channelChanged':
        channels.set(change.channel.id, change.channel);
        return;
      case 'messagePosted':
      case 'messageUpdated':
        messagesOf(change.channel).set(change.message.ts, change.message);
        timestamps.raiseTo(change.message.ts);
        return;
      case 'messageDeleted':
        messagesOf(change.channel).delete(change.ts);
        return;
      case 'fileDeleted':
        files.delete(change.file);
        break;
      case 'fileChanged':
        files.set(change.file.id, change.file);
        return;
      case 'homePublished':
        homes.set(change.view.userId, change.view);
        return;
      case 'userGroupChanged':
        userGroups.set(change.userGroup.id, change.userGroup);
        return;
      case 'personChanged':
        people.set(change.person.id, change.person);
        return;
      case 'ephemeralPosted':
      case 'ephemeralUpdated':
        ephemerals.set(change.message.ts, change);
        return;
      case 'ephemeralDeleted':
        ephemerals.delete(change.ts);
        return;
      case 'viewOpened':
      case 'viewUpdated':
        views.set(change.view.id, change.view);
        return;
      case 'viewClosed':
        views.delete(change.id);
        return;
      case 'connectionsChanged':
      case 'faultChanged':
        return;
      default:
        assertNever(change);
    }
  }

  const journal = openJournal(settings.dataFolder);
  for (const change of journal.past) apply(change);

  /** Stores first, then applies, then tells: what anybody saw is on the disk. */
  function record(change: Change): void {
    const recorded: Recorded = { ...change, atMs: settings.nowMs() };
    if (kept.has(change.kind)) journal.append(recorded);
    apply(change);
    for (const listener of listeners) listener(recorded);
  }

  for (const option of settings.channels) {
    if (channels.has(option.id)) continue;
    const everybody = [...people.values()].filter((person) => person.isGuest !== true).map((person) => person.id);
    const channel: Channel = {
      id: option.id,
      name: option.name,
      topic: option.topic ?? '',
      isPrivate: option.isPrivate ?? false,
      isArchived: false,
      directWith: undefined,
      memberIds: option.memberIds ?? everybody,
    };
    record({ kind: 'channelChanged', channel });
  }

  function filePath(id: string): string | undefined {
    if (settings.dataFolder === undefined) return undefined;
    const folder = join(settings.dataFolder, 'files');
    mkdirSync(folder, { recursive: true });
    return join(folder, id);
  }

  return {
    app,
    people,
    userGroups,
    channels,
    ephemerals,
    files,
    views,
    homes,
    /** The kept changes of earlier lives, oldest first. */
    past: journal.past,
    messagesOf,
    record,
    nextTs: timestamps.next,

    listen(listener: (change: Recorded) => void): () => void {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },

    /** The direct message channel of the app and this person, opened when there is none. */
    openDirectMessage(userId: string): Channel {
      for (const channel of channels.values()) if (channel.directWith === userId) return channel;
      const channel: Channel = {
        id: createId('D'),
        name: '',
        topic: '',
        isPrivate: true,
        isArchived: false,
        directWith: userId,
        memberIds: [userId, app.botUserId],
      };
      record({ kind: 'channelChanged', channel });
      return channel;
    },

    writeFileBytes(id: string, bytes: Buffer): void {
      const path = filePath(id);
      if (path === undefined) fileBytes.set(id, bytes);
      else writeFileSync(path, bytes);
    },

    readFileBytes(id: string): Buffer | undefined {
      const path = filePath(id);
      if (path === undefined || !files.has(id)) return fileBytes.get(id);
      return readFileSync(path);
    },

    /** The views that this person has open, the lowest first. */
    viewStackOf(userId: string): View[] {
      return [...views.values()].filter((view) => view.userId === userId);
    },

    close: journal.close,
  };
}
