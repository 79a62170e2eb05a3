import { z } from 'zod';
import type { JsonObject } from '../../../lib/index.ts';
import { count, flag, type Method, method, SlackError } from '../call.ts';
import { describeMessage, findChannel, findOwnChannel } from '../messages.ts';
import type { Channel } from '../workspace.ts';
import { takePage } from './pages.ts';

function describe(channel: Channel, botUserId: string): JsonObject {
  const isDirect = channel.directWith !== undefined;
  return {
    id: channel.id,
    is_channel: !isDirect && !channel.isPrivate,
    is_group: !isDirect && channel.isPrivate,
    is_im: isDirect,
    is_mpim: false,
    is_private: channel.isPrivate,
    is_archived: channel.isArchived,
    is_general: false,
    is_shared: false,
    is_ext_shared: false,
    is_org_shared: false,
    created: 1_700_000_000,
    ...(isDirect
      ? { user: channel.directWith ?? '' }
      : {
          name: channel.name,
          name_normalized: channel.name,
          is_member: channel.memberIds.includes(botUserId),
          num_members: channel.memberIds.length,
          topic: { value: channel.topic, creator: '', last_set: 0 },
          purpose: { value: '', creator: '', last_set: 0 },
        }),
  };
}

const Paged = { cursor: z.string().optional(), limit: count.optional() };

const info = method(
  { token: 'bot', scope: 'channels:read', perMinute: 50 },
  z.object({ channel: z.string() }),
  (args, { workspace }) => {
    const channel = workspace.channels.get(args.channel);
    if (channel === undefined) throw new SlackError('channel_not_found');
    return { channel: describe(channel, workspace.app.botUserId) };
  },
);

const list = method(
  { token: 'bot', scope: 'channels:read', perMinute: 20 },
  z.object({ ...Paged, types: z.string().default('public_channel'), exclude_archived: flag.default(false) }),
  (args, { workspace }) => {
    const types = new Set(args.types.split(',').map((type) => type.trim()));
    const bot = workspace.app.botUserId;
    const wanted = [...workspace.channels.values()].filter((channel) => {
      if (args.exclude_archived && channel.isArchived) return false;
      if (channel.directWith !== undefined) return types.has('im');
      if (channel.isPrivate) return types.has('private_channel') && channel.memberIds.includes(bot);
      return types.has('public_channel');
    });
    const page = takePage(wanted, args);
    return { channels: page.items.map((channel) => describe(channel, bot)), ...page.metadata };
  },
);

const open = method(
  { token: 'bot', scope: 'im:write', perMinute: 50 },
  z.object({ users: z.string().optional(), channel: z.string().optional(), return_im: flag.default(false) }),
  (args, { workspace }) => {
    const userId = args.users ?? workspace.channels.get(args.channel ?? '')?.directWith;
    if (userId === undefined || userId.includes(',')) throw new SlackError('method_not_supported_for_channel_type');
    const person = workspace.people.get(userId);
    if (person === undefined) throw new SlackError('user_not_found');
    if (person.isDeleted === true) throw new SlackError('user_disabled');
    if (person.isBot === true) throw new SlackError('cannot_dm_bot');
    const wasOpen = [...workspace.channels.values()].some((channel) => channel.directWith === userId);
    const channel = workspace.openDirectMessage(userId);
    return {
      ...(wasOpen && { no_op: true, already_open: true }),
      channel: args.return_im ? describe(channel, workspace.app.botUserId) : { id: channel.id },
    };
  },
);

const join = method(
  { token: 'bot', scope: 'channels:join', perMinute: 50 },
  z.object({ channel: z.string() }),
  (args, { workspace }) => {
    const channel = workspace.channels.get(args.channel);
    if (channel === undefined) throw new SlackError('channel_not_found');
    if (channel.isArchived) throw new SlackError('is_archived');
    if (channel.isPrivate) throw new SlackError('method_not_supported_for_channel_type');
    const bot = workspace.app.botUserId;
    const memberIds = [...new Set([...channel.memberIds, bot])];
    workspace.record({ kind: 'channelChanged', channel: { ...channel, memberIds } });
    return { channel: describe({ ...channel, memberIds }, bot) };
  },
);

const members = method(
  { token: 'bot', scope: 'channels:read', perMinute: 100 },
  z.object({ ...Paged, channel: z.string() }),
  (args, slack) => {
    const page = takePage(findChannel(slack, args.channel).memberIds, args);
    return { members: [...page.items], ...page.metadata };
  },
);

const History = z.object({
  ...Paged,
  channel: z.string(),
  latest: z.string().optional(),
  oldest: z.string().default('0'),
  inclusive: flag.default(false),
});

const history = method({ token: 'bot', scope: 'channels:history', perMinute: 50 }, History, (args, slack) => {
  const channel = findOwnChannel(slack, args.channel);
  const isWithin = (ts: string): boolean =>
    (ts > args.oldest && (args.latest === undefined || ts < args.latest)) ||
    (args.inclusive && (ts === args.oldest || ts === args.latest));
  const shown = [...slack.workspace.messagesOf(channel.id).values()]
    .filter(
      (message) =>
        message.thread_ts === undefined || message.thread_ts === message.ts || message.subtype === 'thread_broadcast',
    )
    .filter((message) => isWithin(message.ts))
    .reverse();
  const page = takePage(shown, args);
  const messages = page.items.map((message) => describeMessage(slack, channel.id, message));
  return { messages, has_more: page.hasMore, pin_count: 0, ...page.metadata };
});

const replies = method(
  { token: 'bot', scope: 'channels:history', perMinute: 50 },
  z.object({ ...Paged, channel: z.string(), ts: z.string() }),
  (args, slack) => {
    const channel = findOwnChannel(slack, args.channel);
    const all = slack.workspace.messagesOf(channel.id);
    if (!all.has(args.ts)) throw new SlackError('thread_not_found');
    const thread = [...all.values()].filter((message) => message.ts === args.ts || message.thread_ts === args.ts);
    const page = takePage(thread, args);
    const messages = page.items.map((message) => describeMessage(slack, channel.id, message));
    return { messages, has_more: page.hasMore, ...page.metadata };
  },
);

export const conversations: Readonly<Record<string, Method>> = {
  'conversations.info': info,
  'conversations.list': list,
  'conversations.open': open,
  'conversations.join': join,
  'conversations.members': members,
  'conversations.history': history,
  'conversations.replies': replies,
};
