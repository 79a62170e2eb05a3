import type { JsonObject } from './json.ts';

export interface Message {
  readonly ts: string;
  readonly user: string;
  readonly text: string;
  readonly subtype?: string;
  readonly bot_id?: string;
  readonly blocks?: readonly JsonObject[];
  readonly thread_ts?: string;
  readonly edited?: { readonly ts: string };
  readonly files?: readonly JsonObject[];
  readonly reactions?: readonly { readonly name: string; readonly count: number }[];
}

export interface Channel {
  readonly id: string;
  readonly name: string;
  readonly topic: string;
  readonly isArchived: boolean;
  readonly directWith?: string;
  readonly memberIds: readonly string[];
  readonly messages: ReadonlyMap<string, Message>;
}

export interface Person {
  readonly id: string;
  readonly name: string;
  readonly realName: string;
  readonly title?: string;
  readonly isBot?: boolean;
  readonly isGuest?: boolean;
}

export interface UserGroup {
  readonly id: string;
  readonly handle: string;
  readonly name: string;
}

/** A message that one person alone sees. */
export interface Ephemeral {
  readonly channel: string;
  readonly user: string;
  readonly message: Message;
}

export interface OpenView {
  readonly userId: string;
  readonly view: JsonObject;
}

export interface SlackState {
  readonly isLoaded: boolean;
  readonly app: {
    readonly botUserId: string;
    readonly name: string;
    readonly shortcuts: readonly { readonly name: string; readonly callbackId: string }[];
  };
  readonly people: ReadonlyMap<string, Person>;
  readonly userGroups: ReadonlyMap<string, UserGroup>;
  readonly channels: ReadonlyMap<string, Channel>;
  readonly ephemerals: readonly Ephemeral[];
  readonly views: readonly OpenView[];
  readonly homes: ReadonlyMap<string, JsonObject>;
  readonly files: ReadonlyMap<string, JsonObject>;
  readonly connections: number;
  readonly fault: string;
}

export const emptyState: SlackState = {
  isLoaded: false,
  app: { botUserId: '', name: '', shortcuts: [] },
  people: new Map(),
  userGroups: new Map(),
  channels: new Map(),
  ephemerals: [],
  views: [],
  homes: new Map(),
  files: new Map(),
  connections: 0,
  fault: 'none',
};

type ChannelOnWire = Omit<Channel, 'messages'>;

/** What the stand-in's stream says: once the whole state, then every change. */
export type SlackChange =
  | { readonly kind: 'state'; readonly state: StateOnWire }
  | { readonly kind: 'channelChanged'; readonly channel: ChannelOnWire }
  | { readonly kind: 'messagePosted' | 'messageUpdated'; readonly channel: string; readonly message: Message }
  | { readonly kind: 'messageDeleted'; readonly channel: string; readonly ts: string }
  | {
      readonly kind: 'ephemeralPosted' | 'ephemeralUpdated';
      readonly channel: string;
      readonly user: string;
      readonly message: Message;
    }
  | { readonly kind: 'ephemeralDeleted'; readonly ts: string }
  | { readonly kind: 'viewOpened' | 'viewUpdated'; readonly userId: string; readonly view: JsonObject }
  | { readonly kind: 'viewClosed'; readonly id: string }
  | { readonly kind: 'homePublished'; readonly userId: string; readonly view: JsonObject }
  | { readonly kind: 'fileChanged'; readonly file: JsonObject }
  | { readonly kind: 'userGroupChanged'; readonly userGroup: UserGroup }
  | { readonly kind: 'personChanged'; readonly person: Person }
  | { readonly kind: 'connectionsChanged'; readonly count: number }
  | { readonly kind: 'faultChanged'; readonly fault: string };

interface StateOnWire {
  readonly app: SlackState['app'];
  readonly people: readonly Person[];
  readonly userGroups: readonly UserGroup[];
  readonly channels: readonly (ChannelOnWire & { readonly messages: readonly Message[] })[];
  readonly ephemerals: readonly Ephemeral[];
  readonly files: readonly JsonObject[];
  readonly views: readonly OpenView[];
  readonly homes: readonly OpenView[];
  readonly fault: { readonly kind: string };
  readonly connections: number;
}

