import { z } from 'zod';
import { deep, flag, type Method, method, record, records, type Slack, SlackError } from '../call.ts';
import { acceptContent, findChannel, findOwnChannel, findThread, toJson, writeAsApp } from '../messages.ts';
import type { Message } from '../workspace.ts';

const Content = {
  text: z.string().optional(),
  blocks: records.optional(),
  attachments: records.optional(),
  metadata: record.optional(),
};

const Post = z.object({
  ...Content,
  channel: z.string(),
  thread_ts: z.string().optional(),
  reply_broadcast: flag.optional(),
});

const post = method({ token: 'bot', scope: 'chat:write', perSecondAndChannel: 1 }, Post, (args, slack) => {
  const channel = findOwnChannel(slack, args.channel);
  const thread = args.thread_ts === undefined ? undefined : findThread(slack, channel.id, args.thread_ts);
  const message: Message = {
    ...writeAsApp(slack, args),
    ...(thread !== undefined && { thread_ts: thread }),
    ...(thread !== undefined && args.reply_broadcast === true && { subtype: 'thread_broadcast' }),
  };
  slack.workspace.record({ kind: 'messagePosted', channel: channel.id, message });
  return { channel: channel.id, ts: message.ts, message: toJson(message) };
});

const Update = z.object({
  ...Content,
  channel: z.string(),
  ts: z.string(),
  reply_broadcast: flag.optional(),
  file_ids: deep(z.array(z.string())).optional(),
});

/** The message of ours that may still be edited. */
function findOwnMessage(slack: Slack, channelId: string, ts: string, refusal: string): Message {
  const message = slack.workspace.messagesOf(channelId).get(ts);
  if (message === undefined) throw new SlackError('message_not_found');
  if (message.user !== slack.workspace.app.botUserId) throw new SlackError(refusal);
  return message;
}

const update = method({ token: 'bot', scope: 'chat:write', perMinute: 50 }, Update, (args, slack) => {
  const channel = findChannel(slack, args.channel);
  if (channel.isArchived) throw new SlackError('is_archived');
  const message = findOwnMessage(slack, channel.id, args.ts, 'cant_update_message');
  if (Buffer.byteLength(args.text ?? '') > 4000) throw new SlackError('msg_too_long');
  const { blocks: _blocks, attachments: _attachments, text: _text, ...rest } = message;
  // Blocks that are not sent again are gone; metadata stays until it is replaced.
  const edited: Message = {
    ...rest,
    ...acceptContent(slack, args),
    edited: { user: message.user, ts: slack.workspace.nextTs() },
    ...(args.reply_broadcast === true && message.thread_ts !== undefined && { subtype: 'thread_broadcast' }),
  };
  slack.workspace.record({ kind: 'messageUpdated', channel: channel.id, message: edited });
  return { channel: channel.id, ts: edited.ts, text: edited.text, message: toJson(edited) };
});

const Ephemeral = z.object({ ...Content, channel: z.string(), user: z.string(), thread_ts: z.string().optional() });

const postEphemeral = method({ token: 'bot', scope: 'chat:write', perMinute: 100 }, Ephemeral, (args, slack) => {
  const channel = findOwnChannel(slack, args.channel);
  if (!slack.workspace.people.has(args.user)) throw new SlackError('user_not_found');
  if (!channel.memberIds.includes(args.user)) throw new SlackError('user_not_in_channel');
  const message: Message = {
    ...writeAsApp(slack, args),
    ...(args.thread_ts !== undefined && { thread_ts: args.thread_ts }),
  };
  slack.workspace.record({ kind: 'ephemeralPosted', channel: channel.id, user: args.user, message });
  return { message_ts: message.ts };
});

const remove = method(
  { token: 'bot', scope: 'chat:write', perMinute: 50 },
  z.object({ channel: z.string(), ts: z.string() }),
  (args, slack) => {
    const channel = findChannel(slack, args.channel);
    findOwnMessage(slack, channel.id, args.ts, 'cant_delete_message');
    slack.workspace.record({ kind: 'messageDeleted', channel: channel.id, ts: args.ts });
    return { channel: channel.id, ts: args.ts };
  },
);

const getPermalink = method(
  { token: 'bot' },
  z.object({ channel: z.string(), message_ts: z.string() }),
  (args, slack) => {
    const channel = findChannel(slack, args.channel);
    const message = slack.workspace.messagesOf(channel.id).get(args.message_ts);
    if (message === undefined) throw new SlackError('message_not_found');
    const link = `${slack.url()}/archives/${channel.id}/p${message.ts.replace('.', '')}`;
    const thread = message.thread_ts === undefined ? '' : `?thread_ts=${message.thread_ts}&cid=${channel.id}`;
    return { channel: channel.id, permalink: link + thread };
  },
);

const addReaction = method(
  { token: 'bot', scope: 'reactions:write', perMinute: 50 },
  z.object({ channel: z.string(), timestamp: z.string(), name: z.string() }),
  (args, slack) => {
    const channel = findOwnChannel(slack, args.channel);
    const message = slack.workspace.messagesOf(channel.id).get(args.timestamp);
    if (message === undefined) throw new SlackError('message_not_found');
    const bot = slack.workspace.app.botUserId;
    const before = message.reactions ?? [];
    const users = before.find((reaction) => reaction.name === args.name)?.users ?? [];
    if (users.includes(bot)) throw new SlackError('already_reacted');
    const reactions = [
      ...before.filter((reaction) => reaction.name !== args.name),
      { name: args.name, count: users.length + 1, users: [...users, bot] },
    ];
    slack.workspace.record({ kind: 'messageUpdated', channel: channel.id, message: { ...message, reactions } });
    return {};
  },
);

export const chat: Readonly<Record<string, Method>> = {
  'chat.postMessage': post,
  'chat.update': update,
  'chat.postEphemeral': postEphemeral,
  'chat.delete': remove,
  'chat.getPermalink': getPermalink,
  'reactions.add': addReaction,
};
