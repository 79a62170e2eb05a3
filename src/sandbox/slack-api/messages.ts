import type { JsonObject } from '../../lib/index.ts';
import { blockWorld, refuseProblems, type Slack, SlackError } from './call.ts';
import { checkBlocks } from './check-blocks.ts';
import { createSecret } from './ids.ts';
import type { Block, Channel, Message } from './workspace.ts';

export interface Content {
  readonly text?: string | undefined;
  readonly blocks?: readonly JsonObject[] | undefined;
  readonly attachments?: readonly JsonObject[] | undefined;
  readonly metadata?: JsonObject | undefined;
}

/** Refuses what Slack would not show, and gives every block and button the id that Slack gives it. */
export function acceptContent(
  slack: Slack,
  content: Content,
): Pick<Message, 'text' | 'blocks' | 'attachments' | 'metadata'> {
  const { text = '', blocks = [], attachments = [], metadata } = content;
  if (text === '' && blocks.length === 0 && attachments.length === 0) throw new SlackError('no_text');
  if (text.length > 40_000) throw new SlackError('msg_too_long');
  refuseProblems(checkBlocks(blocks, { surface: 'message', ...blockWorld(slack) }));
  if (metadata !== undefined) acceptMetadata(metadata);
  return {
    text,
    ...(blocks.length > 0 && { blocks: blocks.map(nameBlock) }),
    ...(attachments.length > 0 && { attachments }),
    ...(metadata !== undefined && { metadata }),
  };
}

function acceptMetadata(metadata: JsonObject): void {
  const isWellFormed = typeof metadata.event_type === 'string' && typeof metadata.event_payload === 'object';
  if (!isWellFormed && metadata.entities === undefined) throw new SlackError('invalid_metadata_format');
  if (JSON.stringify(metadata).length > 16_000) throw new SlackError('metadata_too_large');
}

export function nameBlock(block: JsonObject): Block {
  const named = { block_id: createSecret().slice(0, 5), ...block };
  const { elements, accessory } = block;
  return {
    ...named,
    ...(Array.isArray(elements) && { elements: elements.map(nameElement) }),
    ...(accessory !== undefined && { accessory: nameElement(accessory) }),
  };
}

function nameElement<T>(element: T): T {
  if (typeof element !== 'object' || element === null || Array.isArray(element)) return element;
  const isInteractive = 'type' in element && !['image', 'mrkdwn', 'plain_text'].includes(String(element.type));
  if (!isInteractive || String(element.type).startsWith('rich_text')) return element;
  return { action_id: createSecret().slice(0, 5), ...element };
}

/** The channel that an argument names: an id, `#name`, or a person's id for the direct message with them. */
export function findChannel(slack: Slack, name: string): Channel {
  const { channels, people } = slack.workspace;
  const byId = channels.get(name);
  if (byId !== undefined) return byId;
  const person = people.get(name);
  if (person !== undefined && person.isBot !== true) return slack.workspace.openDirectMessage(name);
  for (const channel of channels.values()) {
    if (channel.name !== '' && channel.name === name.replace(/^#/, '')) return channel;
  }
  throw new SlackError('channel_not_found');
}

/** The channel that the app may write to. */
export function findOwnChannel(slack: Slack, name: string): Channel {
  const channel = findChannel(slack, name);
  if (channel.isArchived) throw new SlackError('is_archived');
  const isMember = channel.memberIds.includes(slack.workspace.app.botUserId);
  if (!isMember && channel.isPrivate) throw new SlackError('channel_not_found');
  if (!isMember) throw new SlackError('not_in_channel');
  return channel;
}

/** A new message of the app, not yet in any channel. */
export function writeAsApp(slack: Slack, content: Content): Message {
  const { app } = slack.workspace;
  const accepted = acceptContent(slack, content);
  return {
    type: 'message',
    ts: slack.workspace.nextTs(),
    user: app.botUserId,
    bot_id: app.botId,
    app_id: app.appId,
    team: app.teamId,
    ...accepted,
  };
}

/** The first message of the thread that `threadTs` names, or of the one it stands in. */
export function findThread(slack: Slack, channel: string, threadTs: string): string {
  const parent = slack.workspace.messagesOf(channel).get(threadTs);
  if (parent === undefined) throw new SlackError('thread_not_found');
  return parent.thread_ts ?? parent.ts;
}

/** A message as the API returns it: a thread's first message knows its replies. */
export function describeMessage(slack: Slack, channel: string, message: Message): JsonObject {
  const replies = [...slack.workspace.messagesOf(channel).values()].filter(
    (other) => other.thread_ts === message.ts && other.ts !== message.ts,
  );
  const last = replies.at(-1);
  return {
    ...toJson(message),
    ...(last !== undefined && {
      thread_ts: message.ts,
      reply_count: replies.length,
      reply_users: [...new Set(replies.map((reply) => reply.user))],
      reply_users_count: new Set(replies.map((reply) => reply.user)).size,
      latest_reply: last.ts,
    }),
  };
}

/** Drops undefined fields, as the wire does. */
export function toJson(value: object): JsonObject {
  return JSON.parse(JSON.stringify(value));
}