/** Applies one change. The page shows this state and nothing else. */
export function applyChange(state: SlackState, change: SlackChange): SlackState {
  switch (change.kind) {
    case 'state':
      return readState(change.state);
    case 'channelChanged': {
      const messages = state.channels.get(change.channel.id)?.messages ?? new Map();
      return { ...state, channels: put(state.channels, change.channel.id, { ...change.channel, messages }) };
    }
    case 'messagePosted':
    case 'messageUpdated':
      return changeMessages(state, change.channel, (messages) => put(messages, change.message.ts, change.message));
    case 'messageDeleted':
      return changeMessages(state, change.channel, (messages) => drop(messages, change.ts));
    case 'ephemeralPosted':
      return { ...state, ephemerals: [...state.ephemerals, change] };
    case 'ephemeralUpdated':
      return {
        ...state,
        ephemerals: state.ephemerals.map((old) => (old.message.ts === change.message.ts ? change : old)),
      };
    case 'ephemeralDeleted':
      return { ...state, ephemerals: state.ephemerals.filter((old) => old.message.ts !== change.ts) };
    case 'viewOpened':
      return { ...state, views: [...state.views, change] };
    case 'viewUpdated':
      return { ...state, views: state.views.map((old) => (old.view.id === change.view.id ? change : old)) };
    case 'viewClosed':
      return { ...state, views: state.views.filter((old) => old.view.id !== change.id) };
    case 'homePublished':
      return { ...state, homes: put(state.homes, change.userId, change.view) };
    case 'fileChanged':
      return { ...state, files: put(state.files, String(change.file.id), change.file) };
    case 'userGroupChanged':
      return { ...state, userGroups: put(state.userGroups, change.userGroup.id, change.userGroup) };
    case 'personChanged':
      return { ...state, people: put(state.people, change.person.id, change.person) };
    case 'connectionsChanged':
      return { ...state, connections: change.count };
    case 'faultChanged':
      return { ...state, fault: change.fault };
    default:
      // A stand-in that is younger than this page may say more than we know.
      return state;
  }
}

function readState(wire: StateOnWire): SlackState {
  return {
    isLoaded: true,
    app: wire.app,
    people: new Map(wire.people.map((person) => [person.id, person])),
    userGroups: new Map(wire.userGroups.map((group) => [group.id, group])),
    channels: new Map(
      wire.channels.map((channel) => [
        channel.id,
        { ...channel, messages: new Map(channel.messages.map((message) => [message.ts, message])) },
      ]),
    ),
    ephemerals: wire.ephemerals,
    views: wire.views,
    homes: new Map(wire.homes.map((home) => [home.userId, home.view])),
    files: new Map(wire.files.map((file) => [String(file.id), file])),
    connections: wire.connections,
    fault: wire.fault.kind,
  };
}

function changeMessages(
  state: SlackState,
  channelId: string,
  change: (messages: ReadonlyMap<string, Message>) => ReadonlyMap<string, Message>,
): SlackState {
  const channel = state.channels.get(channelId);
  if (channel === undefined) return state;
  return { ...state, channels: put(state.channels, channelId, { ...channel, messages: change(channel.messages) }) };
}

function put<V>(map: ReadonlyMap<string, V>, key: string, value: V): ReadonlyMap<string, V> {
  return new Map(map).set(key, value);
}

function drop<V>(map: ReadonlyMap<string, V>, key: string): ReadonlyMap<string, V> {
  const smaller = new Map(map);
  smaller.delete(key);
  return smaller;
}

/** One thing in a channel as this person sees it, oldest first. */
export interface Shown {
  readonly message: Message;
  readonly isEphemeral: boolean;
}

/** The channel itself: no replies, except those that were broadcast; what was said to this person alone. */
export function listChannel(state: SlackState, channelId: string, userId: string): readonly Shown[] {
  const messages = [...(state.channels.get(channelId)?.messages.values() ?? [])]
    .filter(
      (message) =>
        message.thread_ts === undefined || message.thread_ts === message.ts || message.subtype === 'thread_broadcast',
    )
    .map((message) => ({ message, isEphemeral: false }));
  const whispers = whispersTo(state, channelId, userId).filter(({ message }) => message.thread_ts === undefined);
  return sortByTs([...messages, ...whispers]);
}

/** The replies under one message. */
export function listThread(state: SlackState, channelId: string, threadTs: string, userId: string): readonly Shown[] {
  const replies = [...(state.channels.get(channelId)?.messages.values() ?? [])]
    .filter((message) => message.thread_ts === threadTs && message.ts !== threadTs)
    .map((message) => ({ message, isEphemeral: false }));
  const whispers = whispersTo(state, channelId, userId).filter(({ message }) => message.thread_ts === threadTs);
  return sortByTs([...replies, ...whispers]);
}

function whispersTo(state: SlackState, channelId: string, userId: string): Shown[] {
  return state.ephemerals
    .filter((ephemeral) => ephemeral.channel === channelId && ephemeral.user === userId)
    .map(({ message }) => ({ message, isEphemeral: true }));
}

function sortByTs(shown: readonly Shown[]): readonly Shown[] {
  return shown.toSorted((left, right) => Number(left.message.ts) - Number(right.message.ts));
}
